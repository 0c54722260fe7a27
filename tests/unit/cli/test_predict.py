"""`mlops predict` on Kubernetes."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pulumi_mlops.cli import predict
from pulumi_mlops.cli.app import app


@pytest.mark.parametrize(("setting", "expected"), [("", 70), ("        request_timeout_seconds: 600\n", 610)])
def test_an_answer_is_waited_for_as_long_as_it_may_take(
    project: Path, monkeypatch: pytest.MonkeyPatch, setting: str, expected: int
) -> None:
    waited: list[float] = []

    class Answering:
        def request(self, _service: Any, _path: str, body: Any, *, answer_seconds: float) -> Any:
            waited.append(answer_seconds)
            return {"predictions": [1.5] * len(body["instances"])}

    monkeypatch.setattr(predict, "cluster_of", lambda _: Answering())
    file = project / "stacks" / "Pulumi.dev-local.yaml"
    file.write_text(
        f"{file.read_text()}  mlops:workloads:\n    flight-delay:\n      endpoint:\n{setting}        replicas_min: 1\n"
    )
    rows = project / "rows.json"
    rows.write_text("[[1], [2]]")

    result = CliRunner().invoke(app, ["predict", "flight-delay", "--stack", "dev-local", "--rows", str(rows)])

    assert result.output == "1.5\n1.5\n"
    assert waited == [expected]
