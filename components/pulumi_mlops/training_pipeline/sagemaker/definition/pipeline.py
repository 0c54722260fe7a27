"""The whole definition."""

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.training_pipeline.sagemaker.definition.parameters import parameter
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepKind, StepPlan
from pulumi_mlops.training_pipeline.sagemaker.definition.processing import processing_step
from pulumi_mlops.training_pipeline.sagemaker.definition.registration import registration_steps
from pulumi_mlops.training_pipeline.sagemaker.definition.training import training_step

VERSION = "2020-12-01"


def compile_pipeline(plan: PipelinePlan) -> Document:
    """Compile a pipeline into the document that SageMaker takes. The same plan gives an equal document."""
    return {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": [parameter(name, plan.parameters[name]) for name in sorted(plan.parameters)],
        "Steps": [document for step in plan.steps for document in _documents(plan, step)],
    }


def _documents(plan: PipelinePlan, step: StepPlan) -> list[Document]:
    match step.kind:
        case StepKind.PROCESSING:
            return [processing_step(plan, step)]
        case StepKind.TRAINING:
            return [training_step(plan, step)]
        case StepKind.REGISTRATION:
            if plan.result_step is None or plan.training_step is None:
                raise ValueError(f"step {step.name} registers a model, but no step trains one and tells its digest")
            return registration_steps(plan, step, plan.result_step)
