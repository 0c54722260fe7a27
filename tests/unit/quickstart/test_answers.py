from typing import Any

import pytest

from quickstart.personal_stack import ModelPin
from quickstart.registry import newest_of, newest_version
from quickstart.show import next_steps, read_predictions, served_as_pinned
from quickstart.training import pin_of
from sandbox.errors import SandboxError

DIGEST = "sha256:" + "ab" * 32


def version(number: int, **tags: str) -> dict[str, Any]:
    return {"version": str(number), "tags": [{"key": f"mlops.{key}", "value": value} for key, value in tags.items()]}


class FakeRegistry:
    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.paths: list[str] = []

    def get(self, path: str) -> object:
        self.paths.append(path)
        return self.answer


def test_the_newest_version_of_this_code_is_found_and_no_other() -> None:
    versions = [
        version(9, image="mine", digest="sha256:nine"),
        version(10, image="mine", digest="sha256:ten"),
        version(11, image="other", digest="sha256:eleven"),
        version(12, image="mine"),
    ]
    assert newest_of(versions, "mine") == ModelPin(10, "sha256:ten")
    assert newest_of(versions, "third") is None


def test_the_registry_is_asked_for_the_workload() -> None:
    registry = FakeRegistry({"model_versions": [version(1, image="mine", digest=DIGEST)]})
    assert newest_version(registry, "flight-delay", "mine") == ModelPin(1, DIGEST)
    assert "name%3D%27flight-delay%27" in registry.paths[0]
    assert newest_version(FakeRegistry({}), "flight-delay", "mine") is None


def test_an_answer_of_another_shape_is_an_error() -> None:
    with pytest.raises(SandboxError, match=r"got \[\], expected an object"):
        newest_version(FakeRegistry([]), "flight-delay", "mine")


def test_a_run_tells_which_model_it_registered() -> None:
    assert pin_of({"run": "r", "model_version": 3, "model_digest": DIGEST}) == ModelPin(3, DIGEST)


@pytest.mark.parametrize(
    "account", [{"run": "r"}, {"run": "r", "model_version": 3}, {"run": "r", "model_version": "3"}]
)
def test_a_run_without_a_model_is_an_error(account: dict[str, object]) -> None:
    with pytest.raises(SandboxError, match="run r: got version"):
        pin_of(account)


def test_an_endpoint_that_serves_something_else_is_not_shown_as_ours() -> None:
    pin = ModelPin(3, DIGEST)
    assert served_as_pinned({"version": "3", "digest": DIGEST}, pin) == pin
    with pytest.raises(SandboxError, match="version=4"):
        served_as_pinned({"version": "4", "digest": DIGEST}, pin)
    with pytest.raises(SandboxError, match="expected None"):
        served_as_pinned({"version": "3", "digest": DIGEST}, None)


@pytest.mark.parametrize("identity", [{}, [], None, "up", {"version": "latest", "digest": DIGEST}])
def test_an_identity_of_another_form_is_an_error(identity: object) -> None:
    with pytest.raises(SandboxError, match=r"the endpoint: got .*, expected the version and digest"):
        served_as_pinned(identity, ModelPin(3, DIGEST))


def test_predictions_are_one_number_for_each_flight() -> None:
    assert read_predictions({"predictions": [1, 2.5]}, 2) == [1.0, 2.5]


@pytest.mark.parametrize(
    "answer",
    [
        {"predictions": [1.0]},
        {"error": "no"},
        [1.0, 2.0],
        {"predictions": [1.0, "nan"]},
        {"predictions": [1.0, None]},
        {"predictions": [1.0, float("inf")]},
    ],
)
def test_anything_else_is_an_error(answer: object) -> None:
    with pytest.raises(SandboxError, match="the endpoint: got"):
        read_predictions(answer, 2)


def test_the_next_steps_can_be_copied_as_they_are() -> None:
    text = next_steps("flights-mine")
    assert "  python -m sandbox kubectl --namespace flights-mine port-forward service/mlflow 5000\n" in text
    assert "make down" in text
