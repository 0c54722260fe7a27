"""Typed training pipelines: steps, their graph, and what a step is given. Imports no Pulumi and no ML library."""

from mlops_pipelines.context import StepContext
from mlops_pipelines.graph import StepGraph
from mlops_pipelines.parameters import PipelineParameters
from mlops_pipelines.step import Resources, Step

__all__ = ["PipelineParameters", "Resources", "Step", "StepContext", "StepGraph"]
