"""An endpoint's arguments, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops.endpoint.args import EndpointArgs

LONGEST_NAME = 40


@dataclass(frozen=True)
class PinnedModel:
    """The version to serve."""

    version: pulumi.Input[str]
    digest: pulumi.Input[str]


@dataclass(frozen=True)
class EndpointSettings:
    """Everything that the endpoint's documents are made of."""

    name: str
    namespace: pulumi.Input[str]
    image: pulumi.Input[str]
    registry_url: pulumi.Input[str]
    model_name: str
    model: PinnedModel | None
    """None: there is no version to serve yet."""
    replicas_min: int
    replicas_max: int
    target_cpu_percent: int
    rollout_timeout_seconds: int
    drain_seconds: int
    cpu: str
    memory: str
    allowed_namespaces: Sequence[pulumi.Input[str]] | None
    """None: every namespace."""
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: EndpointArgs) -> EndpointSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesEndpoint", name, args, EndpointArgs)
    arguments.check("name", name, checks.name(longest=LONGEST_NAME))
    read = arguments.read
    replicas_min = int(read("replicas_min", checks.between(1, 1000), 1))
    settings = EndpointSettings(
        name=name,
        namespace=read("kubernetes.namespace", checks.namespace),
        image=read("image", checks.image),
        registry_url=read("registry_url", checks.http_url),
        model_name=read("model_name", checks.name(longest=63), name),
        model=_model(arguments),
        replicas_min=replicas_min,
        replicas_max=int(read("replicas_max", checks.between(1, 1000), replicas_min)),
        target_cpu_percent=int(read("target_cpu_percent", checks.between(10, 100), 70)),
        rollout_timeout_seconds=int(read("rollout_timeout_seconds", checks.between(10, 3600), 600)),
        drain_seconds=int(read("drain_seconds", checks.between(1, 600), 20)),
        cpu=read("kubernetes.cpu", checks.cpu, "500m"),
        memory=read("kubernetes.memory", checks.memory, "512Mi"),
        allowed_namespaces=read("kubernetes.allowed_namespaces"),
        service_account_annotations=read("kubernetes.service_account_annotations", None, {}),
        image_pull_secret_names=read("kubernetes.image_pull_secret_names", None, []),
        tags=read("tags", None, {}),
    )
    if settings.replicas_min > settings.replicas_max and arguments.sound("replicas_min", "replicas_max"):
        expected = f"at most replicas_max ({settings.replicas_max})"
        arguments.add("replicas_min", settings.replicas_min, expected, "lower it, or raise replicas_max")
    arguments.finish()
    return settings


def _model(arguments: Arguments) -> PinnedModel | None:
    if arguments.read("model") is None:
        return None
    version = arguments.read("model.version", checks.version)
    return PinnedModel(version, arguments.read("model.digest", checks.digest))
