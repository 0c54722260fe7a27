"""`mlops predict` on Kubernetes."""

from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.stacks import place_of


@pytest.mark.parametrize(("setting", "expected"), [("", 70), ("        request_timeout_seconds: 600\n", 610)])
def test_an_answer_is_waited_for_as_long_as_it_may_take(project: Path, setting: str, expected: int) -> None:
    waited: list[float] = []

    class Answering:
        def request(self, _service: Any, _path: str, body: Any, *, answer_seconds: float) -> Any:
            waited.append(answer_seconds)
            return {"predictions": [1.5] * len(body["instances"])}

    file = project / "stacks" / "Pulumi.dev-local.yaml"
    file.write_text(
        f"{file.read_text()}  mlops:workloads:\n    flight-delay:\n      endpoint:\n{setting}        replicas_min: 1\n"
    )
    answering: Any = Answering()
    operations = KubernetesOperations(place_of("flight-delay", "dev-local"), lambda _: answering)

    assert operations.predictions([[1], [2]]) == [1.5, 1.5]
    assert waited == [expected]
