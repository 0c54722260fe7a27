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
        "ProcessingOutputConfig": _outputs(plan, step),
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
    sources: dict[str, Any] = {name: folders.input_from(plan, name) for name in step.after}
    if _hands_on_model(plan, step) and plan.training_step is not None:
        sources[plan.training_step.name] = folders.input_from(plan, plan.training_step.name)
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


def _hands_on_model(plan: PipelinePlan, step: StepPlan) -> bool:
    """Tell whether a step puts the model where it is registered from: it alone knows its digest, and decides."""
    return plan.registers and step.name == plan.result_step


def _outputs(plan: PipelinePlan, step: StepPlan) -> Document:
    """All outputs of a job are encrypted with one key. Who reads results may use the models' key as well."""
    outputs = [_output(folders.OUTPUT_NAME, folders.OUTPUT_FOLDER, folders.output_of_run(plan, step.name))]
    key_arn = plan.kms_key_arn
    if _hands_on_model(plan, step):
        outputs.append(_output(folders.MODEL_OUTPUT_NAME, folders.MODEL_FOLDER, folders.models_address(plan)))
        key_arn = plan.model_data_kms_key_arn
    return without_none({"Outputs": outputs, "KmsKeyId": key_arn})


def _output(name: str, folder: str, address: Any) -> Document:
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": address, "LocalPath": folder, "S3UploadMode": "EndOfJob"},
    }
