"""Which cluster the work goes to."""

from dataclasses import dataclass
from pathlib import Path

SANDBOX_CONTEXT = "mlops-sandbox"


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers.

    Attributes:
        context: Name of the context in `kubeconfig`.
        kubeconfig: The file that holds the context.
        containerd_socket: The node's containerd, for importing images; None on a cluster of the user's own.
    """

    context: str
    kubeconfig: Path
    containerd_socket: Path | None = None
