"""The programs that make up the cluster, and how each is called."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.cluster import settings
from sandbox.cluster.layout import KUBELET_ROOT, Layout


@dataclass(frozen=True)
class Program:
    """One program of the cluster.

    Attributes:
        name: Its name; its record and log are named so.
        arguments: The program and its arguments.
        sees_hidden_places: Whether it runs where the machine's fixed places are replaced by folders of ours.
        fetches_images: Whether it needs the proxy settings of the machine.
    """

    name: str
    arguments: tuple[str, ...]
    sees_hidden_places: bool = False
    fetches_images: bool = False


def store(layout: Layout, binaries: Path) -> Program:
    """Build etcd's call."""
    pki = layout.pki
    certificate = ["cert-file", "key-file", "trusted-ca-file"]
    files = [str(pki / "etcd.crt"), str(pki / "etcd.key"), str(pki / "ca.crt")]
    tls = [
        f"--{prefix}{flag}={file}" for prefix in ("", "peer-") for flag, file in zip(certificate, files, strict=True)
    ]
    return _kubernetes(
        binaries,
        "etcd",
        "--name=node0",
        f"--data-dir={layout.etcd}",
        # The page cache outlives a killed process; only a crash of the whole machine can lose the last writes.
        "--unsafe-no-fsync",
        "--log-level=warn",
        f"--listen-client-urls={settings.ETCD_URL}",
        f"--advertise-client-urls={settings.ETCD_URL}",
        f"--listen-peer-urls={settings.ETCD_PEER_URL}",
        f"--initial-advertise-peer-urls={settings.ETCD_PEER_URL}",
        f"--initial-cluster=node0={settings.ETCD_PEER_URL}",
        "--client-cert-auth",
        "--peer-client-cert-auth",
        *tls,
    )


def api_server(layout: Layout, binaries: Path) -> Program:
    """Build the API server's call."""
    pki = layout.pki
    return _kubernetes(
        binaries,
        "kube-apiserver",
        f"--etcd-servers={settings.ETCD_URL}",
        f"--etcd-cafile={pki / 'ca.crt'}",
        f"--etcd-certfile={pki / 'etcd-client.crt'}",
        f"--etcd-keyfile={pki / 'etcd-client.key'}",
        f"--bind-address={settings.NODE_ADDRESS}",
        f"--advertise-address={settings.NODE_ADDRESS}",
        f"--secure-port={settings.API_PORT}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={pki / 'ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki / 'front-proxy.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy.key'}",
        f"--service-account-key-file={pki / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        f"--service-account-issuer=https://kubernetes.default.svc.{settings.CLUSTER_DOMAIN}",
        f"--service-cluster-ip-range={settings.SERVICE_RANGE}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--enable-aggregator-routing=true",
        "--allow-privileged=true",
        "--profiling=false",
    )


def controller_manager(layout: Layout, binaries: Path) -> Program:
    """Build the controller manager's call."""
    pki = layout.pki
    return _kubernetes(
        binaries,
        "kube-controller-manager",
        *_authenticated(layout, "controller-manager"),
        f"--secure-port={settings.CONTROLLER_MANAGER_PORT}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--service-account-private-key-file={pki / 'service-accounts.key'}",
        f"--cluster-signing-cert-file={pki / 'ca.crt'}",
        f"--cluster-signing-key-file={pki / 'ca.key'}",
        "--allocate-node-cidrs=true",
        f"--cluster-cidr={settings.POD_RANGE}",
        f"--service-cluster-ip-range={settings.SERVICE_RANGE}",
        "--profiling=false",
    )


def scheduler(layout: Layout, binaries: Path) -> Program:
    """Build the scheduler's call."""
    return _kubernetes(
        binaries,
        "kube-scheduler",
        *_authenticated(layout, "scheduler"),
        f"--secure-port={settings.SCHEDULER_PORT}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--profiling=false",
    )


def kubelet(layout: Layout, binaries: Path) -> Program:
    """Build the kubelet's call."""
    call = _kubernetes(
        binaries,
        "kubelet",
        f"--config={layout.configuration / 'kubelet.yaml'}",
        f"--kubeconfig={layout.kubeconfig('kubelet')}",
        f"--hostname-override={settings.NODE_NAME}",
        f"--node-ip={settings.NODE_ADDRESS}",
        f"--root-dir={KUBELET_ROOT}",
        f"--cert-dir={KUBELET_ROOT / 'pki'}",
    )
    return Program(call.name, call.arguments, sees_hidden_places=True)


def kube_proxy(layout: Layout, binaries: Path) -> Program:
    """Build kube-proxy's call."""
    return _kubernetes(binaries, "kube-proxy", f"--config={layout.configuration / 'kube-proxy.yaml'}")


def network_policies(layout: Layout, binaries: Path) -> Program:
    """Build the call of what enforces NetworkPolicies."""
    return _kubernetes(
        binaries,
        "kube-network-policies",
        f"--kubeconfig={layout.kubeconfig('kube-network-policies')}",
        f"--hostname-override={settings.NODE_NAME}",
        f"--nft-table={settings.POLICY_TABLE}",
    )


def dns(layout: Layout, binaries: Path) -> Program:
    """Build CoreDNS's call."""
    return Program("coredns", (str(binaries / "coredns"), "-conf", str(layout.configuration / "Corefile")))


def metrics(layout: Layout, binaries: Path) -> Program:
    """Build the metrics server's call."""
    return Program(
        "metrics-server",
        (
            str(binaries / "metrics-server"),
            *_authenticated(layout, "metrics-server"),
            f"--bind-address={settings.NODE_ADDRESS}",
            f"--secure-port={settings.METRICS_SERVER_PORT}",
            f"--tls-cert-file={layout.pki / 'metrics-server-tls.crt'}",
            f"--tls-private-key-file={layout.pki / 'metrics-server-tls.key'}",
            f"--kubelet-certificate-authority={layout.pki / 'ca.crt'}",
            "--kubelet-preferred-address-types=InternalIP",
            "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",
        ),
    )


def provisioner(layout: Layout, binaries: Path) -> Program:
    """Build the volume provisioner's call."""
    return Program(
        "volume-provisioner",
        (
            str(binaries / "volume-provisioner"),
            f"--kubeconfig={layout.kubeconfig('volume-provisioner')}",
            f"--root={layout.volumes}",
        ),
    )


def containerd(layout: Layout, containerd_binary: Path) -> Program:
    """Build containerd's call."""
    return Program(
        "containerd",
        (str(containerd_binary), f"--config={layout.configuration / 'containerd.toml'}"),
        sees_hidden_places=True,
        fetches_images=True,
    )


AFTER_API: tuple[Callable[[Layout, Path], Program], ...] = (kubelet, controller_manager, scheduler, kube_proxy)
"""Programs that need an API server that answers; some of them end at once without one."""

AFTER_RIGHTS: tuple[Callable[[Layout, Path], Program], ...] = (network_policies, dns, provisioner, metrics)
"""Programs that need the rights that the sandbox's own objects give them."""

STOP_ORDER = (
    "kubelet",
    "metrics-server",
    "volume-provisioner",
    "coredns",
    "kube-network-policies",  # while the API server answers: it deletes its table on its way out
    "kube-proxy",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",  # before etcd, or it hangs on its way out
    "etcd",
    "containerd",
    "places",
)


def _kubernetes(binaries: Path, component: str, *flags: str) -> Program:
    return Program(component, (str(binaries / "kubernetes-node"), component, *flags))


def _authenticated(layout: Layout, user: str) -> list[str]:
    flags = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return [f"--{flag}={layout.kubeconfig(user)}" for flag in flags]
