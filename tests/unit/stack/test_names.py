"""Which names collide is found by rendering; what the configuration refuses must be the same."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from pulumi_mlops import Platform, Workload
from pulumi_mlops.cli.render.recorder import OfflineError
from pulumi_mlops.stack import checks
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.load import StackSecrets
from pulumi_mlops.stack.model import StackConfig
from tests.recording import declare

OWN: dict[str, Any] = {"database": "postgresql"}
EXISTING: dict[str, Any] = {"url": "http://mlflow.flights-dev.svc.cluster.local:5000"}
LONGEST_WORKLOAD_NAME = 40
WORKLOAD = {
    "model": {"version": 7, "digest": f"sha256:{'a' * 64}"},
    "pipeline": {"graph": "flight_delay.graph:GRAPH"},
}


def document(registry: dict[str, Any], *names: str) -> StackDocument:
    images = ("pipeline", "serving", *(("registry", "postgres") if registry is OWN else ()))
    values: dict[str, Any] = {
        "platform": {
            "environment": "prod",
            "target": "kubernetes",
            "namespace": "flights-prod",
            "owner": "team-flights",
            "images": {name: f"{name}@sha256:{'a' * 64}" for name in images},
            "kubernetes": {"context": "mlops-sandbox"},
            "registry": registry,
        },
        "workloads": dict.fromkeys(names, WORKLOAD),
    }
    secrets = frozenset({"registry_database_password"} if registry is OWN else ())
    return StackDocument("prod.yaml", "mlops", values, secrets)


def rendered(registry: dict[str, Any], *names: str) -> Counter[tuple[str, str]]:
    stack = StackConfig.model_validate(document(registry, *names).values)

    def program() -> None:
        shared = Platform("platform", stack.platform, StackSecrets(pulumi.Output.secret("correct horse")))
        for name in names:
            Workload(name, shared.workload_args(stack, name))

    objects = [one for one in declare(program).resources if one.type.startswith("kubernetes:")]
    return Counter((one.type, one.inputs["metadata"].get("name", "")) for one in objects)


def refused(registry: dict[str, Any], *names: str) -> bool:
    return bool(list(checks.problems_of(document(registry, *names))))


def candidates() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every name that a stack with one workload gives to anything, as the name of a second workload."""
    for kind, registry in (("own", OWN), ("existing", EXISTING)):
        found = sorted({name for _, name in rendered(registry, "flight-delay")} - {"", "flight-delay"})
        for name in found:
            if len(name) <= LONGEST_WORKLOAD_NAME:
                yield f"{kind}-{name}", {"registry": registry, "name": name}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in candidates()])
def test_a_workload_is_refused_when_its_objects_have_names_of_others(case: dict[str, Any]) -> None:
    names = ("flight-delay", case["name"])
    try:
        twice = [str(named) for named, times in rendered(case["registry"], *names).items() if times > 1]
    except OfflineError as error:
        # Of one name to Pulumi too, which the engine refuses.
        twice = [str(error)]
    assert refused(case["registry"], *names) == bool(twice), twice


def test_names_that_are_free_are_taken() -> None:
    assert not refused(OWN, "flight-delay", "flight-delay-2", "mlflow-models")
    assert refused(OWN, "mlflow")
    assert refused(OWN, "mlflow-database")
    assert not refused(EXISTING, "mlflow")
    assert refused(EXISTING, "x", "x-pipeline")
    assert refused(EXISTING, "x", "x-truth")
