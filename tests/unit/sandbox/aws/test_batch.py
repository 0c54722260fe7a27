"""The offline AWS runs a batch's pipeline as it was declared: its job reads and writes S3 by itself."""

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from mlops_runtime.artifact import digest_directory
from mlops_runtime.serving.served_model import load_served_model
from tests.unit.batch_job.declarations import definition, on_sagemaker
from tests.unit.pipelines.batch.tables import flights
from tests.unit.pipelines.serving.artifacts import write_artifact

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/flights-dev-flight-delay-batch-execution"
MODELS = "models/flights-dev-flight-delay"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("model") / "artifact"
    write_artifact(directory)
    return directory


def archive(artifact: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as members:
        for path in sorted(artifact.iterdir()):
            members.add(path, arcname=path.name)
    return packed.getvalue()


def table(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
    return sink.getvalue()


@pytest.fixture
def stack(aws: Any, artifact: Path) -> Any:
    """A stack's bucket with the registered model, a bucket of tables, and the batch's pipeline."""
    s3, sagemaker = aws("s3"), aws("sagemaker")
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    models = "flights-dev-123456789012-eu-west-1"
    for bucket in (models, "flights", "scores"):
        s3.create_bucket(Bucket=bucket, **place)
    digest = digest_directory(artifact)
    key = f"{MODELS}/{digest.partition(':')[2]}/model.tar.gz"
    s3.put_object(Bucket=models, Key=key, Body=archive(artifact))
    declared = on_sagemaker(model={"version": "7", "digest": digest}, key_columns=["flight_id"], partition_rows=100)
    sagemaker.create_pipeline(
        PipelineName="flights-dev-flight-delay-batch",
        PipelineDefinition=json.dumps(definition(declared)),
        ClientRequestToken="0" * 32,
        RoleArn=ROLE,
    )
    yield s3, sagemaker
    sagemaker.delete_pipeline(PipelineName="flights-dev-flight-delay-batch", ClientRequestToken="0" * 32)
    for bucket in (models, "flights", "scores"):
        for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])
        s3.delete_bucket(Bucket=bucket)


def run(sagemaker: Any, **parameters: str) -> tuple[str, str]:
    """Run the batch; returns how it ended, and why."""
    given = [{"Name": name, "Value": value} for name, value in parameters.items()]
    arn = sagemaker.start_pipeline_execution(
        PipelineName="flights-dev-flight-delay-batch", PipelineParameters=given, ClientRequestToken="1" * 32
    )["PipelineExecutionArn"]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if described["PipelineExecutionStatus"] != "Executing":
            (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
            return described["PipelineExecutionStatus"], step.get("FailureReason", "")
        time.sleep(0.2)
    raise TimeoutError(arn)


def objects(s3: Any, bucket: str) -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in found}


def test_a_batch_scores_a_table_on_s3_and_goes_on_from_there(stack: Any, artifact: Path) -> None:
    s3, sagemaker = stack
    rows = flights(250)
    rows[7]["origin"] = "LGA"
    s3.put_object(Bucket="flights", Key="new/a.parquet", Body=table(rows))
    s3.put_object(Bucket="flights", Key="new-but-other/a.parquet", Body=b"somebody else's")

    assert run(sagemaker) == ("Succeeded", "")

    made = objects(s3, "scores")
    assert sorted(made) == [
        "flights/_manifest/a.parquet.json",
        "flights/rejected/a.parquet-00000.jsonl",
        "flights/report.json",
        *(f"flights/scored/a.parquet-0000{number}.parquet" for number in range(3)),
    ]
    scored = [
        row
        for key, content in sorted(made.items())
        if "/scored/" in key
        for row in parquet.read_table(io.BytesIO(content)).to_pylist()
    ]
    served = load_served_model(artifact, "flight-delay", "7")
    good = [row for number, row in enumerate(rows) if number != 7]
    instances = [{name: value for name, value in row.items() if name != "flight_id"} for row in good]
    expected = served.score(served.predict_protocol.matrix({"instances": instances}), str).tolist()
    assert [row["arrival_delay_minutes"] for row in scored] == pytest.approx(expected)
    assert json.loads(made["flights/report.json"])["rows_rejected"] == 1

    s3.delete_object(Bucket="scores", Key="flights/scored/a.parquet-00001.parquet")
    assert run(sagemaker) == ("Succeeded", "")
    assert objects(s3, "scores") == made

    s3.put_object(Bucket="flights", Key="new/a.parquet", Body=table(flights(50, seed=1)))
    assert run(sagemaker) == ("Succeeded", "")
    assert [key for key in objects(s3, "scores") if "/scored/" in key] == ["flights/scored/a.parquet-00000.parquet"]


def test_a_failed_batch_says_why(stack: Any) -> None:
    s3, sagemaker = stack
    lacking = [{key: value for key, value in row.items() if key != "origin"} for row in flights(5)]
    s3.put_object(Bucket="flights", Key="new/b.parquet", Body=table(lacking))
    status, reason = run(sagemaker)
    assert status == "Failed"
    assert "exit code 2: nothing scored: b.parquet: column origin: got none" in reason
    assert objects(s3, "scores") == {}


def test_a_part_of_the_table_is_scored_into_a_folder_of_its_own(stack: Any) -> None:
    s3, sagemaker = stack
    for day in ("1", "2"):
        s3.put_object(Bucket="flights", Key=f"new/{day}.parquet", Body=table(flights(5, seed=int(day))))
    places = {"Input": "s3://flights/new/2.parquet", "Output": "s3://scores/flights/second"}
    assert run(sagemaker, **places) == ("Succeeded", "")
    assert [key for key in objects(s3, "scores") if "/scored/" in key] == [
        "flights/second/scored/2.parquet-00000.parquet"
    ]
