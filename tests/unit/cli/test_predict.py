"""`mlops predict` on Kubernetes."""

from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.cluster import ClusterError
from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.predict import shown
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


@pytest.mark.parametrize(
    "predictions",
    [
        ["late", "on time"],
        [{"label": "late", "probabilities": {"late": 0.75, "on time": 0.25}}] * 2,
        [[1.0, 2.5], [3.0, 4.0]],
        [3, 5],
    ],
    ids=["labels", "several outputs", "vectors", "whole numbers"],
)
def test_predictions_of_every_kind_come_through(project: Path, predictions: list[Any]) -> None:
    class Answering:
        def request(self, _service: Any, _path: str, _body: Any, *, answer_seconds: float) -> Any:
            return {"predictions": predictions}

    file = project / "stacks" / "Pulumi.dev-local.yaml"
    file.write_text(f"{file.read_text()}  mlops:workloads:\n    flight-delay: {{}}\n")
    answering: Any = Answering()
    operations = KubernetesOperations(place_of("flight-delay", "dev-local"), lambda _: answering)

    assert operations.predictions([[1], [2]]) == predictions
    with pytest.raises(ClusterError, match=r"expected 3 predictions, fix: see its log"):
        operations.predictions([[1], [2], [3]])


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        (1.5, "1.5"),
        (3, "3"),
        ("on time", "on time"),
        ("größe", "größe"),
        ("two\nlines", '"two\\nlines"'),
        ([1.0, 2.5], "[1.0, 2.5]"),
        ({"label": "late", "probabilities": {"late": 0.75}}, '{"label": "late", "probabilities": {"late": 0.75}}'),
    ],
)
def test_a_prediction_is_one_line(prediction: object, expected: str) -> None:
    assert shown(prediction) == expected
