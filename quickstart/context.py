"""What all the steps of the quick start need."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quickstart import personal_stack
from quickstart.personal_stack import FILE_NAME, ModelPin, Place
from sandbox.engine.stack import PulumiStack
from sandbox.files import write_atomically

if TYPE_CHECKING:
    from pulumi_mlops.cli.kubernetes.cluster import Cluster as ClusterAccess

PROJECT = "mlops"
WORKLOAD = "flight-delay"


@dataclass(frozen=True)
class QuickStart:
    """The personal stack, its file and its cluster.

    Attributes:
        checkout: Root of the checkout.
        place: The cluster's context and the images' references.
        stack: The personal stack under Pulumi.
        cluster: Access to the cluster.
    """

    checkout: Path
    place: Place
    stack: PulumiStack
    cluster: "ClusterAccess"

    @property
    def file(self) -> Path:
        """The personal stack's file."""
        return self.checkout / "stacks" / FILE_NAME

    @property
    def text(self) -> str:
        """The personal stack's file as it is now."""
        return self.file.read_text(encoding="utf-8")

    @property
    def namespace(self) -> str:
        """The personal stack's namespace."""
        return personal_stack.namespace_of(self.text)

    @property
    def pin(self) -> ModelPin | None:
        """The model that the personal stack is pinned to."""
        return personal_stack.pinned_model(self.text, WORKLOAD)

    def set_pin(self, pin: ModelPin | None) -> None:
        """Pins the personal stack to a model, or to none."""
        write_atomically(self.file, personal_stack.with_model(self.text, WORKLOAD, pin))
