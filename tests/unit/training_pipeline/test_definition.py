import json
from dataclasses import replace
from typing import Any

import pytest

from pulumi_mlops._shared.aws.volumes import has_own_disks
from pulumi_mlops._shared.documents import to_json
from pulumi_mlops.training_pipeline.sagemaker.definition import ParameterPlan, StepKind, StepPlan, compile_pipeline
from sandbox.aws.executions.values import Known, resolve
from tests import sagemaker_documents, sagemaker_shapes
from tests.unit.training_pipeline.plans import (
    CHAMPION_URL,
    DIGEST,
    FULL,
    IMAGE,
    KEY,
    PLAN,
    SERVING_IMAGE,
    definition,
    step,
)

RUNS = "s3://flights-dev-111122223333-eu-west-1/runs/flights-dev-delay"
MODELS = "s3://flights-dev-111122223333-eu-west-1/models/flights-dev-delay"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        FULL,
        {**FULL, "gate": {"metric": "accuracy", "min": 0.9}},
        {"cache_days": 1},
        {"spot_wait_seconds": 7200},
        {"retry_attempts": 0},
        {"parameters": {}},
        {"steps": PLAN.steps[:3]},
        {"steps": PLAN.steps[:1], "result_step": None},
    ],
)
def test_has_the_form_that_aws_asks_for(changes: dict[str, Any]) -> None:
    assert sagemaker_documents.problems(definition(**changes)) == []


def test_the_same_plan_gives_the_same_bytes_whatever_the_order_of_what_has_none() -> None:
    turned = {
        **FULL,
        "parameters": dict(reversed(list(PLAN.parameters.items()))),
        "tags": {"environment": "dev", "owner": "team-flights"},
        "subnet_ids": ("subnet-1", "subnet-2"),
    }
    assert to_json(definition(**FULL)) == to_json(definition(**turned))


def test_each_step_becomes_what_it_does() -> None:
    steps = definition()["Steps"]
    assert [(each["Name"], each["Type"]) for each in steps] == [
        ("ingest", "Processing"),
        ("train", "Training"),
        ("evaluate", "Processing"),
        ("evaluate-gate", "Condition"),
    ]
    (register,) = steps[-1]["Arguments"]["IfSteps"]
    assert (register["Name"], register["Type"]) == ("register", "RegisterModel")
    assert steps[-1]["Arguments"]["ElseSteps"] == []


def test_a_processing_step_reads_what_the_steps_before_it_left() -> None:
    arguments = step(definition(), "evaluate")["Arguments"]
    sources = {
        each["InputName"]: (each["S3Input"]["S3Uri"], each["S3Input"]["LocalPath"])
        for each in arguments["ProcessingInputs"]
    }
    output = {"Get": "Steps.ingest.ProcessingOutputConfig.Outputs['step'].S3Output.S3Uri"}
    assert sources == {
        "ingest": ({"Std:Join": {"On": "", "Values": [output, "/"]}}, "/opt/ml/processing/input/ingest"),
        "train": ({"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}, "/opt/ml/processing/input/train"),
    }
    left = arguments["ProcessingOutputConfig"]["Outputs"][0]
    assert left["S3Output"] == {
        "S3Uri": {"Std:Join": {"On": "/", "Values": [RUNS, {"Get": "Execution.PipelineExecutionId"}, "evaluate"]}},
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    assert arguments["AppSpecification"] == {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python", "-m", "mlops_runtime.sagemaker.processing"],
        "ContainerArguments": ["--graph", "delays.graph:GRAPH", "--step", "evaluate"],
    }
    assert "ProcessingInputs" not in step(definition(), "ingest")["Arguments"]


def test_the_training_step_puts_its_model_among_the_runs_results() -> None:
    arguments = step(definition(), "train")["Arguments"]
    assert arguments["AlgorithmSpecification"] == {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python", "-m", "mlops_runtime.sagemaker.training"],
    }
    assert arguments["HyperParameters"] == {"graph": "delays.graph:GRAPH", "step": "train"}
    assert [each["ChannelName"] for each in arguments["InputDataConfig"]] == ["ingest"]
    folder = {"Std:Join": {"On": "/", "Values": [RUNS, {"Get": "Execution.PipelineExecutionId"}, "train"]}}
    assert arguments["OutputDataConfig"] == {"S3OutputPath": folder}
    assert arguments["ResourceConfig"] == {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 2}
    assert arguments["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}


def outputs(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = step(document, name)["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    return {each["OutputName"]: each["S3Output"] for each in found}


def test_the_step_that_decides_puts_the_model_under_its_digest_and_no_other_does() -> None:
    document = definition(model_package_group=f"arn:aws:sagemaker:eu-west-1:{'9' * 12}:model-package-group/delays")
    assert outputs(document, "evaluate")["model"] == {
        "S3Uri": "s3://flights-dev-111122223333-eu-west-1/models/delays",
        "LocalPath": "/opt/ml/processing/model",
        "S3UploadMode": "EndOfJob",
    }
    assert set(outputs(document, "ingest")) == {"step"}
    assert set(outputs(definition(steps=PLAN.steps[:3]), "evaluate")) == {"step"}


def test_the_step_that_decides_is_given_the_model_that_it_hands_on() -> None:
    measure = StepPlan("measure", StepKind.PROCESSING, ("train",), "ml.m5.large")
    evaluate = StepPlan("evaluate", StepKind.PROCESSING, ("measure",), "ml.m5.large")
    document = definition(steps=(*PLAN.steps[:2], measure, evaluate, PLAN.steps[-1]))
    inputs = [each["InputName"] for each in step(document, "evaluate")["Arguments"]["ProcessingInputs"]]
    assert sorted(inputs) == ["measure", "train"]
    assert sagemaker_documents.problems(document) == []


def test_what_the_step_that_decides_writes_has_the_key_of_the_models() -> None:
    of_models = KEY.replace("1111-2222", "5555-6666")
    document = definition(**{**FULL, "model_data_kms_key_arn": of_models})
    keys = {
        name: step(document, name)["Arguments"]["ProcessingOutputConfig"]["KmsKeyId"] for name in ("ingest", "evaluate")
    }
    assert keys == {"ingest": KEY, "evaluate": of_models}


def test_no_location_that_a_job_reads_from_is_the_beginning_of_another() -> None:
    """`S3Prefix` takes everything whose key begins so."""
    again = replace(PLAN.steps[0], name="ingest-2")
    evaluate = replace(PLAN.steps[2], after=("ingest", "ingest-2", "train"))
    document = definition(**{**FULL, "steps": (PLAN.steps[0], again, PLAN.steps[1], evaluate, PLAN.steps[3])})
    execution = {"PipelineExecutionId": "e1"}
    known = Known(dict.fromkeys(PLAN.parameters, "x"), execution, read=lambda _: "")
    read = []
    for name in ("ingest", "ingest-2", "train", "evaluate"):
        arguments = resolve(step(document, name)["Arguments"], known)
        known.steps[name] = {**arguments, "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/x/model.tar.gz"}}
        read += [each["S3Input"]["S3Uri"] for each in arguments.get("ProcessingInputs", [])]
        read += [each["DataSource"]["S3DataSource"]["S3Uri"] for each in arguments.get("InputDataConfig", [])]
    assert {f"{RUNS}/e1/ingest/", f"{RUNS}/e1/ingest-2/", CHAMPION_URL} < set(read)
    assert [(one, other) for one in set(read) for other in set(read) - {one} if other.startswith(one)] == []


def test_a_training_job_on_spare_capacity_finds_its_checkpoints_again() -> None:
    arguments = step(definition(spot_wait_seconds=7200), "train")["Arguments"]
    assert arguments["EnableManagedSpotTraining"] is True
    assert arguments["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    checkpoints = arguments["CheckpointConfig"]
    assert checkpoints["LocalPath"] == "/opt/ml/checkpoints"
    # Of this execution alone, and below what the jobs may read and write.
    assert checkpoints["S3Uri"]["Std:Join"]["Values"] == [
        f"s3://{PLAN.bucket}/runs/flights-dev-delay",
        {"Get": "Execution.PipelineExecutionId"},
        "train",
        "checkpoints",
    ]
    on_demand = step(definition(), "train")["Arguments"]
    assert {"EnableManagedSpotTraining", "CheckpointConfig"}.isdisjoint(on_demand)
    assert "MaxWaitTimeInSeconds" not in str(step(definition(spot_wait_seconds=7200), "evaluate"))


def test_a_training_step_without_steps_before_it_has_no_channels() -> None:
    alone = (StepPlan("train", StepKind.TRAINING, (), "ml.m5.xlarge"),)
    document = definition(steps=alone, result_step=None)
    assert "InputDataConfig" not in document["Steps"][0]["Arguments"]
    assert sagemaker_documents.problems(document) == []


def test_every_job_knows_what_its_run_is_about() -> None:
    document = definition(**{**FULL, "cache_days": 0})
    variables = step(document, "ingest")["Arguments"]["Environment"]
    for name in ("train", "evaluate"):
        assert step(document, name)["Arguments"]["Environment"] == variables
    assert variables["MLOPS_PARAMETER_rate"] == {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.rate"}]}}
    assert variables["MLOPS_PARAMETER_month"] == {"Get": "Parameters.month"}
    assert json.loads(variables["MLOPS_GATE"]) == {"metric": "mae_minutes", "max": 13}
    assert json.loads(variables["MLOPS_CHAMPION"]) == {"version": "7", "digest": DIGEST}
    assert variables["MLOPS_RUN_NAME"] == {"Get": "Execution.PipelineExecutionId"}
    plain = {name: value for name, value in variables.items() if name in ("MLOPS_ENVIRONMENT", "MLOPS_WORKLOAD")}
    assert plain == {"MLOPS_ENVIRONMENT": "dev", "MLOPS_WORKLOAD": "delay"}


def test_what_is_not_set_is_not_passed_on() -> None:
    variables = step(definition(), "train")["Arguments"]["Environment"]
    assert not {"MLOPS_GATE", "MLOPS_CHAMPION"} & set(variables)


def test_an_execution_can_be_started_with_other_parameters() -> None:
    assert definition()["Parameters"] == [
        {"Name": "horizon_days", "Type": "Integer", "DefaultValue": 28},
        {"Name": "is_dry", "Type": "Boolean", "DefaultValue": False},
        {"Name": "month", "Type": "String", "DefaultValue": "march", "EnumValues": ["april", "march"]},
        {"Name": "rate", "Type": "Float", "DefaultValue": 1.0},
    ]


def test_the_gate_blocks_a_model_that_was_turned_down_or_misses_the_bound() -> None:
    file = {"Get": "Steps.evaluate.PropertyFiles.result"}

    def conditions(**changes: Any) -> Any:
        return step(definition(**changes), "evaluate-gate")["Arguments"]["Conditions"]

    rejected = {
        "Type": "Equals",
        "LeftValue": {"Std:JsonGet": {"PropertyFile": file, "Path": "rejected"}},
        "RightValue": "false",
    }
    value = {"Std:JsonGet": {"PropertyFile": file, "Path": "gate_value"}}
    assert conditions() == [rejected]
    assert conditions(gate={"metric": "mae_minutes", "max": 13}) == [
        rejected,
        {"Type": "LessThanOrEqualTo", "LeftValue": value, "RightValue": 13.0},
    ]
    assert conditions(gate={"metric": "accuracy", "min": 0.9}) == [
        rejected,
        {"Type": "GreaterThanOrEqualTo", "LeftValue": value, "RightValue": 0.9},
    ]
    assert step(definition(), "evaluate")["PropertyFiles"] == [
        {"PropertyFileName": "result", "OutputName": "step", "FilePath": "result.json"}
    ]


def test_nothing_is_registered_but_under_the_condition() -> None:
    types = [each["Type"] for each in definition(**FULL)["Steps"]]
    assert "RegisterModel" not in types


def test_a_version_says_where_it_comes_from() -> None:
    arguments = step(definition(**FULL), "register")["Arguments"]
    assert arguments["ModelPackageGroupName"] == "flights-dev-delay"
    assert arguments["ModelApprovalStatus"] == "PendingManualApproval"
    (container,) = arguments["InferenceSpecification"]["Containers"]

    def found(path: str) -> dict[str, Any]:
        return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.result"}, "Path": path}}

    folders = [MODELS, found("model_folder"), "model.tar.gz"]
    assert container == {"Image": SERVING_IMAGE, "ModelDataUrl": {"Std:Join": {"On": "/", "Values": folders}}}
    assert arguments["CustomerMetadataProperties"] == {
        "mlops.champion": "7",
        "mlops.code_version": found("code_version"),
        "mlops.data_digest": found("data_digest"),
        "mlops.digest": found("model_digest"),
        "mlops.environment": "dev",
        "mlops.execution": {"Get": "Execution.PipelineExecutionId"},
        "mlops.gate": "mae_minutes max 13.0",
        "mlops.gate_value": {"Std:Join": {"On": "", "Values": [found("gate_value")]}},
        "mlops.graph": "delays.graph:GRAPH",
        "mlops.image": IMAGE,
        "mlops.parameter.horizon_days": found("parameters.horizon_days"),
        "mlops.parameter.is_dry": found("parameters.is_dry"),
        "mlops.parameter.month": found("parameters.month"),
        "mlops.parameter.rate": found("parameters.rate"),
        "mlops.workload": "delay",
    }
    assert arguments["MetadataProperties"] == {
        "CommitId": found("code_version"),
        "GeneratedBy": {"Get": "Execution.PipelineExecutionArn"},
    }
    statistics = arguments["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"]["Std:Join"]["Values"][-1] == "result.json"


def test_the_step_that_decides_is_given_the_serving_version() -> None:
    document = definition(**FULL)
    inputs = {
        each["InputName"]: each["S3Input"] for each in step(document, "evaluate")["Arguments"]["ProcessingInputs"]
    }
    assert inputs["champion"]["S3Uri"] == CHAMPION_URL
    assert inputs["champion"]["LocalPath"] == "/opt/ml/processing/input/champion"
    assert CHAMPION_URL not in json.dumps([step(document, name) for name in ("ingest", "train", "register")])


def test_a_step_that_may_be_reused_does_not_know_its_execution() -> None:
    document = definition(cache_days=30)
    for name in ("ingest", "train", "evaluate"):
        assert step(document, name)["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P30D"}
        assert "MLOPS_RUN_NAME" not in step(document, name)["Arguments"]["Environment"]
    assert "CacheConfig" not in step(document, "register")
    assert "CacheConfig" not in step(definition(), "train")


def test_is_tried_again_when_aws_fails_it_and_not_when_the_code_does() -> None:
    policies = step(definition(retry_attempts=5), "train")["RetryPolicies"]
    faults = {fault for policy in policies for fault in policy["ExceptionType"]}
    assert faults == {
        *("Step.SERVICE_FAULT", "Step.THROTTLING"),
        *("SageMaker.CAPACITY_ERROR", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.RESOURCE_LIMIT"),
    }
    assert {policy["MaxAttempts"] for policy in policies} == {5}
    (only,) = step(definition(retry_attempts=5), "register")["RetryPolicies"]
    assert only["ExceptionType"] == ["Step.SERVICE_FAULT", "Step.THROTTLING"]
    assert "RetryPolicies" not in step(definition(retry_attempts=0), "train")


def test_jobs_carry_the_tags_and_a_version_those_of_its_group() -> None:
    document = definition(**FULL)
    for name in ("ingest", "train", "evaluate"):
        assert step(document, name)["Arguments"]["Tags"] == [
            {"Key": "environment", "Value": "dev"},
            {"Key": "owner", "Value": "team-flights"},
        ]
    assert "Tags" not in step(document, "register")["Arguments"]


def test_jobs_have_no_network_unless_they_are_given_one() -> None:
    processing, training = (step(definition(), name)["Arguments"] for name in ("ingest", "train"))
    assert processing["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert (training["EnableNetworkIsolation"], "VpcConfig" in training) == (True, False)
    processing, training = (step(definition(**FULL), name)["Arguments"] for name in ("ingest", "train"))
    network = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
    assert processing["NetworkConfig"] == {"EnableNetworkIsolation": False, "VpcConfig": network}
    assert (training["EnableNetworkIsolation"], training["VpcConfig"]) == (False, network)


def test_everything_that_jobs_write_is_encrypted_with_the_key() -> None:
    processing, training = (step(definition(**FULL), name)["Arguments"] for name in ("ingest", "train"))
    assert processing["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == KEY
    assert processing["ProcessingOutputConfig"]["KmsKeyId"] == KEY
    assert training["ResourceConfig"]["VolumeKmsKeyId"] == KEY
    assert training["OutputDataConfig"]["KmsKeyId"] == KEY


def test_disks_that_encrypt_themselves_are_given_no_key() -> None:
    steps = [replace(each, instance_type="ml.g5.xlarge") if each.name == "train" else each for each in PLAN.steps]
    training = step(definition(**FULL, steps=steps), "train")["Arguments"]
    assert "VolumeKmsKeyId" not in training["ResourceConfig"]
    assert training["OutputDataConfig"]["KmsKeyId"] == KEY


def test_knows_which_machines_have_disks_of_their_own() -> None:
    moto = pytest.importorskip("moto.ec2.models.instance_types")
    known = 0
    for shape in ("TrainingInstanceType", "ProcessingInstanceType", "ProductionVariantInstanceType"):
        for instance_type in sagemaker_shapes.service().shape_for(shape).enum:
            described = moto.INSTANCE_TYPES.get(instance_type.removeprefix("ml."))
            if described is not None:
                known += 1
                assert has_own_disks(instance_type) == described["InstanceStorageSupported"], instance_type
    assert known > 300


def test_a_step_that_decides_without_a_gate_still_blocks() -> None:
    document = definition(gate=None)
    assert step(document, "evaluate-gate")["Arguments"]["Conditions"][0]["RightValue"] == "false"


def test_the_condition_waits_for_what_the_registration_waits_for() -> None:
    report = StepPlan("report", StepKind.PROCESSING, ("ingest",), "ml.m5.large")
    register = replace(PLAN.steps[-1], after=("train", "evaluate", "report"))
    document = definition(steps=(*PLAN.steps[:3], report, register))
    assert step(document, "evaluate-gate")["DependsOn"] == ["report", "train"]
    assert sagemaker_documents.problems(document) == []


def test_fails_to_register_what_nothing_tells_the_digest_of() -> None:
    with pytest.raises(ValueError, match="register registers a model"):
        compile_pipeline(replace(PLAN, result_step=None))


def test_a_parameter_that_is_a_number_is_never_a_whole_number() -> None:
    document = definition(parameters={"rate": ParameterPlan("number", 2)})
    assert '"DefaultValue":2.0' in to_json(document)
