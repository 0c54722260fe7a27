"""The Kubernetes objects of the receiver: Alertmanager tells it, and it creates the Job of a run."""

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods
from pulumi_mlops.monitoring.kubernetes import monitor, rules
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings
from pulumi_mlops.monitoring.settings import Retraining

COMPONENT = names.RETRAINING
PORT = 8080
TOKEN_FOLDER = "/etc/retraining"  # noqa: S105 - a folder
TOKEN_KEY = "token"  # noqa: S105 - the name of a key
_API_PORTS = (443, 6443)


def name(settings: MonitoringSettings) -> str:
    """Return the receiver's name, and that of the ConfigMap with its history."""
    return names.retraining_of(settings.name)


def selector(settings: MonitoringSettings) -> dict[str, str]:
    """Labels that select the receiver's pod."""
    return labels.selector(settings.name, COMPONENT)


def pod_labels(settings: MonitoringSettings) -> dict[str, str]:
    """Labels of the receiver's pod."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)


def metadata(settings: MonitoringSettings) -> Document:
    """Metadata of the receiver's objects."""
    return labels.metadata(name(settings), settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: MonitoringSettings) -> Document:
    """Return the receiver's identity."""
    return objects.service_account(metadata(settings))


def role(settings: MonitoringSettings) -> Document:
    """Return what the receiver may do: read one CronJob, keep one ConfigMap, list and create Jobs.

    A right to create cannot be tied to a name: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
    """
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata(settings),
        "rules": [
            {
                "apiGroups": ["batch"],
                "resources": ["cronjobs"],
                "resourceNames": [settings.pipeline_name],
                "verbs": ["get"],
            },
            {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "list"]},
            {
                "apiGroups": [""],
                "resources": ["configmaps"],
                "resourceNames": [name(settings)],
                "verbs": ["get", "update"],
            },
        ],
    }


def role_binding(settings: MonitoringSettings) -> Document:
    """Return what gives the receiver its role."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata(settings),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name(settings)},
        "subjects": [{"kind": "ServiceAccount", "name": name(settings), "namespace": settings.namespace}],
    }


def history(settings: MonitoringSettings) -> Document:
    """Return the ConfigMap that keeps which runs alerts have started. Its data is the receiver's alone."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(settings)}


def service(settings: MonitoringSettings) -> Document:
    """Return the receiver's address."""
    port = {"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}
    return objects.service(metadata(settings), selector(settings), [port])


def network_policy(settings: MonitoringSettings) -> Document:
    """Return who may tell the receiver, which asks for a token besides, and whom it asks."""
    return network.policy(
        metadata(settings),
        selector(settings),
        ingress=[{"from": [{"namespaceSelector": {}}], "ports": [network.tcp(PORT)]}],
        egress=[
            network.to_dns(),
            network.to_url(settings.registry_url),
            {
                "to": [{"podSelector": {"matchLabels": monitor.selector(settings)}}],
                "ports": [network.tcp(monitor.PORT)],
            },
            # The API server is no pod that a selector finds: its ports, wherever it is.
            {"ports": [network.tcp(port) for port in _API_PORTS]},
        ],
    )


def deployment(settings: MonitoringSettings, retraining: Retraining) -> Document:
    """Return the receiver: one pod, since it starts one run at a time."""
    pod = pods.pod(
        name(settings),
        [_receiver(settings, retraining)],
        volumes=[{"name": "token", "secret": {"secretName": settings.retraining_token_secret_name}}],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        # The one pod of ours that calls the cluster.
        more={"automountServiceAccountToken": True},
    )
    template = {"metadata": labels.pod_metadata(pod_labels(settings), {}), "spec": pod}
    return objects.single_pod_deployment(metadata(settings), selector(settings), template)


def _receiver(settings: MonitoringSettings, retraining: Retraining) -> Document:
    pipeline = settings.pipeline_name or ""
    run_labels = labels.selector(pipeline, names.TRAINING_PIPELINE)
    metrics_url = combine(
        lambda namespace: f"http://{names.service_host(monitor.name(settings), namespace)}:{monitor.PORT}/metrics",
        settings.namespace,
    )
    return pods.container(
        "receiver",
        settings.image,
        [
            *("python", "-m", "mlops_runtime.retraining", "--workload", settings.model_name),
            *("--namespace", settings.namespace, "--cron-job", pipeline, "--history", name(settings)),
            *(part for key, value in run_labels.items() for part in ("--run-label", f"{key}={value}")),
            *(part for alert in rules.retraining_alerts(settings) for part in ("--alert", alert)),
            *("--token-file", f"{TOKEN_FOLDER}/{TOKEN_KEY}", "--tracking-uri", settings.registry_url),
            *("--monitor-metrics-url", metrics_url),
            *("--cooldown-hours", str(retraining.cooldown_hours)),
            *("--runs-max", str(retraining.runs_max), "--budget-days", str(retraining.budget_days)),
            *("--new-labels-min", str(retraining.new_labels_min)),
            *("--fruitless-runs-max", str(retraining.fruitless_runs_max), "--port", str(PORT)),
        ],
        resources={"requests": {"cpu": "10m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
        mounts=[pods.mount("token", TOKEN_FOLDER, read_only=True)],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT),
        more={
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            "readinessProbe": {**_alive(), "periodSeconds": 5},
            "livenessProbe": {**_alive(), "periodSeconds": 20},
        },
    )


def _alive() -> Document:
    return {"httpGet": {"path": "/healthz", "port": "http"}, "timeoutSeconds": 5}
