"""Where steps put and find things, on S3 and in their containers."""

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepKind
from pulumi_mlops.training_pipeline.sagemaker.definition.references import EXECUTION_ID, join, property_of

INPUT_FOLDER = "/opt/ml/processing/input"
OUTPUT_FOLDER = "/opt/ml/processing/output"
OUTPUT_NAME = "step"
"""Name of the one output of a processing job."""
RESULT_FILE = "result.json"
"""How a step ended; beside its output."""
CHAMPION = "champion"
"""Name of the folder that the serving version's model is laid in."""


def runs_prefix(pipeline: str) -> str:
    """Return the folder of the bucket that runs hand over their results in."""
    return f"runs/{pipeline}"


def models_prefix(pipeline: str) -> str:
    """Return the folder of the bucket that trained models are put into."""
    return f"models/{pipeline}"


def output_of_run(plan: PipelinePlan, step: str) -> Document:
    """Return where a step puts its output: a folder of this execution."""
    return join("/", f"s3://{plan.bucket}/{runs_prefix(plan.name)}", EXECUTION_ID, step)


def output_of(plan: PipelinePlan, step: str) -> Document:
    """Return where a step before has put its output, be it in this execution or, reused, in an earlier one."""
    if plan.step(step).kind is StepKind.TRAINING:
        return property_of(step, "ModelArtifacts.S3ModelArtifacts")
    return property_of(step, f"ProcessingOutputConfig.Outputs['{OUTPUT_NAME}'].S3Output.S3Uri")
