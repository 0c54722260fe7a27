import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlops_runtime.serving import truth_check
from mlops_runtime.serving.asking import TruthError
from mlops_runtime.serving.served_model import ServedModel
from mlops_runtime.serving.termination import MAXIMUM_BYTES
from mlops_runtime.serving.truth_check import ANSWER_MARGIN_SECONDS, Pinned, check_endpoint, load_pinned

Change = Callable[[str, dict[str, Any]], None]


class Replica(httpx.MockTransport):
    """Answers as a server of the model does; `change` alters an answer's document before it is sent."""

    def __init__(self, served: ServedModel, change: Change = lambda _path, _document: None) -> None:
        super().__init__(self.answer)
        self.served = served
        self.change = change

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        document = json.loads(self.body(path, request.content))
        headers = {
            "mlops-model-version": self.served.identity.version,
            "mlops-model-digest": self.served.identity.digest,
        }
        self.change(path, document)
        return httpx.Response(200, json=document, headers=headers)

    def body(self, path: str, content: bytes) -> bytes:
        if path == "/mlops/identity":
            return json.dumps(self.served.identity.to_document()).encode()
        if path.endswith("/infer"):
            matrix, header = self.served.infer_protocol.decode(content)
            return self.served.infer_protocol.encode(self.served.scorer.score(matrix), header).content
        if path.endswith(":predict"):
            matrix, _ = self.served.predict_protocol.decode(content)
            return self.served.predict_protocol.encode(self.served.scorer.score(matrix), None).content
        return json.dumps({"name": "flight-delay", "versions": [self.served.identity.version]}).encode()


@pytest.fixture
def pinned(artifact: Path, served: ServedModel) -> Pinned:
    found = load_pinned(artifact, "flight-delay", "7", served.identity.digest)
    assert isinstance(found, Pinned)
    return found


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth_check, "sleep", lambda _seconds: None)


def check(pinned: Pinned, transport: Callable[[], httpx.BaseTransport], settle_seconds: float = 0) -> None:
    score = check_endpoint(
        "http://endpoint",
        pinned,
        connections=3,
        settle_seconds=settle_seconds,
        say=lambda _line: None,
        transport=transport,
    )
    assert score.rows == len(pinned.golden.rows)
    assert score.max_absolute_error <= pinned.golden.tolerance


def at(place: str, **values: object) -> Change:
    """Alters the answer of one path."""

    def change(path: str, document: dict[str, Any]) -> None:
        if path.endswith(place):
            document.update(values)

    return change


def shifted(place: str, by: float) -> Change:
    """Moves one prediction of one path."""

    def change(path: str, document: dict[str, Any]) -> None:
        if path.endswith(place):
            values = document["predictions"] if "predictions" in document else document["outputs"][0]["data"]
            values[2] += by

    return change


def test_an_answer_is_waited_for_as_long_as_the_endpoint_may_take(served: ServedModel, pinned: Pinned) -> None:
    asked: list[httpx.Request] = []

    class Noting(Replica):
        def answer(self, request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return super().answer(request)

    check_endpoint(
        "http://endpoint",
        pinned,
        connections=1,
        settle_seconds=0,
        request_timeout_seconds=90,
        transport=lambda: Noting(served),
    )
    assert {request.extensions["timeout"]["read"] for request in asked} == {90 + ANSWER_MARGIN_SECONDS}


def test_the_pinned_version_passes(served: ServedModel, pinned: Pinned) -> None:
    check(pinned, lambda: Replica(served))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (at("/mlops/identity", version="6"), "/mlops/identity: got version 6, expected 7"),
        (at("/mlops/identity", digest="sha256:0"), "/mlops/identity: got digest sha256:0, expected sha256:"),
        (at("/mlops/identity", name="other"), "/mlops/identity: got name other, expected flight-delay"),
        (at("/models/flight-delay", versions=["6"]), r"got versions \['6'\], expected \['7'\]"),
        (at("/infer", model_version="6"), "/infer: got version 6, expected 7"),
        (at("/infer", parameters={}), "/infer: got digest None, expected sha256:"),
        (at("/infer", outputs=[]), "/infer: got an answer of another form"),
        (at(":predict", predictions=[]), ":predict: got 0 answers, expected 24"),
        (at(":predict", predictions=[None] * 24), ":predict: golden row 0: got None"),
        (shifted("/infer", 0.1), "/infer: golden row 2: got"),
        (shifted(":predict", 0.1), ":predict: golden row 2: got"),
    ],
)
def test_an_answer_that_differs_fails_and_is_named(
    served: ServedModel, pinned: Pinned, change: Change, expected: str
) -> None:
    with pytest.raises(TruthError, match=expected) as caught:
        check(pinned, lambda: Replica(served, change))

    assert "does not serve flight-delay version 7" in str(caught.value)
    assert "3 of 3 connections" in str(caught.value)


def test_a_difference_smaller_than_the_tolerance_passes(served: ServedModel, pinned: Pinned) -> None:
    check(pinned, lambda: Replica(served, shifted("/infer", 5e-4)))


def test_one_wrong_replica_among_good_ones_fails(served: ServedModel, pinned: Pinned) -> None:
    replicas = iter([Replica(served), Replica(served, at("/mlops/identity", version="6")), Replica(served)])

    with pytest.raises(TruthError, match="1 of 3 connections: /mlops/identity: got version 6, expected 7"):
        check(pinned, lambda: next(replicas))


def test_a_failure_says_who_answers_now_and_what_goes_back(served: ServedModel, pinned: Pinned) -> None:
    older = at("/mlops/identity", version="6", digest="sha256:6")
    silent = httpx.MockTransport(lambda _request: httpx.Response(503, text="overloaded"))
    replicas = iter([Replica(served), Replica(served, older), silent])

    with pytest.raises(TruthError) as caught:
        check(pinned, lambda: next(replicas))

    said = str(caught.value)
    assert f"flight-delay version 7 {pinned.digest} on 1 of 3 connections" in said
    assert "flight-delay version 6 sha256:6 on 1 of 3 connections" in said
    assert "nobody on 1 of 3 connections" in said
    assert said.index("run `pulumi up`") < MAXIMUM_BYTES // 2


def test_a_leaving_replica_may_still_answer_at_first(served: ServedModel, pinned: Pinned) -> None:
    replicas = iter([Replica(served, at("/mlops/identity", version="6")), *(Replica(served) for _ in range(5))])

    check(pinned, lambda: next(replicas), settle_seconds=60)


def test_an_endpoint_that_does_not_answer_fails(pinned: Pinned) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    with pytest.raises(TruthError, match="no answer: ConnectError connection refused"):
        check(pinned, lambda: httpx.MockTransport(refuse))


def test_an_endpoint_in_trouble_fails(pinned: Pinned) -> None:
    with pytest.raises(TruthError, match="got status 503 'overloaded', expected 200"):
        check(pinned, lambda: httpx.MockTransport(lambda _request: httpx.Response(503, text="overloaded")))


def test_golden_rows_of_another_artifact_prove_nothing(artifact_copy: Path, served: ServedModel) -> None:
    (artifact_copy / "golden.json").write_text("{}")

    with pytest.raises(TruthError, match=f"expected an artifact of digest {served.identity.digest}"):
        load_pinned(artifact_copy, "flight-delay", "7", served.identity.digest)


def test_the_command_fails_and_says_why(artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = truth_check.main(
        [
            *("--url", "http://127.0.0.1:9", "--name", "flight-delay", "--version", "7"),
            *("--digest", "sha256:0", "--model-directory", str(artifact)),
        ]
    )

    assert code == 1
    assert "expected an artifact of digest sha256:0" in capsys.readouterr().err
