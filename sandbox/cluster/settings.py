"""Addresses, ports and names of the one-node cluster."""

NODE_NAME = "node0"
NODE_ADDRESS = "10.123.0.1"
"""An alias on the loopback interface: Kubernetes takes no loopback address for a node."""

SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_SERVICE_ADDRESS = "10.96.0.10"
POD_RANGE = "10.244.0.0/16"
NODE_POD_RANGE = "10.244.0.0/24"
CLUSTER_DOMAIN = "cluster.local"

API_PORT = 16443
ETCD_PORT = 12379
ETCD_PEER_PORT = 12380
CONTROLLER_MANAGER_PORT = 10257
SCHEDULER_PORT = 10259
KUBELET_PORT = 10250
KUBELET_HEALTH_PORT = 10248
KUBE_PROXY_HEALTH_PORT = 10256
KUBE_PROXY_METRICS_PORT = 10249
DNS_PORT = 10053
DNS_HEALTH_PORT = 10054
DNS_READY_PORT = 10055
METRICS_SERVER_PORT = 10443

LOCAL_PORTS = (
    ETCD_PORT,
    ETCD_PEER_PORT,
    CONTROLLER_MANAGER_PORT,
    SCHEDULER_PORT,
    KUBELET_HEALTH_PORT,
    KUBE_PROXY_HEALTH_PORT,
    KUBE_PROXY_METRICS_PORT,
    DNS_HEALTH_PORT,
    DNS_READY_PORT,
)
"""Ports taken on 127.0.0.1; the others are taken on the node's own address."""

CGROUP = "mlops-sandbox"
NFT_TABLE = "mlops_sandbox"
POLICY_TABLE = "mlops_sandbox_policies"
STORAGE_CLASS = "standard"
VOLUME_PROVISIONER = "mlops.sandbox/folder"
PAUSE_IMAGE = "localhost/pulumi-mlops/pause:1"

API_URL = f"https://{NODE_ADDRESS}:{API_PORT}"
ETCD_URL = f"https://127.0.0.1:{ETCD_PORT}"
ETCD_PEER_URL = f"https://127.0.0.1:{ETCD_PEER_PORT}"
