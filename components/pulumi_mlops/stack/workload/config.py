"""One workload under `mlops:workloads`: its pipeline, the version that serves, its endpoint."""

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops.endpoint.config import EndpointConfig
from pulumi_mlops.training_pipeline.config import PipelineConfig


class WorkloadConfig(Model):
    """One model's whole life."""

    pipeline: PipelineConfig = PipelineConfig()
    """How its model is trained."""

    model: ModelPin | None = None
    """The version that serves. Promotion changes this line. Absent: no endpoint yet, and the stack says
    waiting-for-model."""

    endpoint: EndpointConfig = EndpointConfig()
    """How its model is served."""
