"""`mlops predict` on Kubernetes."""

from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.endpoint_key import key_headers
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.kubernetes.services import parse_answer
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


def operations_that(project: Path, answering: Any) -> KubernetesOperations:
    file = project / "stacks" / "Pulumi.dev-local.yaml"
    file.write_text(f"{file.read_text()}  mlops:workloads:\n    flight-delay: {{}}\n")
    return KubernetesOperations(place_of("flight-delay", "dev-local"), lambda _: answering)


def test_an_endpoint_is_given_the_key_of_the_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    class Answering:
        def request(self, _service: Any, _path: str, *_body: Any, **more: Any) -> Any:
            given.append(more.get("headers"))
            return {"predictions": [1.0], "inputs": [], "outputs": []}

    operations = operations_that(project, Answering())
    operations.predictions([[1]])
    monkeypatch.setenv("MLOPS_ENDPOINT_KEY", "a-key")
    operations.predictions([[1]])
    operations.interface()
    assert given == [None, {"Authorization": "Bearer a-key"}, {"Authorization": "Bearer a-key"}]


def test_an_endpoint_that_asks_for_a_key_is_told_where_to_put_it(project: Path) -> None:
    class Refusing:
        def request(self, _service: Any, path: str, *_body: Any, **_more: Any) -> Any:
            return parse_answer("flights/flight-delay", path, 401, '{"error": "the request: got no credential"}')

    with pytest.raises(ClusterError, match=r"got no credential, expected an answer, fix: set MLOPS_ENDPOINT_KEY to"):
        operations_that(project, Refusing()).predictions([[1]])


def test_a_key_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xef\xbb\xbfa-key\r\n")
    assert key_headers({"MLOPS_ENDPOINT_KEY_FILE": str(file)}) == {"Authorization": "Bearer a-key"}
    assert key_headers({}) == {}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"MLOPS_ENDPOINT_KEY": "half of-it"}, "MLOPS_ENDPOINT_KEY: got something else (not shown)"),
        ({"MLOPS_ENDPOINT_KEY": "half\r\nX-Other: of-it"}, "MLOPS_ENDPOINT_KEY: got something else (not shown)"),
        ({"MLOPS_ENDPOINT_KEY": "halfé"}, "MLOPS_ENDPOINT_KEY: got something else (not shown)"),
        ({"MLOPS_ENDPOINT_KEY": ""}, "MLOPS_ENDPOINT_KEY: got something else (not shown)"),
        ({"MLOPS_ENDPOINT_KEY_FILE": "/nowhere/key"}, "MLOPS_ENDPOINT_KEY_FILE: got '/nowhere/key' (No such file"),
        ({"MLOPS_ENDPOINT_KEY": "half", "MLOPS_ENDPOINT_KEY_FILE": "x"}, "expected one of them"),
    ],
)
def test_what_is_no_key_is_told_and_not_shown(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match="fix: ") as caught:
        key_headers(environment)
    assert told in str(caught.value)
    assert "half" not in str(caught.value)
