"""What things are called, each said once: for the component that makes a thing and for everyone who looks for it.

A workload's name goes through: its model and its endpoint have it, and its pipeline is called after it. Nothing here
imports Pulumi or a cloud.
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

DIGEST_TAG = "mlops.digest"
"""Under this key a registered version has the digest of its files: a tag in MLflow, metadata of a model package. The
steps write it, as `mlops_runtime.tracking.DIGEST_TAG`."""
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


def truth_check_of(endpoint: str) -> str:
    """Return the name of what checks an endpoint on Kubernetes, and the beginning of each check's own."""
    return f"{endpoint}-truth"


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
