"""Where the files of one running cluster lie."""

from dataclasses import dataclass
from pathlib import Path

from sandbox import paths

KUBELET_ROOT = Path("/var/lib/kubelet")


@dataclass(frozen=True)
class Layout:
    """Folders and files below the folder of a cluster.

    Attributes:
        root: The cluster's folder, in the state root.
    """

    root: Path

    @classmethod
    def of_state_root(cls) -> "Layout":
        """Return the layout of this user's cluster."""
        return cls(paths.state_root() / "cluster")

    @property
    def pki(self) -> Path:
        """Keys and certificates, readable by root alone."""
        return self.root / "pki"

    @property
    def kubeconfigs(self) -> Path:
        """One kubeconfig for each program, readable by root alone."""
        return self.root / "kubeconfigs"

    @property
    def configuration(self) -> Path:
        """Files that the programs are configured by."""
        return self.root / "etc"

    @property
    def records(self) -> Path:
        """One record for each running program."""
        return self.root / "processes"

    @property
    def logs(self) -> Path:
        """One log for each program."""
        return self.root / "logs"

    @property
    def etcd(self) -> Path:
        """Data of etcd."""
        return self.root / "etcd"

    @property
    def containerd(self) -> Path:
        """Images, snapshots and running state of containerd."""
        return self.root / "containerd"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens: a short path, since the kernel takes no long ones for sockets."""
        return Path("/run/pulumi-mlops-sandbox.sock")

    @property
    def kubelet(self) -> Path:
        """What the kubelet sees as its root folder, in the usual place."""
        return self.root / "kubelet"

    @property
    def volumes(self) -> Path:
        """The folders behind persistent volumes."""
        return self.root / "volumes"

    @property
    def pod_logs(self) -> Path:
        """Logs of the pods."""
        return self.root / "pod-logs"

    @property
    def addresses(self) -> Path:
        """Which pod has which address."""
        return self.root / "addresses"

    @property
    def hidden(self) -> Path:
        """What programs write to fixed places of the machine; they see these folders there instead."""
        return self.root / "hidden"

    @property
    def journal(self) -> Path:
        """What was changed on the machine, for putting it back."""
        return self.root / "machine.json"

    @property
    def generation(self) -> Path:
        """Hash of everything that the running programs were started with."""
        return self.root / "generation"

    def kubeconfig(self, user: str) -> Path:
        """Kubeconfig of one of the programs."""
        return self.kubeconfigs / user

    def hidden_places(self) -> dict[Path, Path]:
        """Return the fixed places of the machine that node programs write to, and the folder that they see there."""
        fixed = ("/run/containerd", "/var/lib/cni", "/var/log/containers")
        hidden = {Path(place): self.hidden / place.strip("/").replace("/", "-") for place in fixed}
        return {KUBELET_ROOT: self.kubelet, **hidden}
