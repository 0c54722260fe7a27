"""The single values of a stack file: names, pins, quantities, addresses."""

import ipaddress
import math
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from pulumi_mlops._shared import cron, urls
from pulumi_mlops._shared.config_model import refuse

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"


@dataclass(frozen=True)
class Pattern:
    """A rule for a text: the whole of it matches, or the reader is told what would."""

    pattern: str
    expected: str
    fix: str
    max_length: int | None = None

    def check(self, value: str) -> str:
        """Return the value, or refuse it with the rule's own words."""
        if self.max_length is not None and len(value) > self.max_length:
            refuse(
                expected=f"{self.expected} of at most {self.max_length} characters",
                got=f"{value!r} ({len(value)} characters)",
                fix="shorten it",
            )
        if not re.fullmatch(self.pattern, value):
            refuse(expected=self.expected, fix=self.fix)
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        document = handler(schema)
        document["pattern"] = f"^({self.pattern})$"
        if self.max_length is not None:
            document["maxLength"] = self.max_length
        return document


def host_of(url: str) -> str | None:
    """Return the host of a URL in lower case; None where there is none, or the text is no URL at all."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_url(value: str) -> str:
    problem = urls.problem_of(value)
    if problem is not None:
        refuse(expected=urls.EXPECTED, got=problem.got, fix=problem.fix)
    return value.rstrip("/")


def _is_schedule(value: str) -> str:
    problem = cron.problem_of(value)
    if problem is not None:
        refuse(
            expected="five cron fields, in UTC (minute hour day-of-month month day-of-week)",
            got=f"{value!r}: {problem}",
            fix='write it like "0 4 * * 1" (Mondays at 04:00), in quotes',
        )
    return value


def _is_address_range(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        network = None
    if network is None or value.partition("/")[2] != str(network.prefixlen):
        refuse(
            expected="a range of addresses: the first of them, a slash, and the length of what they share",
            fix="write it like 10.20.0.0/16, or 10.20.3.4/32 for a single address",
        )
    return value


def _is_scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        refuse(expected="a text, a number, true or false", fix="give the parameter a single value")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(expected="a finite number", fix="write one of fewer digits")
    return value


Name = Annotated[
    str,
    Pattern(
        _LABEL,
        "a Kubernetes name (lower-case letters, digits and hyphens, a letter or digit at both ends)",
        "rename it, like flights-dev",
        max_length=63,
    ),
]
ObjectName = Annotated[
    str,
    Pattern(
        _SUBDOMAIN,
        "the name of a Kubernetes object (lower-case letters, digits, hyphens and dots)",
        "use the name that kubectl get shows, like registry-login",
        max_length=253,
    ),
]
AnnotationKey = Annotated[
    str,
    Pattern(
        rf"({_SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?",
        "the key of an annotation (a domain, a slash and a name)",
        "write it like eks.amazonaws.com/role-arn",
    ),
]
# The longest name made from a workload's is that of a run, `<workload>-pipeline-<suffix of 11>`: 63 at most.
WorkloadName = Annotated[
    str,
    Pattern(
        r"[a-z]([-a-z0-9]*[a-z0-9])?",
        "a workload name (lower-case letters, digits and hyphens, a letter first)",
        "rename it, like flight-delay",
        max_length=40,
    ),
]
StepName = Annotated[str, Pattern(r"[a-z][a-z0-9_-]*", "the name of a step", "use a name of the step graph")]
ParameterName = Annotated[
    str, Pattern(r"[a-z_][a-z0-9_]*", "the name of a parameter", "use a parameter of the step graph")
]
ContextName = Annotated[str, Pattern(r"\S+", "the name of a context of the kubeconfig", "see kubectl config")]
Owner = Annotated[
    str,
    Pattern(
        r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
        "the name of a team (it becomes a label: letters, digits, '-', '_' and '.')",
        "rename it, like team-flights",
        max_length=63,
    ),
]
ImageReference = Annotated[
    str,
    Pattern(
        r"[^\s@]+@sha256:[0-9a-f]{64}|localhost/[a-z0-9._/-]+:[0-9a-f]{16}",
        "an image pinned by digest (name@sha256:<64 hex digits>) or a local one pinned by content "
        "(localhost/name:<16 hex digits>)",
        "pin it: a tag such as latest can change under a running stack",
    ),
]
Digest = Annotated[
    str,
    Pattern(
        r"sha256:[0-9a-f]{64}",
        "a digest (sha256:<64 hex digits>)",
        "copy the digest that the registry shows for this version",
    ),
]
CpuQuantity = Annotated[
    str,
    Pattern(
        r"[1-9][0-9]*m|[1-9][0-9]*(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9][0-9]{0,2}",
        'an amount of CPU: cores ("2", "0.5") or thousandths ("500m")',
        'write it in quotes, like "2" or "500m"',
    ),
]
MemoryQuantity = Annotated[
    str,
    Pattern(r"[1-9][0-9]*(Mi|Gi|Ti)", "an amount of memory with its unit (Mi, Gi or Ti)", "write it like 512Mi or 2Gi"),
]
GraphReference = Annotated[
    str,
    Pattern(
        r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
        "a step graph as module:name",
        "write it like flight_delay.graph:GRAPH",
    ),
]
S3Uri = Annotated[
    str,
    Pattern(
        r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]*)?",
        "an S3 address",
        "write it like s3://bucket/prefix",
    ),
]
ParameterValue = Annotated[str | int | float | bool, BeforeValidator(_is_scalar)]
Url = Annotated[str, AfterValidator(_is_url)]
AddressRange = Annotated[str, AfterValidator(_is_address_range)]
CronSchedule = Annotated[str, AfterValidator(_is_schedule)]
