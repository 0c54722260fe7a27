"""Two workloads of a project of somebody's own on an AWS without an account: from `mlops init` to a scored table."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.aws_stack import ACCOUNT, REGION, Server
from tests.e2e.own_project import OwnProject
from tests.e2e.own_workloads import BOOSTED, CLASSIFIER, add_boosted_trees, rows_of

pytestmark = pytest.mark.e2e

WORKLOADS = (CLASSIFIER, BOOSTED)
BUCKET = "tables-of-e2e"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An offline AWS whose steps and models find the project's code, as its images would have it."""
    folder = tmp_path / "aws"
    folder.mkdir()
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path / "clinic" / "pipelines"), os.environ.get("PYTHONPATH", "")])
    )
    made = Server(folder)
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def project(server: Server, engine_environment: Mapping[str, str], tmp_path: Path) -> OwnProject:
    environment = {**engine_environment, **server.variables()}
    options = ("--workload", CLASSIFIER, "--target", "sagemaker", "--account-id", ACCOUNT, "--region", REGION)
    # What it makes is gone with its AWS.
    return OwnProject(tmp_path, "clinic", environment, *options)


def test_two_workloads_are_trained_approved_called_and_score_a_table(project: OwnProject, server: Server) -> None:
    add_boosted_trees(project)
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for workload in WORKLOADS:
        place = f"s3://{BUCKET}/{workload}"
        batch = {"input": f"{place}/new", "output": f"{place}/scored", "format": "jsonl"}
        project.settle("dev", "workloads", workload, "batch", value=batch)
        table = "".join(f"{json.dumps(row)}\n" for row in rows_of(workload))
        s3.put_object(Bucket=BUCKET, Key=f"{workload}/new/a.jsonl", Body=table.encode())
    assert {each["status"] for each in project.up("dev").values()} == {"waiting-for-model"}

    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda each: _register(project, each), WORKLOADS))
    for workload in WORKLOADS:
        project.mlops("pin", workload, "--stack", "dev", "--version", "1")
    outputs = project.up("dev")
    assert {(each["status"], each["serving_version"]) for each in outputs.values()} == {("serving", "1")}

    for workload in WORKLOADS:
        rows = json.dumps(rows_of(workload))
        answer = project.mlops("predict", workload, "--stack", "dev", "--rows", "-", "--json", given=rows)
        predictions = json.loads(answer)["predictions"]
        run = project.mlops_json("batch", "run", workload, "--stack", "dev", "--follow")
        assert run["status"] == "succeeded", run
        scored = _scored(server, workload)
        assert len(scored) == len(predictions) == 3
        if workload == BOOSTED:
            assert [row["prediction"] for row in scored] == pytest.approx(predictions, rel=1e-5)
        else:
            assert [row["label"] for row in scored] == [each["label"] for each in predictions]


def _register(project: OwnProject, workload: str) -> None:
    run = project.mlops_json("train", workload, "--stack", "dev", "--follow")
    assert (run["status"], run["model_version"]) == ("succeeded", 1), run
    project.mlops("approve", workload, "--stack", "dev", "--version", "1")


def _scored(server: Server, workload: str) -> list[dict[str, object]]:
    s3 = server.client("s3")
    prefix = f"{workload}/scored/scored/"
    (listed,) = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    text = s3.get_object(Bucket=BUCKET, Key=listed["Key"])["Body"].read().decode()
    return [json.loads(line) for line in text.splitlines()]
