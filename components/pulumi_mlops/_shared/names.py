"""What things are called, each said once: for the component that makes a thing and for everyone who looks for it.

A workload's name goes through: its endpoint has it, its pipeline is called after it, and so is its model unless the
stack names that otherwise. Nothing here imports Pulumi or a cloud.
"""

from pulumi_mlops._shared.aws.account import AwsAccount

REGISTRY = "mlflow"
"""A stack's own model registry on Kubernetes: the component, its server and its Service."""
REGISTRY_PORT = 5000
ENDPOINT_PORT = 80
"""Port of the Service of an endpoint on Kubernetes."""

TRAINING_PIPELINE = "training-pipeline"
"""Kinds of component: the label app.kubernetes.io/component on Kubernetes, a tag on AWS."""
MODEL_REGISTRY = "model-registry"
ENDPOINT = "endpoint"
BATCH_JOB = "batch-job"
FEATURE_STORE = "feature-store"
FEATURE_TABLES = "sagemaker_featurestore"
"""Database of the Glue catalog where SageMaker makes the tables of offline feature stores."""
MONITOR = "monitor"
RETRAINING = "retraining"
ALERTING = "alerting"
"""The Prometheus and the Alertmanager of a monitoring."""

DIGEST_TAG = "mlops.digest"
"""Under this key a registered version has the digest of its files: a tag in MLflow, metadata of a model package. The
steps write it, as `mlops_runtime.tracking.DIGEST_TAG`."""
WORKLOAD_VARIABLE = "MLOPS_WORKLOAD"
"""Environment variables of a step, which `mlops_runtime.settings` reads: the workload, and the name that its model is
registered under where that is another."""
MODEL_NAME_VARIABLE = "MLOPS_MODEL_NAME"
"""Environment variables of a model's container on SageMaker, which `mlops_runtime.sagemaker.serving` reads."""
MODEL_VERSION_VARIABLE = "MLOPS_MODEL_VERSION"
MODEL_DIGEST_VARIABLE = "MLOPS_MODEL_DIGEST"
REQUEST_TIMEOUT_VARIABLE = "MLOPS_REQUEST_TIMEOUT_SECONDS"
MEMORY_VARIABLE = "MLOPS_MEMORY_MIB"
MODEL_CACHE_VARIABLE = "MLOPS_MODEL_CACHE_MIB"
FEATURES_VARIABLE = "MLOPS_FEATURES"
"""Environment variable of a server that looks features up, which `mlops_runtime.serving.lookup_settings` reads."""

BATCH_INPUT_PARAMETER = "Input"
"""Parameters of a batch's pipeline on SageMaker."""
BATCH_OUTPUT_PARAMETER = "Output"
ALLOW_CODE_FORMATS_VARIABLE = "MLOPS_ALLOW_CODE_FORMATS"

RUNS_PREFIX = "runs/"
"""Below it a stack's bucket has what the runs of pipelines hand over from step to step."""
DATA_CAPTURE_PREFIX = "data-capture/"
"""Below it: what data capture wrote down of endpoints' requests."""
ASYNCHRONOUS_PREFIX = "async/"
"""Below it: the requests to asynchronous endpoints, and their answers."""


def step_variables(workload: str, model_name: str) -> dict[str, str]:
    """Return the environment variables that tell a step whose it is.

    The model's name stands there only where it is not the workload's: a variable more is another step to SageMaker,
    which would then reuse no result.

    Args:
        workload: The workload's name.
        model_name: The name that its model is registered under.
    """
    own = {} if model_name == workload else {MODEL_NAME_VARIABLE: model_name}
    return {WORKLOAD_VARIABLE: workload, **own}


def pipeline_of(workload: str) -> str:
    """Return the name of a workload's training pipeline."""
    return f"{workload}-pipeline"


def batch_of(workload: str) -> str:
    """Return the name of a workload's batch."""
    return f"{workload}-batch"


def feature_server_of(store: str) -> str:
    """Return the name of the server that looks a feature store's features up, and of its Service."""
    return f"{store}-features"


def online_store_of(store: str) -> str:
    """Return the name of a feature store's Redis on Kubernetes, and of the Secret with its password."""
    return f"{store}-online-store"


def materialisation_of(store: str) -> str:
    """Return the name of what brings a feature store's rows online."""
    return f"{store}-materialisation"


def monitor_of(monitoring: str) -> str:
    """Return the name of what measures a model in production on Kubernetes."""
    return f"{monitoring}-monitor"


def retraining_of(monitoring: str) -> str:
    """Return the name of what starts runs of a pipeline for alerts on Kubernetes."""
    return f"{monitoring}-retraining"


def alerting_of(monitoring: str) -> str:
    """Return the name of the Prometheus and Alertmanager of a monitoring on Kubernetes."""
    return f"{monitoring}-alerting"


def servers_of(monitoring: str) -> str:
    """Return the name of the Service by which a monitoring on Kubernetes finds each pod of the model server."""
    return f"{monitoring}-servers"


def of_monitoring(monitoring: str) -> tuple[str, ...]:
    """Return every name that a monitoring on Kubernetes takes."""
    return tuple(name(monitoring) for name in (monitor_of, retraining_of, alerting_of, servers_of, dashboard_of))


def dashboard_of(monitoring: str) -> str:
    """Return the name of the dashboard of a monitoring on Kubernetes."""
    return f"{monitoring}-dashboard"


def truth_check_of(endpoint: str) -> str:
    """Return the name of what checks an endpoint on Kubernetes, and the beginning of each check's own."""
    return f"{endpoint}-truth"


def outside_of(endpoint: str) -> str:
    """Return the name of the Service by which an endpoint on Kubernetes is reached from outside."""
    return f"{endpoint}-outside"


def database_of(registry: str) -> str:
    """Return the name of the database server beside a registry on Kubernetes."""
    return f"{registry}-database"


def service_host(service: str, namespace: str) -> str:
    """Return the name by which pods of any namespace call a Service, whatever the cluster's domain is.

    A pod's resolver completes it: its search list is `<namespace>.svc.<domain> svc.<domain> <domain>`.
    https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#namespaces-of-services
    """
    return f"{service}.{namespace}.svc"


def registry_url(namespace: str, name: str = REGISTRY) -> str:
    """Return the address of a registry on Kubernetes.

    Args:
        namespace: Its namespace.
        name: Its name. Defaults to that of a stack's own.
    """
    return f"http://{service_host(name, namespace)}:{REGISTRY_PORT}"


def on_aws(namespace: str, name: str) -> str:
    """Return what something of a stack is called on AWS.

    Args:
        namespace: The stack's namespace.
        name: The thing's name within the stack.
    """
    return f"{namespace}-{name}"


def feature_group(namespace: str, store: str, view: str) -> str:
    """Return the name of a view's feature group on SageMaker, the version in it.

    Args:
        namespace: The stack's namespace.
        store: The store's name.
        view: The view with its version, such as `weather_v1`.
    """
    return f"{on_aws(namespace, store)}-{view}"


def bucket(namespace: str, account: AwsAccount) -> str:
    """Return the name of a stack's bucket. Buckets of all the world's accounts share one set of names."""
    return f"{namespace}-{account.account_id}-{account.region}"


def model_package_group_arn(account: AwsAccount, group: str) -> str:
    """Return the ARN of a model package group.

    Args:
        account: The account that holds it.
        group: Its name, or its ARN, which stays as it is.
    """
    return group if group.startswith("arn:") else account.arn("sagemaker", f"model-package-group/{group}")


def runs_folder(pipeline: str) -> str:
    """Return the folder of a bucket that a pipeline's runs hand over their results in."""
    return f"{RUNS_PREFIX}{pipeline}"


def data_capture_folder(endpoint: str) -> str:
    """Return the folder of a bucket with the captured requests of an endpoint."""
    return f"{DATA_CAPTURE_PREFIX}{endpoint}"


def asynchronous_folder(endpoint: str) -> str:
    """Return the folder of a bucket with the requests to an asynchronous endpoint, and their answers."""
    return f"{ASYNCHRONOUS_PREFIX}{endpoint}"
