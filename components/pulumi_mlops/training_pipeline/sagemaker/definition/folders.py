"""Where steps put and find things, on S3 and in their containers."""

from pulumi_mlops._shared.aws.model_data import group_prefix
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.names import runs_folder
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepKind
from pulumi_mlops.training_pipeline.sagemaker.definition.references import EXECUTION_ID, join, property_of

INPUT_FOLDER = "/opt/ml/processing/input"
OUTPUT_FOLDER = "/opt/ml/processing/output"
OUTPUT_NAME = "step"
"""Name of the output that every processing job has."""
CHECKPOINT_FOLDER = "/opt/ml/checkpoints"
MODEL_FOLDER = "/opt/ml/processing/model"
MODEL_OUTPUT_NAME = "model"
"""Name of the output that the step which decides puts the model into, under its digest."""
RESULT_FILE = "result.json"
"""How a step ended; beside its output."""
CHAMPION = "champion"
"""Name of the folder that the serving version's model is laid in."""


def models_address(plan: PipelinePlan) -> str:
    """Return where registered models are put, each in a folder named after its digest."""
    return f"s3://{plan.model_data_bucket}/{group_prefix(plan.model_package_group).rstrip('/')}"


def output_of_run(plan: PipelinePlan, step: str) -> Document:
    """Return where a step puts its output: a folder of this execution."""
    return join("/", f"s3://{plan.bucket}/{runs_folder(plan.name)}", EXECUTION_ID, step)


def checkpoints_of_run(plan: PipelinePlan, step: str) -> Document:
    """Return where a training job's checkpoints are kept, for the same job when it starts anew: this execution's."""
    return join("/", f"s3://{plan.bucket}/{runs_folder(plan.name)}", EXECUTION_ID, step, "checkpoints")


def output_of(plan: PipelinePlan, step: str) -> Document:
    """Return where a step before has put its output, be it in this execution or, reused, in an earlier one."""
    if plan.step(step).kind is StepKind.TRAINING:
        return property_of(step, "ModelArtifacts.S3ModelArtifacts")
    return property_of(step, f"ProcessingOutputConfig.Outputs['{OUTPUT_NAME}'].S3Output.S3Uri")


def input_from(plan: PipelinePlan, step: str) -> Document:
    """Return what a job reads of a step before: its model's archive, or everything in its folder.

    SageMaker takes a location as the beginning of keys ("S3Prefix"). Without the slash at its end, an input from
    `validate` would bring the output of `validate-2` along.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html
    """
    output = output_of(plan, step)
    return output if plan.step(step).kind is StepKind.TRAINING else join("", output, "/")
