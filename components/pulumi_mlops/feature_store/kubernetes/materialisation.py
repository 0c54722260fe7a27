"""The Kubernetes objects of what brings a feature store's rows online: a CronJob, of which each run is one Job."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, quantities, scheduled_runs
from pulumi_mlops.feature_store.kubernetes import definition, online_store
from pulumi_mlops.feature_store.kubernetes.settings import FeatureStoreSettings

COMPONENT = "feature-materialisation"
SOURCES_FOLDER = "/sources"
PROGRESS_FOLDER = "/progress"
# A pod that dies is replaced, and the new one goes on from the last view that was done.
RETRIES = 3
_AWS = "https://s3.amazonaws.com"


def name_of(settings: FeatureStoreSettings) -> str:
    """Name of the CronJob and of what belongs to it."""
    return names.materialisation_of(settings.name)


def selector(settings: FeatureStoreSettings) -> dict[str, str]:
    """Labels that select the pods of all runs."""
    return labels.selector(name_of(settings), COMPONENT)


def pod_labels(settings: FeatureStoreSettings) -> dict[str, str]:
    """Labels of a run's Job and pods."""
    return labels.pod_labels(name_of(settings), COMPONENT)


def metadata(settings: FeatureStoreSettings, name: str | None = None) -> Document:
    """Metadata of the objects, of which one has a name of its own."""
    return labels.metadata(name or name_of(settings), settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: FeatureStoreSettings) -> Document:
    """Return the identity of a run, with which it reads the sources."""
    return objects.service_account(metadata(settings), settings.service_account_annotations)


def progress_claim(settings: FeatureStoreSettings) -> Document:
    """Return the claim of Feast's registry, which says of each view up to when its rows are online.

    A storage class may bind a volume when a pod first asks for it, and that is the first run: nobody waits for that.
    https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/#pulumi-annotations
    """
    document = metadata(settings, f"{name_of(settings)}-progress")
    document["annotations"] = {"pulumi.com/skipAwait": "true"}
    return objects.volume_claim(document, 1, settings.storage_class_name)


def network_policy(settings: FeatureStoreSettings) -> Document:
    """Return what a run may connect to: Redis, and S3 where sources are there."""
    redis = {"podSelector": {"matchLabels": online_store.selector(settings)}}
    return network.policy(
        metadata(settings),
        selector(settings),
        egress=[
            network.to_dns(),
            {"to": [redis], "ports": [network.tcp(online_store.PORT)]},
            *([network.to_url(settings.s3_endpoint_url or _AWS)] if settings.uses_s3 else []),
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def cron_job(settings: FeatureStoreSettings) -> Document:
    """Return the CronJob. Its schedule starts no run while one that it started goes on."""
    return scheduled_runs.cron_job(metadata(settings), pod_labels(settings), settings.schedule, _run(settings))


def _run(settings: FeatureStoreSettings) -> Document:
    pod = pods.pod(
        name_of(settings),
        [_materialise(settings)],
        volumes=[
            definition.volume(settings),
            online_store.password_volume(settings),
            {"name": "progress", "persistentVolumeClaim": {"claimName": f"{name_of(settings)}-progress"}},
            *(
                {"name": f"source-{index}", "persistentVolumeClaim": {"claimName": claim, "readOnly": True}}
                for index, claim in enumerate(settings.claims)
            ),
        ],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        more={"restartPolicy": "Never"},
    )
    return {
        "backoffLimit": RETRIES,
        "podFailurePolicy": {"rules": [scheduled_runs.IGNORE_DISRUPTIONS]},
        "activeDeadlineSeconds": settings.run_timeout_seconds,
        "ttlSecondsAfterFinished": scheduled_runs.KEEP_FINISHED_RUNS_SECONDS,
        "template": {"metadata": labels.pod_metadata(pod_labels(settings), settings.pod_annotations), "spec": pod},
    }


def _materialise(settings: FeatureStoreSettings) -> Document:
    secret = settings.s3_credentials_secret_name
    return pods.container(
        "materialise",
        settings.image,
        [
            *("python", "-m", "mlops_runtime.features", "materialise", *definition.options(settings)),
            *("--progress", PROGRESS_FOLDER, "--claims", SOURCES_FOLDER),
            *("--lateness-hours", str(settings.lateness_hours)),
        ],
        resources=quantities.batch_resources(
            {"cpu": settings.materialisation_cpu, "memory": settings.materialisation_memory}
        ),
        mounts=[
            *definition.mounts(),
            pods.mount("progress", PROGRESS_FOLDER),
            *(
                pods.mount(f"source-{index}", f"{SOURCES_FOLDER}/{claim}", read_only=True)
                for index, claim in enumerate(settings.claims)
            ),
        ],
        variables=pods.environment(definition.ENVIRONMENT, _environment(settings)),
        more={"envFrom": [{"secretRef": {"name": secret}}]} if secret is not None else None,
    )


def _environment(settings: FeatureStoreSettings) -> dict[str, pulumi.Input[str]]:
    variables: dict[str, pulumi.Input[str]] = {}
    if settings.s3_endpoint_url is not None:
        # Feast hands the first to pyarrow; the second is boto3's.
        variables |= {
            "FEAST_S3_ENDPOINT_URL": settings.s3_endpoint_url,
            "AWS_ENDPOINT_URL_S3": settings.s3_endpoint_url,
        }
    if settings.s3_region is not None:
        variables["AWS_REGION"] = settings.s3_region
    return variables
