"""One workload under `mlops:workloads`: its pipeline, the version that serves, its endpoint."""

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops._shared.values import ImageReference, ImageRepository, WorkloadName
from pulumi_mlops.batch_job.config import BatchJobConfig
from pulumi_mlops.endpoint.config import EndpointConfig
from pulumi_mlops.monitoring.config import MonitoringConfig
from pulumi_mlops.training_pipeline.config import PipelineConfig


class WorkloadImagesConfig(Model):
    """Images of a workload's own, each pinned by digest or content tag."""

    pipeline: ImageReference | None = None
    """Image that runs the steps of the training pipeline. Defaults to platform.images.pipeline."""

    serving: ImageReference | None = None
    """Image of the model server, which also downloads the model and runs the truth check. Defaults to
    platform.images.serving."""

    repository: ImageRepository | None = None
    """Repository that `mlops build` pushes them to. Defaults to platform.images.repository."""


class WorkloadConfig(Model):
    """A workload: the pipeline that trains a model, the pinned version, and its endpoint."""

    model_name: WorkloadName | None = None
    """Name that the model is registered under. To rename a workload, write its old name here: it keeps its registered
    versions. Defaults to the workload's name."""

    images: WorkloadImagesConfig = WorkloadImagesConfig()
    """Images that hold this workload's own code and libraries. Each defaults to the platform's."""

    pipeline: PipelineConfig = PipelineConfig()
    """Training pipeline."""

    model: ModelPin | None = None
    """Pinned version of the model. Promotion changes this line. Defaults to none: there is no endpoint, and the status
    is waiting-for-model."""

    endpoint: EndpointConfig = EndpointConfig()
    """Endpoint."""

    batch: BatchJobConfig | None = None
    """Batch: the pinned version scores a whole table. Defaults to none."""

    monitoring: MonitoringConfig | None = None
    """Monitoring: what of the pinned version is measured, and held against which thresholds. Kubernetes only. Defaults
    to none."""
