"""Names, pins, quantities and addresses: the rule of each, and the type of it in a stack file."""

import ipaddress
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pulumi_mlops._shared import cron, urls
from pulumi_mlops._shared.problems import Requirement
from pulumi_mlops._shared.rules import Normalised, Pattern, Range, Where

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_QUALIFIED_NAME = rf"(?![^/]{{254}})({_SUBDOMAIN}/)?{_NAME_PART}"
# https://github.com/distribution/reference: a domain, then path components in lower case.
_REPOSITORY_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]+)?/)?{_REPOSITORY_PART}(/{_REPOSITORY_PART})*"
_TAG = r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
# A probe, a Python process and its libraries do not fit in less; no machine has more.
LEAST_MEMORY_MIB = 32
MOST_MEMORY_MIB = 24 * 1024 * 1024
_MIB = {"Mi": 1, "Gi": 1024, "Ti": 1024 * 1024}


def host_of(url: str) -> str | None:
    """Return the host of a URL in lower case; None where there is none, or the text is no URL at all."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def name_of_at_most(longest: int) -> Pattern:
    """Return the rule of a name that Kubernetes takes for an object and for its Service."""
    return Pattern(
        r"[a-z]([-a-z0-9]*[a-z0-9])?",
        "lower-case letters, digits and hyphens, a letter first",
        "choose such a name, like churn",
        max_length=longest,
    )


def _is_url(value: str) -> Requirement | None:
    problem = urls.problem_of(value)
    return None if problem is None else Requirement(urls.EXPECTED, problem.fix, problem.got)


def _is_reachable_url(value: str) -> Requirement | None:
    """Refuse localhost: to a pod it is the pod itself."""
    host = host_of(value)
    if (found := _is_url(value)) or host is None:
        return found
    if host == "localhost" or host.startswith("127.") or host in ("::1", "0.0.0.0"):  # noqa: S104 - refused
        return Requirement("an address that pods reach: localhost is each pod itself", "name the Service or the host")
    return None


def _is_https_url(value: str) -> Requirement | None:
    """Refuse plain HTTP: whoever is on the way could put keys of their own in the place of those."""
    if (found := _is_reachable_url(value)) or value.startswith("https://"):
        return found
    return Requirement("an https address", "write it like https://login.example.com/jwks.json")


def _without_trailing_slash(url: str) -> str:
    return url.rstrip("/")


def _is_schedule(value: str) -> Requirement | None:
    problem = cron.problem_of(value)
    if problem is None:
        return None
    return Requirement(
        "five cron fields, in UTC (minute hour day-of-month month day-of-week)",
        'write it like "0 4 * * 1" (Mondays at 04:00), in quotes',
        f"{value!r}: {problem}",
    )


def _is_address_range(value: str) -> Requirement | None:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        network = None
    if network is not None and value.partition("/")[2] == str(network.prefixlen):
        return None
    return Requirement(
        "an address range in CIDR notation: its first address, a slash and the length of the prefix",
        "write it like 10.20.0.0/16, or 10.20.3.4/32 for a single address",
    )


def _is_memory(value: str) -> Requirement | None:
    found = re.fullmatch(r"([1-9][0-9]*)(Mi|Gi|Ti)", value)
    if found is None:
        return Requirement("an amount of memory with its unit (Mi, Gi or Ti)", "write it like 512Mi or 2Gi")
    mib = int(found[1]) * _MIB[found[2]]
    if LEAST_MEMORY_MIB <= mib <= MOST_MEMORY_MIB:
        return None
    return Requirement(f"{LEAST_MEMORY_MIB}Mi to {MOST_MEMORY_MIB // _MIB['Ti']}Ti", "choose an amount that a pod has")


def _is_parameter(value: object) -> Requirement | None:
    if not isinstance(value, str | int | float | bool):
        return Requirement("a text, a number, true or false", "give the parameter a single value")
    if isinstance(value, float) and not math.isfinite(value):
        return Requirement("a finite number", "write one of fewer digits")
    return None


namespace = Pattern(
    _LABEL,
    "a Kubernetes name (lower-case letters, digits and hyphens, a letter or digit at both ends)",
    "rename it, like flights-dev",
    max_length=63,
)
object_name = Pattern(
    _SUBDOMAIN,
    "the name of a Kubernetes object (lower-case letters, digits, hyphens and dots)",
    "use the name that kubectl get shows, like registry-login",
    max_length=253,
)
annotation_key = Pattern(
    _QUALIFIED_NAME,
    "the key of an annotation (a domain, a slash and a name)",
    "write it like eks.amazonaws.com/role-arn",
)
label_key = Pattern(
    _QUALIFIED_NAME,
    "the key of a label or of a taint (a name, or a domain, a slash and a name)",
    "use the key that kubectl describe node shows, like node.kubernetes.io/instance-type",
)
label_value = Pattern(
    r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?",
    "the value of a label or of a taint (letters, digits, '-', '_' and '.'; it may be empty)",
    "use the value that kubectl describe node shows",
    max_length=63,
)
# k8s.io/kubernetes/pkg/apis/core/helper, IsExtendedResourceName: of a domain that is not Kubernetes' own, no name of a
# quota, and one that can be made into such by "requests." before it.
extended_resource = Pattern(
    rf"(?!requests\.)(?!.*kubernetes\.io/)(?![^/]{{245}}){_SUBDOMAIN}/{_NAME_PART}",
    "the name of an extended resource (a domain other than kubernetes.io, a slash and a name)",
    "use the name that a device plugin gives it under Allocatable in kubectl describe node, like nvidia.com/gpu",
)
# The longest name made from a workload's is that of a run, `<workload>-pipeline-<suffix of 11>`: 63 at most.
workload_name = name_of_at_most(40)
# The longest name made of a store's is that of the CronJob `<store>-materialisation`, which takes 52.
store_name = name_of_at_most(30)
view_name = Pattern(
    r"[a-z](_?[a-z0-9])*_v[1-9][0-9]*",
    "the name of a view with its version",
    "write it like weather_v1",
    max_length=70,
)
step_name = Pattern(r"[a-z][a-z0-9_-]*", "the name of a step", "use a name of the step graph")
parameter_name = Pattern(r"[a-z_][a-z0-9_]*", "the name of a parameter", "use a parameter of the step graph")
context_name = Pattern(r"\S+", "the name of a context of the kubeconfig", "see kubectl config get-contexts")
owner = Pattern(
    r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
    "the name of a team (it becomes a label: letters, digits, '-', '_' and '.')",
    "rename it, like team-flights",
    max_length=63,
)
image = Pattern(
    rf"{_REPOSITORY}{_TAG}@sha256:[0-9a-f]{{64}}|localhost/[a-z0-9._/-]+:[0-9a-f]{{16}}",
    "an image pinned by digest (name@sha256:<64 hex digits>) or a local one pinned by content "
    "(localhost/name:<16 hex digits>)",
    "pin it, with its repository in lower case: a tag such as latest can change under a running stack",
)
image_repository = Pattern(
    _REPOSITORY,
    "a repository of an image registry, without tag or digest",
    "write it in lower case, like registry.example.com/team/models",
    max_length=200,
)
digest = Pattern(
    r"sha256:[0-9a-f]{64}",
    "a digest (sha256:<64 hex digits>)",
    "copy the digest that the registry shows for this version",
)
version = Pattern(r"[1-9][0-9]*", "the number of a registered model version, as text", "copy the version's number")
cpu = Pattern(
    r"[1-9][0-9]*m|[1-9][0-9]*(\.[0-9]{1,3})?|0\.(?=[0-9]*[1-9])[0-9]{1,3}",
    'an amount of CPU: cores ("2", "0.5") or thousandths ("500m")',
    'write it in quotes, like "2" or "500m"',
    max_length=16,
)
memory = Where(_is_memory, {"pattern": "^([1-9][0-9]*(Mi|Gi|Ti))$"})
graph_reference = Pattern(
    r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
    "a step graph as module:name",
    "write it like churn.graph:GRAPH",
)
# Its last part becomes part of an ARN in a policy, where * and ? match anything.
s3_uri = Pattern(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.'()/=+@:,-]*)?",
    "an S3 URI",
    "write it like s3://bucket/prefix",
)
table_location = Pattern(
    rf"{s3_uri.pattern}|pvc://{_SUBDOMAIN}(/(?!\.\.?(/|$))[A-Za-z0-9!_.'()=+@:,-]+)*/?",
    "the place of a table: s3://bucket/prefix, or pvc://claim/path on a volume",
    "write it like s3://bucket/prefix or pvc://claim/path",
)
host_name = Pattern(
    rf"(?!.*[^.]{{64}}){_SUBDOMAIN}\.[a-z]([-a-z0-9]*[a-z0-9])?",
    "a host name of two parts or more in lower case, without port and path",
    "write it like delays.example.com",
    max_length=253,
)
# RFC 7519's StringOrURI and RFC 6749's scope-token, without what a command line or a header would have to quote.
jwt_text = Pattern(
    r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%|-]+",
    "a claim as tokens have it (no spaces, quotes or backslashes)",
    "copy it from a token or from the issuer's settings, like https://login.example.com/",
    max_length=1000,
)
jwt_scope = Pattern(
    r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%|-]+",
    "one scope (no spaces, quotes or backslashes)",
    "copy it from the issuer's settings, like predict",
    max_length=200,
)
http_url = Where(_is_url, {"format": "uri"})
reachable_url = Where(_is_reachable_url, {"format": "uri"})
https_url = Where(_is_https_url, {"format": "uri", "pattern": "^https://"})
schedule = Where(_is_schedule, {"format": "cron"})
address_range = Where(_is_address_range, {"format": "cidr"})
parameter_value = Where(_is_parameter, before_type=True)
code_format = Pattern(
    r"pickle|cloudpickle|joblib|torch\.save",
    "a format that runs code when it is loaded: pickle, cloudpickle, joblib or torch.save",
    "remove what is none: every other format is allowed",
)
volume_gib = Range(1, 16384)
"""The largest volume that the usual block storage of a cloud has, in GiB."""
not_empty = Pattern(r"[\s\S]+", "a text that is not empty", "write one")


def whole_numbers(value: Any) -> Any:
    """Undo what the component protocol does to whole numbers in a document: 3 arrives as 3.0."""
    if isinstance(value, Mapping):
        return {key: whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


Name = Annotated[str, namespace]
ObjectName = Annotated[str, object_name]
AnnotationKey = Annotated[str, annotation_key]
LabelKey = Annotated[str, label_key]
LabelValue = Annotated[str, label_value]
ExtendedResource = Annotated[str, extended_resource]
WorkloadName = Annotated[str, workload_name]
StoreName = Annotated[str, store_name]
ViewName = Annotated[str, view_name]
StepName = Annotated[str, step_name]
ParameterName = Annotated[str, parameter_name]
ContextName = Annotated[str, context_name]
Owner = Annotated[str, owner]
ImageReference = Annotated[str, image]
ImageRepository = Annotated[str, image_repository]
Digest = Annotated[str, digest]
CpuQuantity = Annotated[str, cpu]
MemoryQuantity = Annotated[str, memory]
GraphReference = Annotated[str, graph_reference]
S3Uri = Annotated[str, s3_uri]
TableLocation = Annotated[str, table_location]
ParameterValue = Annotated[str | int | float | bool, parameter_value]
Url = Annotated[str, http_url, Normalised(_without_trailing_slash)]
ReachableUrl = Annotated[str, reachable_url, Normalised(_without_trailing_slash)]
HttpsUrl = Annotated[str, https_url]
HostName = Annotated[str, host_name]
JwtText = Annotated[str, jwt_text]
JwtScope = Annotated[str, jwt_scope]
AddressRange = Annotated[str, address_range]
CronSchedule = Annotated[str, schedule]
CodeFormat = Annotated[str, code_format]
VolumeGib = Annotated[int, volume_gib]
