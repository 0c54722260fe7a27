# ruff: noqa: E402 - the SDK reads the environment when it is imported
"""Builds the flight-delay pipeline with the official SDK, as its documentation shows, and writes its definition.

It needs no credentials and talks to nobody. See README.md for how to run it.
"""

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

# The SDK reads these when it is imported.
os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "nobody"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["SAGEMAKER_USER_CONFIG_OVERRIDE"] = str(FOLDER / "config.yaml")
os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"

import boto3
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.metadata_properties import MetadataProperties
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.network import NetworkConfig
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionEquals, ConditionLessThanOrEqualTo
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

EXAMPLE: dict[str, Any] = json.loads((FOLDER / "example.json").read_text())
GRAPH: dict[str, Any] = json.loads((FOLDER / "graph.json").read_text())
STEPS = {step["name"]: step for step in GRAPH["steps"]}
NAME = EXAMPLE["name"]
RUNS = f"s3://{EXAMPLE['bucket']}/runs/{NAME}"
MODELS = f"s3://{EXAMPLE['bucket']}/models/{EXAMPLE['model_package_group']}"

session = PipelineSession(boto_session=boto3.Session(), default_bucket=EXAMPLE["bucket"])
cache = CacheConfig(enable_caching=True, expire_after=f"P{EXAMPLE['cache_days']}D")
step_retries = StepRetryPolicy(
    exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
    interval_seconds=10,
    max_attempts=3,
)
job_retries = SageMakerJobStepRetryPolicy(
    exception_types=[
        SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
        SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
    ],
    failure_reason_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
    interval_seconds=60,
    max_attempts=3,
)

KINDS = {"integer": ParameterInteger, "number": ParameterFloat, "string": ParameterString}
parameters = {
    name: KINDS[schema["type"]](name=name, default_value=schema["default"])
    for name, schema in GRAPH["parameters"].items()
}
environment = {
    "MLOPS_ENVIRONMENT": EXAMPLE["environment"],
    "MLOPS_IMAGE": EXAMPLE["image"],
    "MLOPS_WORKLOAD": EXAMPLE["workload"],
    "MLOPS_GATE": json.dumps(EXAMPLE["gate"], sort_keys=True, separators=(",", ":")),
    "OMP_WAIT_POLICY": "PASSIVE",
    **{f"MLOPS_PARAMETER_{name}": parameter.to_string() for name, parameter in parameters.items()},
}
tags = [{"Key": key, "Value": value} for key, value in EXAMPLE["tags"].items()]
network = NetworkConfig(
    enable_network_isolation=False,
    security_group_ids=EXAMPLE["security_group_ids"],
    subnets=EXAMPLE["subnet_ids"],
)
built: dict[str, Any] = {}


def output_of(name: str) -> Any:
    properties = built[name].properties
    if name == "train":
        return properties.ModelArtifacts.S3ModelArtifacts
    return properties.ProcessingOutputConfig.Outputs["step"].S3Output.S3Uri


def input_from(name: str) -> Any:
    return output_of(name) if name == "train" else Join(on="", values=[output_of(name), "/"])


def run_folder(name: str) -> Join:
    return Join(on="/", values=[RUNS, ExecutionVariables.PIPELINE_EXECUTION_ID, name])


def processing_step(name: str, property_files: list[PropertyFile] | None = None) -> ProcessingStep:
    processor = Processor(
        role=EXAMPLE["role_arn"],
        image_uri=EXAMPLE["image"],
        instance_count=1,
        instance_type="ml.m5.large",
        entrypoint=["python", "-m", "mlops_runtime.sagemaker.processing"],
        volume_size_in_gb=EXAMPLE["volume_gib"],
        volume_kms_key=EXAMPLE["kms_key_arn"],
        output_kms_key=EXAMPLE["kms_key_arn"],
        max_runtime_in_seconds=EXAMPLE["timeout_seconds"],
        env=environment,
        tags=tags,
        network_config=network,
        sagemaker_session=session,
    )
    folder = "/opt/ml/processing"
    inputs = [
        ProcessingInput(input_name=other, source=input_from(other), destination=f"{folder}/input/{other}")
        for other in STEPS[name]["after"]
    ]
    outputs = [ProcessingOutput(output_name="step", source=f"{folder}/output", destination=run_folder(name))]
    if property_files:
        outputs.append(ProcessingOutput(output_name="model", source=f"{folder}/model", destination=MODELS))
    return ProcessingStep(
        name=name,
        description=STEPS[name]["description"],
        step_args=processor.run(
            inputs=inputs,
            outputs=outputs,
            arguments=["--graph", GRAPH["reference"], "--step", name],
        ),
        cache_config=cache,
        retry_policies=[step_retries, job_retries],
        property_files=property_files,
    )


for name in ("ingest", "validate", "features"):
    built[name] = processing_step(name)

estimator = Estimator(
    role=EXAMPLE["role_arn"],
    image_uri=EXAMPLE["image"],
    instance_count=1,
    instance_type="ml.m5.xlarge",
    volume_size=EXAMPLE["volume_gib"],
    volume_kms_key=EXAMPLE["kms_key_arn"],
    output_path=run_folder("train"),
    output_kms_key=EXAMPLE["kms_key_arn"],
    max_run=EXAMPLE["timeout_seconds"],
    hyperparameters={"graph": GRAPH["reference"], "step": "train"},
    container_entry_point=["python", "-m", "mlops_runtime.sagemaker.training"],
    environment=environment,
    tags=tags,
    subnets=EXAMPLE["subnet_ids"],
    security_group_ids=EXAMPLE["security_group_ids"],
    disable_profiler=True,
    debugger_hook_config=False,
    sagemaker_session=session,
)
built["train"] = TrainingStep(
    name="train",
    description=STEPS["train"]["description"],
    step_args=estimator.fit(inputs={"features": TrainingInput(s3_data=input_from("features"))}),
    cache_config=cache,
    retry_policies=[step_retries, job_retries],
)
result = PropertyFile(name="result", output_name="step", path="result.json")
built["evaluate"] = processing_step("evaluate", [result])


def found(path: str) -> JsonGet:
    return JsonGet(step_name="evaluate", property_file=result, json_path=path)


model = Model(
    image_uri=EXAMPLE["serving_image"],
    model_data=Join(on="/", values=[MODELS, found("model_folder"), "model.tar.gz"]),
    role=EXAMPLE["role_arn"],
    sagemaker_session=session,
)
result_uri = Join(on="/", values=[output_of("evaluate"), "result.json"])
report = MetricsSource(content_type="application/json", s3_uri=result_uri)
register = ModelStep(
    name="register",
    description=STEPS["register"]["description"],
    step_args=model.register(
        model_package_group_name=EXAMPLE["model_package_group"],
        approval_status=EXAMPLE["approval"],
        content_types=["application/json"],
        response_types=["application/json"],
        model_metrics=ModelMetrics(model_statistics=report),
        metadata_properties=MetadataProperties(
            commit_id=found("code_version"), generated_by=ExecutionVariables.PIPELINE_EXECUTION_ARN
        ),
        customer_metadata_properties={
            "mlops.code_version": found("code_version"),
            "mlops.data_digest": found("data_digest"),
            "mlops.digest": found("model_digest"),
            "mlops.environment": EXAMPLE["environment"],
            "mlops.execution": ExecutionVariables.PIPELINE_EXECUTION_ID,
            "mlops.gate": "mae_minutes max 13.0",
            "mlops.gate_value": found("gate_value").to_string(),
            "mlops.graph": GRAPH["reference"],
            "mlops.image": EXAMPLE["image"],
            "mlops.workload": EXAMPLE["workload"],
            **{f"mlops.parameter.{name}": found(f"parameters.{name}") for name in GRAPH["parameters"]},
        },
    ),
    retry_policies=[step_retries],
)
gate = ConditionStep(
    name="evaluate-gate",
    description="Register the model only if it was not turned down.",
    depends_on=["train"],
    conditions=[
        ConditionEquals(left=found("rejected"), right="false"),
        ConditionLessThanOrEqualTo(left=found("gate_value"), right=EXAMPLE["gate"]["max"]),
    ],
    if_steps=[register],
    else_steps=[],
)
pipeline = Pipeline(
    name=NAME,
    parameters=list(parameters.values()),
    steps=[*built.values(), gate],
    sagemaker_session=session,
)

if __name__ == "__main__":
    definition = json.loads(pipeline.definition())
    (FOLDER / "definition.json").write_text(json.dumps(definition, indent=2, sort_keys=True) + "\n")
