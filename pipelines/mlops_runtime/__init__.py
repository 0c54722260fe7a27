"""Typed training pipelines: steps, their graph, and what a step is given. Imports no Pulumi and no ML library."""

from mlops_runtime.context import StepContext
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import Resources, Step

__all__ = ["PipelineParameters", "Resources", "Step", "StepContext", "StepGraph"]
