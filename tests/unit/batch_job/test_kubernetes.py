from typing import Any

import pytest

from mlops_runtime.batch.report import ExitCode
from pulumi_mlops import ArgumentsError
from tests import kubernetes_documents
from tests.recording import Declaration
from tests.unit.batch_job.declarations import DIGEST, IMAGE, NAME, on_kubernetes

COMPONENT = f"mlops:index:KubernetesBatchJob::{NAME}"
ON_VOLUMES = {"input": "pvc://flights/new", "output": "pvc://scores"}


def spec(declaration: Declaration) -> dict[str, Any]:
    found: dict[str, Any] = declaration.one("CronJob").inputs["spec"]
    return found


def pod(declaration: Declaration) -> dict[str, Any]:
    found: dict[str, Any] = spec(declaration)["jobTemplate"]["spec"]["template"]["spec"]
    return found


def command(declaration: Declaration) -> list[str]:
    (container,) = pod(declaration)["containers"]
    found: list[str] = container["command"]
    return found


def egress(declaration: Declaration) -> list[Any]:
    found: list[Any] = declaration.one("NetworkPolicy").inputs["spec"]["egress"]
    return found


def test_declares_exactly_these_children() -> None:
    declaration = on_kubernetes()
    assert declaration.children() == [
        ("kubernetes:batch/v1:CronJob", NAME, COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", NAME, COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", NAME, COMPONENT),
        ("mlops:index:KubernetesBatchJob", NAME, ""),
    ]
    assert declaration.result == {"batch_name": NAME, "status": "ready"}


def test_without_a_model_stands_what_can_stand() -> None:
    declaration = on_kubernetes(model=None)
    assert declaration.kinds() == {"ServiceAccount", "NetworkPolicy", "KubernetesBatchJob"}
    assert declaration.result == {"batch_name": "", "status": "waiting-for-model"}


@pytest.mark.parametrize("changes", [{}, ON_VOLUMES, {"schedule": "0 4 * * 1", "s3_credentials_secret_name": "login"}])
def test_every_object_has_the_form_that_kubernetes_asks_for(changes: dict[str, Any]) -> None:
    declaration = on_kubernetes(**changes, tags={"owner": "team-flights"}, image_pull_secret_names=["login"])
    for document in kubernetes_documents.objects(declaration.resources):
        kubernetes_documents.check_schema(document)
        for found in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(found) == []


def test_the_model_is_fetched_and_proved_by_its_digest() -> None:
    declaration = on_kubernetes()
    (fetch,) = pod(declaration)["initContainers"]
    assert fetch["command"][:3] == ["python", "-m", "mlops_runtime.serving.fetch"]
    for words in (fetch["command"], command(declaration)):
        assert words[words.index("--digest") + 1] == DIGEST
        assert words[words.index("--version") + 1] == "7"
    assert fetch["image"] == pod(declaration)["containers"][0]["image"] == IMAGE


def test_without_a_schedule_it_runs_when_someone_asks() -> None:
    assert (spec(on_kubernetes())["suspend"], spec(on_kubernetes())["concurrencyPolicy"]) == (True, "Forbid")
    scheduled = spec(on_kubernetes(schedule="30 5 * * *"))
    assert (scheduled["suspend"], scheduled["schedule"]) == (False, "30 5 * * *")


def test_a_run_that_no_retry_mends_is_not_tried_again_and_another_goes_on() -> None:
    run = spec(on_kubernetes(run_timeout_seconds=600))["jobTemplate"]["spec"]
    assert run["backoffLimit"] == 2
    assert run["activeDeadlineSeconds"] == 600
    fails, ignores = run["podFailurePolicy"]["rules"]
    final = {code.value for code in ExitCode} - {ExitCode.DONE, ExitCode.FAILED}
    assert set(fails["onExitCodes"]["values"]) == final
    assert fails["onExitCodes"]["containerName"] == pod(on_kubernetes())["containers"][0]["name"]
    assert (fails["action"], ignores["action"]) == ("FailJob", "Ignore")


def test_volumes_are_mounted_and_the_input_is_only_read() -> None:
    declaration = on_kubernetes(**ON_VOLUMES)
    words = command(declaration)
    assert words[words.index("--input") + 1] == "/data/flights/new"
    assert words[words.index("--output") + 1] == "/data/scores"
    mounts = {mount["name"]: mount for mount in pod(declaration)["containers"][0]["volumeMounts"]}
    assert mounts["input"] == {"name": "input", "mountPath": "/data/flights", "readOnly": True}
    assert mounts["output"] == {"name": "output", "mountPath": "/data/scores"}
    claims = {one["name"]: one["persistentVolumeClaim"] for one in pod(declaration)["volumes"][2:]}
    assert claims["input"] == {"claimName": "flights", "readOnly": True}
    assert claims["output"] == {"claimName": "scores", "readOnly": False}


def test_one_volume_for_both_is_mounted_once() -> None:
    declaration = on_kubernetes(input="pvc://flights/new", output="pvc://flights/scored/")
    words = command(declaration)
    assert words[words.index("--output") + 1] == "/data/flights/scored"
    assert [one["name"] for one in pod(declaration)["volumes"]] == ["tmp", "model", "output"]


def test_s3_is_reached_where_the_tables_are_there() -> None:
    everywhere = {"ports": [{"port": 443, "protocol": "TCP"}]}
    assert everywhere in egress(on_kubernetes())
    assert everywhere not in egress(on_kubernetes(**ON_VOLUMES))
    settings = {
        "s3_endpoint_url": "http://minio.storage.svc:9000",
        "s3_region": "eu-west-1",
        "s3_credentials_secret_name": "login",
    }
    declaration = on_kubernetes(**settings)
    (container,) = pod(declaration)["containers"]
    variables = {one["name"]: one.get("value") for one in container["env"]}
    assert (variables["AWS_ENDPOINT_URL_S3"], variables["AWS_REGION"]) == ("http://minio.storage.svc:9000", "eu-west-1")
    assert container["envFrom"] == [{"secretRef": {"name": "login"}}]
    storage = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "storage"}}}
    assert {"to": [storage]} in egress(declaration)
    assert everywhere not in egress(declaration)


def test_settings_reach_the_command() -> None:
    words = command(on_kubernetes(format="csv", key_columns=["a", "b"], partition_rows=500, rejected_percent_max=0.5))
    assert words[words.index("--format") + 1] == "csv"
    assert [words[index + 1] for index, word in enumerate(words) if word == "--key-column"] == ["a", "b"]
    assert words[words.index("--partition-rows") + 1] == "500"
    assert words[words.index("--rejected-percent-max") + 1] == "0.5"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"input": "flights/new"}, "input: got 'flights/new', expected the place of a table"),
        ({"input": "pvc://Flights"}, "input: got 'pvc://Flights'"),
        ({"input": "pvc://flights/../other"}, "input: got 'pvc://flights/../other'"),
        ({"output": "s3://flights/new/scored"}, "output: got 's3://flights/new/scored', expected a place apart from"),
        ({"output": "s3://flights/"}, "output: got 's3://flights/', expected a place apart from"),
        ({"format": "xlsx"}, "format: got 'xlsx', expected one of parquet, csv, jsonl"),
        ({"key_columns": ["a", "a"]}, "key_columns[1]: got 'a', expected each column once"),
        ({"key_columns": ["a\nb"]}, "key_columns[0]: got"),
        ({"rejected_percent_max": 101}, "rejected_percent_max: got 101, expected 0 to 100"),
        ({"partition_rows": 0}, "partition_rows: got 0"),
        ({**ON_VOLUMES, "s3_region": "eu-west-1"}, "kubernetes.s3_region: got 'eu-west-1', expected no setting of S3"),
        ({"model": {"version": "7", "digest": "sha256:a"}}, "model.digest: got 'sha256:a'"),
    ],
)
def test_fails_when_arguments_are_wrong(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        on_kubernetes(**changes)
    assert told in str(caught.value)


def test_a_folder_beside_the_input_is_apart_from_it() -> None:
    assert on_kubernetes(output="s3://flights/new-scores").result["status"] == "ready"
