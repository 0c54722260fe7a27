"""The worked example, job by job as SageMaker runs it, to an endpoint that answers as the one on Kubernetes does."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from flight_delay.columns import FEATURES
from flight_delay.features import FEATURES_FILE
from flight_delay.frames import read_frame
from mlops_runtime.artifact import digest_directory
from mlops_runtime.gate import Gate
from mlops_runtime.local import run_local
from tests.unit.pipelines.sagemaker.containers import GRAPHS, Execution, Job, unpack
from tests.unit.pipelines.sagemaker.graphs.small_flights import GRAPH
from tests.unit.pipelines.sagemaker.servers import kubernetes_server, sagemaker_server

PARAMETERS = {"iterations": 40}
VARIABLES = {
    "MLOPS_WORKLOAD": "flight-delay",
    "MLOPS_ENVIRONMENT": "dev",
    "MLOPS_IMAGE": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pipeline@sha256:" + "5" * 64,
    "MLOPS_CODE_VERSION": "a1b2c3",
    "MLOPS_RUN_NAME": "execution-1",
    "MLOPS_GATE": '{"metric": "mae_minutes", "max": 16.0}',
    "MLOPS_PARAMETERS": json.dumps(PARAMETERS),
}


@pytest.fixture(scope="module")
def execution(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    """An execution of the whole graph up to its gate, each job a process of its own."""
    execution = Execution(GRAPH, tmp_path_factory.mktemp("execution"), variables=VARIABLES)
    for step in ("ingest", "validate", "features"):
        job = execution.process(step)
        assert job.code == 0, job.process.stderr
    job = execution.train()
    assert job.code == 0, job.process.stderr
    return execution


@pytest.fixture(scope="module")
def evaluated(execution: Execution) -> Job:
    return execution.process("evaluate")


@pytest.fixture(scope="module")
def model(execution: Execution) -> Path:
    """The model's files, unpacked from the archive as SageMaker does for an endpoint."""
    return unpack(execution.archive, execution.folder / "endpoint" / "opt" / "ml" / "model")


@pytest.fixture(scope="module")
def rows(execution: Execution) -> list[dict[str, Any]]:
    """Real flights, as requests hold them."""
    frame = read_frame(execution.bucket / "features" / "outputs" / "features" / FEATURES_FILE)
    found: list[dict[str, Any]] = json.loads(
        frame.loc[:, list(FEATURES)].sample(500, random_state=0).to_json(orient="records")
    )
    return found


def test_the_gates_result_names_the_model_and_its_data(execution: Execution, evaluated: Job, model: Path) -> None:
    assert evaluated.code == 0, evaluated.process.stderr
    result = evaluated.result
    assert (result["status"], result["rejected"]) == ("succeeded", "false")
    assert result["model_digest"] == digest_directory(model)
    assert result["data_digest"] == digest_directory(execution.bucket / "ingest" / "outputs" / "ingest")
    assert result["code_version"] == "a1b2c3"
    assert result["metrics"]["mae_minutes"] < result["metrics"]["baseline_mae_minutes"]


def test_the_jobs_measure_what_the_same_steps_measure_in_one_workspace(
    evaluated: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(GRAPHS)
    local = run_local(GRAPH, tmp_path, PARAMETERS, gate=Gate(metric="mae_minutes", max=16.0))

    assert local.failed is None
    of_gate = next(record for record in local.records if record.step == "evaluate")
    assert evaluated.result["metrics"] == of_gate.metrics


def test_the_champion_is_scored_on_the_same_flights(execution: Execution, evaluated: Job, model: Path) -> None:
    champion = json.dumps({"version": "1", "digest": digest_directory(model)})
    again = execution.process("evaluate", {"MLOPS_CHAMPION": champion}, champion=execution.archive)

    assert again.code == 0, again.process.stderr
    assert again.result["metrics"]["champion_mae_minutes"] == evaluated.result["metrics"]["mae_minutes"]


def test_fails_when_the_champion_is_not_the_pinned_one(execution: Execution) -> None:
    champion = json.dumps({"version": "1", "digest": "sha256:" + "0" * 64})
    refused = execution.process("evaluate", {"MLOPS_CHAMPION": champion}, champion=execution.archive)

    assert refused.code == 1
    assert "expected an artifact of digest sha256:0000" in refused.message
    assert refused.message in refused.process.stderr


def test_a_poor_model_is_turned_down_and_the_job_ends_well(execution: Execution) -> None:
    rejected = execution.process("evaluate", {"MLOPS_GATE": '{"metric": "mae_minutes", "max": 1.0}'})

    assert rejected.code == 0, rejected.process.stderr
    assert rejected.result["rejected"] == "true"
    assert "the gate asks for mae_minutes <= 1.0" in rejected.message


def test_the_endpoint_answers_as_the_one_on_kubernetes_to_the_last_digit(
    model: Path, rows: list[dict[str, Any]]
) -> None:
    pytest.importorskip("kserve", reason="KServe has no release for this Python yet")
    golden = json.loads((model / "golden.json").read_text())
    tensors = [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": "BYTES" if any(isinstance(row[name], str) for row in rows) else "FP32",
            "data": [row[name] for row in rows],
        }
        for name in FEATURES
    ]
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/v1/models/flight-delay:predict", {"instances": golden["rows"]}),
        ("/v1/models/flight-delay:predict", {"instances": rows}),
        ("/v1/models/flight-delay:predict", {"instances": rows[:1]}),
        ("/v2/models/flight-delay/infer", {"id": "1", "inputs": tensors}),
    ]
    variables = {
        "MLOPS_MODEL_NAME": "flight-delay",
        "MLOPS_MODEL_VERSION": "1",
        "MLOPS_MODEL_DIGEST": digest_directory(model),
    }

    with sagemaker_server(model.parent, variables) as (_, sagemaker):
        pinged = httpx.get(f"{sagemaker}/ping", timeout=2)
        invoked = [httpx.post(f"{sagemaker}/invocations", json=document, timeout=30) for _, document in requests]
    with kubernetes_server(model, "flight-delay", "1") as kubernetes:
        answered = [httpx.post(f"{kubernetes}{path}", json=document, timeout=30) for path, document in requests]

    assert pinged.status_code == 200
    assert [answer.status_code for answer in (*invoked, *answered)] == [200] * 8
    assert [answer.content for answer in invoked] == [answer.content for answer in answered]
    assert len(invoked[1].json()["predictions"]) == len(rows) == 500
    assert invoked[3].json()["outputs"][0]["data"] == invoked[1].json()["predictions"]
