from pydantic import Field

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import StoreName, WorkloadName
from pulumi_mlops.feature_store.config import FeatureStoreConfig
from pulumi_mlops.stack.platform.config import PlatformConfig
from pulumi_mlops.stack.workload.config import WorkloadConfig

WORKLOAD_IMAGES = ("pipeline", "serving")
"""The images that a workload may have of its own, as `images` calls them."""


class StackConfig(Model):
    """Everything a stack file declares, validated, except its secrets.

    `pulumi_mlops.stack.load.load_stack()` reads it within a Pulumi program, and
    `pulumi_mlops.stack.file.load_stack_file(path, project)` outside of one.
    """

    platform: PlatformConfig
    """What the workloads share: `mlops:platform`."""

    workloads: dict[WorkloadName, WorkloadConfig] = Field(default={})
    """The workloads by name: `mlops:workloads`."""

    feature_stores: dict[StoreName, FeatureStoreConfig] = Field(default={})
    """The feature stores by name, which workloads share: `mlops:feature_stores`."""

    def graph_of(self, workload: str) -> str:
        """Return the step graph of a workload as module:name.

        Args:
            workload: A workload of this stack.

        Raises:
            KeyError: When the stack has no such workload.
        """
        return self.workloads[workload].pipeline.graph or default_graph(workload)

    def image_of(self, workload: str, image: str) -> str | None:
        """Return an image of a workload: its own, else the platform's; None where there is neither.

        Args:
            workload: A workload of this stack.
            image: `pipeline` or `serving`.

        Raises:
            KeyError: When the stack has no such workload.
        """
        own: str | None = getattr(self.workloads[workload].images, image)
        return own or getattr(self.platform.images, image)

    def repository_of(self, workload: str) -> str | None:
        """Return the repository that a workload's images are pushed to; None where the stack names none.

        Raises:
            KeyError: When the stack has no such workload.
        """
        return self.workloads[workload].images.repository or self.platform.images.repository


def default_graph(workload: str) -> str:
    """Return the step graph of a workload that names none, as module:name."""
    return f"{workload.replace('-', '_')}.graph:GRAPH"
