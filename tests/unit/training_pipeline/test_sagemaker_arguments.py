from typing import Any

import pytest

from flight_delay.graph import GRAPH
from pulumi_mlops._shared.arguments import ArgumentsError
from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline
from tests.recording import declare
from tests.unit.training_pipeline.plans import IMAGE
from tests.unit.training_pipeline.sagemaker_pipelines import (
    NAME,
    NETWORK,
    arguments,
    changed_graph,
    pipeline,
)

LATER = {**changed_graph()["steps"][0], "name": "report", "after": ["register"]}
WIDE = [f"part-{index}" for index in range(10)]
BAD: list[tuple[dict[str, Any], list[str]]] = [
    # The graph.
    ({"graph": {"steps": []}}, ["graph: got {'steps': []}, expected a step graph"]),
    ({"graph": changed_graph(train={"model_output": ""})}, ["graph:", "a step with a model_output", "mark the step"]),
    (
        {"graph": {**GRAPH.to_document(), "steps": [*changed_graph()["steps"], LATER]}},
        ["graph: got 'step report after register', expected nothing after the registration"],
    ),
    (
        {"graph": changed_graph(evaluate={"is_gate": False, "after": ["features"]}, register={"after": ["train"]})},
        ["graph: got 'step register right after train', expected a step between them"],
    ),
    (
        {"graph": changed_graph(evaluate={"after": ["features"]})},
        ["graph: got 'the gate evaluate, which does not come after train'"],
    ),
    (
        {"graph": changed_graph(validate={"after": WIDE})},
        ["graph: got 'step validate, which reads from 10 steps', expected at most 9"],
    ),
    ({"graph": changed_graph(validate={"name": "champion"})}, ["graph: got 'a step champion'"]),
    ({"graph": changed_graph(validate={"name": "evaluate-gate"})}, ["graph: got 'a step evaluate-gate'"]),
    (
        {
            "graph": {
                **GRAPH.to_document(),
                "parameters": {f"p{n}": {"type": "integer", "default": 1} for n in range(39)},
            }
        },
        ["graph: got '39 parameters', expected at most 38"],
    ),
    ({"graph": {**GRAPH.to_document(), "reference": "a,b"}}, ["graph.reference: got 'a,b'"]),
    # Spare capacity.
    (
        {"spot": {"max_wait_seconds": 3600}},
        ["sagemaker.spot.max_wait_seconds: got 3600, expected at least run_timeout_seconds (14400)"],
    ),
    (
        {"spot": {"max_wait_seconds": 86400}, "cache_days": 7},
        ["sagemaker.spot: got {'max_wait_seconds': 86400}, expected nothing beside cache_days (7)"],
    ),
    (
        {"spot": {"max_wait_seconds": 60}, "cache_days": 7},
        [
            "got 60, expected at least run_timeout_seconds",
            "sagemaker.spot: got {'max_wait_seconds': 60}, expected noth",
        ],
    ),
    ({"spot": {}}, ["sagemaker.spot.max_wait_seconds: got nothing"]),
    (
        {"spot": {"max_wait_seconds": 31 * 86400}},
        ["sagemaker.spot.max_wait_seconds: got 2678400, expected 60 to 2592000"],
    ),
    # What is neutral.
    ({"image": "pipeline:latest"}, ["image: got 'pipeline:latest', expected an image in ECR by digest"]),
    (
        {"image": IMAGE.replace("eu-west-1", "us-east-1")},
        ["image: got", "expected an image in the ECR of region eu-west-1, where it runs"],
    ),
    ({"serving_image": "localhost/serving:0123456789abcdef"}, ["sagemaker.serving_image: got"]),
    ({"environment": "dev, mine"}, ["environment: got 'dev, mine'"]),
    ({"parameters": {"horizon": 7}}, ["parameters.horizon: got an unknown key"]),
    ({"parameters": {"train_from": "x" * 257}}, ["parameters.train_from:", "at most 256 characters"]),
    ({"gate": {"metric": "accuracy", "min": 0.9}}, ["gate.metric: got 'accuracy'"]),
    (
        {"gate": {"metric": "m,n", "max": 1}, "graph": changed_graph(evaluate={"metrics": ["m,n"]})},
        ["gate.metric: got 'm,n'"],
    ),
    ({"schedule": "every monday"}, ["schedule: got 'every monday': it has 2 fields, expected five cron fields"]),
    (
        {"schedule": "0 4 1 * 1"},
        [
            "schedule: got '0 4 1 * 1': it names days",
            "of which EventBridge Scheduler takes one, expected a schedule that",
        ],
    ),
    ({"run_timeout_seconds": 777601}, ["run_timeout_seconds: got 777601, expected 60 to 777600"]),
    ({"workspace_gib": 0}, ["workspace_gib: got 0"]),
    ({"champion": {"version": "7", "digest": "abc"}}, ["champion.digest: got 'abc'"]),
    ({"tags": {"aws:owner": "x"}}, ["tags.aws:owner"]),
    # What SageMaker alone has.
    ({"account_id": "12345"}, ["sagemaker.account_id: got '12345'"]),
    ({"region": "eu-west-11"}, ["sagemaker.region: got 'eu-west-11'"]),
    ({"bucket_name": "s3://bucket"}, ["sagemaker.bucket_name: got 's3://bucket'"]),
    ({"model_package_group": "flights/delay"}, ["sagemaker.model_package_group: got 'flights/delay'"]),
    ({"training_instance_type": "ml.m5.larg"}, ["sagemaker.training_instance_type: got 'ml.m5.larg'", "did you mean"]),
    (
        {"instance_types": {"ingest": "ml.p4d.24xlarge", "train": "ml.t2.medium"}},
        [
            "sagemaker.instance_types.ingest: got 'ml.p4d.24xlarge', expected an instance type for processing",
            "sagemaker.instance_types.train: got 'ml.t2.medium', expected an instance type for training in eu-west-1",
        ],
    ),
    (
        {"instance_types": {"tune": "ml.m5.large"}},
        ["sagemaker.instance_types.tune: got an unknown key, expected one of"],
    ),
    ({"instance_types": {"register": "ml.m5.large"}}, ["sagemaker.instance_types.register: got"]),
    ({"cache_days": -1}, ["sagemaker.cache_days: got -1, expected 0 to 365"]),
    ({"retry_attempts": 21}, ["sagemaker.retry_attempts: got 21, expected 0 to 20"]),
    ({"approval": "Rejected"}, ["sagemaker.approval: got 'Rejected', expected one of PendingManualApproval, Approved"]),
    ({"data_s3_uris": ["flights-raw"]}, ["sagemaker.data_s3_uris[0]: got 'flights-raw'"]),
    ({"data_kms_key_arns": ["alias/raw"]}, ["sagemaker.data_kms_key_arns[0]: got 'alias/raw'"]),
    (
        {"data_s3_uris": [f"s3://flights-raw/by-airport-and-month/{number:03}/" for number in range(60)]},
        [
            "sagemaker.data_s3_uris: got '60 locations, a policy of 20699",
            "a policy of at most 10240",
            "prefixes that several",
        ],
    ),
    (
        {"workspace_gib": 126, "instance_types": {"features": "ml.g4dn.xlarge"}},
        ["workspace_gib: got 126, expected at most 125, as step features on ml.g4dn.xlarge has the disks of its"],
    ),
    ({"kms_key_arn": "alias/flights"}, ["sagemaker.kms_key_arn: got 'alias/flights'"]),
    ({"subnet_ids": NETWORK["subnet_ids"]}, ["sagemaker.security_group_ids: got nothing"]),
    ({"security_group_ids": NETWORK["security_group_ids"]}, ["sagemaker.subnet_ids: got nothing"]),
    ({"namespace": "f" * 50}, ["name: got", "at most 54 characters"]),
    ({"resources": {"train": {"cpu": "2"}}}, ["sagemaker.resources: got"]),
    (
        {"image": "pipeline:latest", "workspace_gib": 0, "region": "mars", "approval": "yes"},
        ["4 problems", "image:", "workspace_gib:", "sagemaker.region:", "sagemaker.approval:"],
    ),
]


@pytest.mark.parametrize(("changes", "texts"), BAD)
def test_fails_when_arguments_are_wrong(changes: dict[str, Any], texts: list[str]) -> None:
    with pytest.raises(ArgumentsError) as caught:
        pipeline(**changes)
    for expected in texts:
        assert expected in str(caught.value)


def test_fails_when_nothing_is_said_of_sagemaker() -> None:
    args: Any = {key: value for key, value in arguments().items() if key != "sagemaker"}
    with pytest.raises(ArgumentsError, match="sagemaker: got nothing"):
        declare(lambda: SageMakerTrainingPipeline(NAME, args))
