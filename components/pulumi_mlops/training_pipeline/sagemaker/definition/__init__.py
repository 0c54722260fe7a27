"""Compiles a step graph into the definition of a SageMaker pipeline: plain values in, plain JSON values out."""

from pulumi_mlops.training_pipeline.sagemaker.definition.pipeline import compile_pipeline
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import ParameterPlan, PipelinePlan, StepKind, StepPlan

__all__ = ["ParameterPlan", "PipelinePlan", "StepKind", "StepPlan", "compile_pipeline"]
