"""One workload under `mlops:workloads`: its pipeline, the version that serves, its endpoint."""

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops.batch_job.config import BatchJobConfig
from pulumi_mlops.endpoint.config import EndpointConfig
from pulumi_mlops.training_pipeline.config import PipelineConfig


class WorkloadConfig(Model):
    """A workload: the pipeline that trains a model, the pinned version, and its endpoint."""

    pipeline: PipelineConfig = PipelineConfig()
    """Training pipeline."""

    model: ModelPin | None = None
    """Pinned version of the model. Promotion changes this line. Defaults to none: there is no endpoint, and the status
    is waiting-for-model."""

    endpoint: EndpointConfig = EndpointConfig()
    """Endpoint."""

    batch: BatchJobConfig | None = None
    """Batch: the pinned version scores a whole table. Defaults to none."""
