"""Text of the files that the cluster's programs are configured by."""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.cluster import settings
from sandbox.cluster.layout import KUBELET_ROOT, Layout


@dataclass(frozen=True)
class Machine:
    """What the configuration has to know about this machine.

    Attributes:
        runc: Path of the container runtime.
        cni_folder: Folder of the network plugins.
        may_raise_oom_score: Whether the kernel lets us protect processes from running out of memory.
        mtu_bytes: Largest packet of the way out of the machine.
        name_servers: Whether /etc/resolv.conf names any.
    """

    runc: Path
    cni_folder: Path
    may_raise_oom_score: bool
    mtu_bytes: int
    name_servers: bool


def render(layout: Layout, machine: Machine) -> dict[str, str]:
    """Render every configuration file.

    Args:
        layout: Where the cluster's files lie.
        machine: This machine.

    Returns:
        Content by file name, below `layout.configuration`.
    """
    return {
        "containerd.toml": _containerd(layout, machine),
        "cni/10-mlops-sandbox.conflist": _cni(layout, machine),
        "kubelet.yaml": _yaml(_kubelet(layout)),
        "kube-proxy.yaml": _yaml(_kube_proxy(layout)),
        "resolv.conf": f"nameserver {settings.DNS_SERVICE_ADDRESS}\n",
        "Corefile": _corefile(layout, machine),
    }


def _yaml(document: dict[str, object]) -> str:
    return yaml.safe_dump(document, sort_keys=False)


def _containerd(layout: Layout, machine: Machine) -> str:
    def quoted(path: Path) -> str:
        return json.dumps(str(path))

    snapshotters = "".join(
        f'  "io.containerd.snapshotter.v1.{name}",\n' for name in ("aufs", "btrfs", "devmapper", "zfs", "blockfile")
    )
    # Version 2 is read by containerd 1.6 and by 2.x.
    return f"""\
version = 2
root = {quoted(layout.containerd / "root")}
state = {quoted(layout.containerd / "state")}
disabled_plugins = [
{snapshotters}  "io.containerd.internal.v1.opt",
]

[grpc]
  address = {quoted(layout.containerd_socket)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{settings.PAUSE_IMAGE}"
  disable_tcp_service = true
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = {json.dumps(not machine.may_raise_oom_score)}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = {quoted(machine.runc)}
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = {quoted(machine.cni_folder)}
    conf_dir = {quoted(layout.configuration / "cni")}
"""


def _cni(layout: Layout, machine: Machine) -> str:
    # Packets that leave the machine are masqueraded by our own nft table: the plugin would need iptables for it.
    plugin = {
        "type": "ptp",
        "ipMasq": False,
        "mtu": machine.mtu_bytes,
        "ipam": {
            "type": "host-local",
            "dataDir": str(layout.addresses),
            "ranges": [[{"subnet": settings.NODE_POD_RANGE}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": "mlops-sandbox", "plugins": [plugin]}, indent=2) + "\n"


def _kubelet(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{settings.CGROUP}/node",
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "address": settings.NODE_ADDRESS,
        "port": settings.KUBELET_PORT,
        "healthzBindAddress": "127.0.0.1",
        "healthzPort": settings.KUBELET_HEALTH_PORT,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(layout.pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(layout.pki / "kubelet-server.key"),
        "clusterDNS": [settings.DNS_SERVICE_ADDRESS],
        "clusterDomain": settings.CLUSTER_DOMAIN,
        "resolvConf": str(layout.configuration / "resolv.conf"),
        "podLogsDir": str(layout.pod_logs),
        "volumePluginDir": str(KUBELET_ROOT / "volume-plugins"),
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "enforceNodeAllocatable": [],
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        # Imported images can be pulled from nowhere: they are never removed for lack of use.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "serializeImagePulls": False,
        "nodeStatusUpdateFrequency": "10s",
        "shutdownGracePeriod": "0s",
    }


def _kube_proxy(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": str(layout.kubeconfig("kube-proxy"))},
        "clusterCIDR": settings.POD_RANGE,
        "hostnameOverride": settings.NODE_NAME,
        "healthzBindAddress": f"127.0.0.1:{settings.KUBE_PROXY_HEALTH_PORT}",
        "metricsBindAddress": f"127.0.0.1:{settings.KUBE_PROXY_METRICS_PORT}",
        "nodePortAddresses": [f"{settings.NODE_ADDRESS}/32"],
        "oomScoreAdj": 0,
        # Zeros leave the machine's own settings of connection tracking alone.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }


def _corefile(layout: Layout, machine: Machine) -> str:
    forward = "    forward . /etc/resolv.conf\n" if machine.name_servers else ""
    return f"""\
.:{settings.DNS_PORT} {{
    bind {settings.NODE_ADDRESS}
    errors
    health 127.0.0.1:{settings.DNS_HEALTH_PORT}
    ready 127.0.0.1:{settings.DNS_READY_PORT}
    kubernetes {settings.CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {layout.kubeconfig("coredns")}
        fallthrough in-addr.arpa ip6.arpa
    }}
{forward}    cache 10
    loadbalance
}}
"""
