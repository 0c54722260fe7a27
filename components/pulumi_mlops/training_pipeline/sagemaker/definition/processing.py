"""A step that reads folders and fills one."""

from typing import Any

from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops.training_pipeline.sagemaker.definition import folders, jobs
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepPlan

ENTRYPOINT = ("python", "-m", "mlops_runtime.sagemaker.processing")
RESULT = "result"
"""Name of the property file that says how a step ended."""


def processing_step(plan: PipelinePlan, step: StepPlan) -> Document:
    """Compile a processing step."""
    arguments = {
        "ProcessingResources": {"ClusterConfig": jobs.resources(plan, step)},
        "AppSpecification": {
            "ImageUri": plan.image,
            "ContainerEntrypoint": list(ENTRYPOINT),
            "ContainerArguments": ["--graph", plan.graph_reference, "--step", step.name],
        },
        "ProcessingInputs": _inputs(plan, step) or None,
        "ProcessingOutputConfig": without_none({"Outputs": [_output(plan, step)], "KmsKeyId": plan.kms_key_arn}),
        "Environment": jobs.environment(plan),
        "NetworkConfig": without_none({"EnableNetworkIsolation": plan.is_isolated, "VpcConfig": jobs.vpc(plan)}),
        "StoppingCondition": jobs.stopping_condition(plan),
    }
    document = jobs.step(plan, step, arguments)
    if step.name == plan.result_step:
        file = {"PropertyFileName": RESULT, "OutputName": folders.OUTPUT_NAME, "FilePath": folders.RESULT_FILE}
        document["PropertyFiles"] = [file]
    return document


def _inputs(plan: PipelinePlan, step: StepPlan) -> list[Document]:
    sources: dict[str, Any] = {name: folders.output_of(plan, name) for name in step.after}
    if plan.champion_model_data_url is not None and step.name == plan.result_step:
        sources[folders.CHAMPION] = plan.champion_model_data_url
    return [
        {
            "InputName": name,
            "S3Input": {
                "S3Uri": source,
                "LocalPath": f"{folders.INPUT_FOLDER}/{name}",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
                "S3CompressionType": "None",
            },
        }
        for name, source in sources.items()
    ]


def _output(plan: PipelinePlan, step: StepPlan) -> Document:
    return {
        "OutputName": folders.OUTPUT_NAME,
        "S3Output": {
            "S3Uri": folders.output_of_run(plan, step.name),
            "LocalPath": folders.OUTPUT_FOLDER,
            "S3UploadMode": "EndOfJob",
        },
    }
