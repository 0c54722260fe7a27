"""An endpoint on Kubernetes as the tests declare it."""

from typing import Any

from pulumi_mlops import KubernetesEndpoint, KubernetesEndpointArgs
from tests.recording import Declaration, declare
from tests.unit.kubernetes_scheduling import SCHEDULING

IMAGE = "localhost/pulumi-mlops/serving:0123456789abcdef"
OTHER_IMAGE = "localhost/pulumi-mlops/serving:fedcba9876543210"
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
REGISTRY_URL = "http://mlflow.flights-dev.svc.cluster.local:5000"
PLACE = {"namespace": "flights-prod"}
ACCELERATED: dict[str, Any] = {
    **PLACE,
    **SCHEDULING,
    "memory": "16Gi",
    "accelerator": {"count": 2, "memory_gib": 24},
    "shared_memory_gib": 8,
}
COMPONENT = "mlops:index:KubernetesEndpoint::flight-delay"
OUTPUTS = ("url", "serving_version", "serving_digest", "status")


def arguments(**changes: Any) -> KubernetesEndpointArgs:
    args: Any = {
        "image": IMAGE,
        "registry_url": REGISTRY_URL,
        "model": {"version": "7", "digest": DIGEST},
        "kubernetes": {"namespace": "flights-prod"},
        **changes,
    }
    checked: KubernetesEndpointArgs = {key: value for key, value in args.items() if value is not None}  # type: ignore[assignment]
    return checked


def endpoint(*, rollouts: int = 1, **changes: Any) -> Declaration:
    def program() -> object:
        served = KubernetesEndpoint("flight-delay", arguments(**changes))
        return {name: getattr(served, name) for name in OUTPUTS}

    return declare(program, rollouts=rollouts)


def container(declaration: Declaration, kind: str, name: str) -> dict[str, Any]:
    pod = declaration.one(kind).inputs["spec"]["template"]["spec"]
    return next(one for one in [*pod["initContainers"], *pod["containers"]] if one["name"] == name)


def truth_check_name(declaration: Declaration) -> str:
    return str(declaration.one("Job").inputs["metadata"]["name"])
