"""The Kubernetes objects of a batch: a CronJob, of which each run is one Job."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import fetch, labels, network, objects, pods, quantities, scheduled_runs
from pulumi_mlops._shared.kubernetes.volumes import DATA_FOLDER, path_in_pod
from pulumi_mlops._shared.locations import AWS_S3_URL
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.batch_job.kubernetes.settings import BatchSettings
from pulumi_mlops.batch_job.kubernetes.volumes import claims_of
from pulumi_mlops.batch_job.settings import command

COMPONENT = names.BATCH_JOB
SCORE = "score"
FETCH_SECONDS = 600
# A pod that dies is replaced, and the new one goes on from where the old one was.
RETRIES = 2
FINAL_EXIT_CODES = (2, 3, 4)
"""`mlops_runtime.batch.report.ExitCode`: refused, too many rows or whole files set aside. No retry mends these."""


def selector(settings: BatchSettings) -> dict[str, str]:
    """Labels that select the pods of all runs."""
    return labels.selector(settings.name, COMPONENT)


def pod_labels(settings: BatchSettings) -> dict[str, str]:
    """Labels of a run's Job and pods."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)


def metadata(settings: BatchSettings) -> Document:
    """Metadata of the batch's objects."""
    return labels.metadata(settings.name, settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: BatchSettings) -> Document:
    """Return the identity of a run."""
    return objects.service_account(metadata(settings), settings.service_account_annotations)


def network_policy(settings: BatchSettings) -> Document:
    """Return what a run may connect to: the registry, S3 where the tables are there, and what is allowed besides."""
    return network.policy(
        metadata(settings),
        selector(settings),
        egress=[
            network.to_dns(),
            network.to_url(settings.registry_url),
            *([network.to_url(settings.s3_endpoint_url or AWS_S3_URL)] if settings.uses_s3 else []),
            *network.to_address_ranges(settings.allowed_egress_cidrs),
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def cron_job(settings: BatchSettings, model: PinnedModel) -> Document:
    """Return the batch. The schedule starts no run while one that it started goes on."""
    return scheduled_runs.cron_job(metadata(settings), pod_labels(settings), settings.schedule, _run(settings, model))


def _run(settings: BatchSettings, model: PinnedModel) -> Document:
    pod = pods.pod(
        settings.name,
        [_score(settings, model)],
        init_containers=[
            fetch.fetch_container(
                settings.image,
                settings.registry_url,
                settings.model_name,
                model,
                memory=settings.memory,
                timeout_seconds=min(FETCH_SECONDS, settings.run_timeout_seconds),
                room=(
                    *("--volume-mib", str(settings.model_volume_gib * 1024)),
                    *("--memory-mib", str(quantities.mebibytes(settings.memory))),
                ),
            )
        ],
        volumes=[fetch.model_volume(settings.model_volume_gib), *_volumes(settings)],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        more={"restartPolicy": "Never"},
    )
    return {
        "backoffLimit": RETRIES,
        # https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy: the first rule that fits
        # holds.
        "podFailurePolicy": {
            "rules": [
                {
                    "action": "FailJob",
                    "onExitCodes": {"containerName": SCORE, "operator": "In", "values": list(FINAL_EXIT_CODES)},
                },
                scheduled_runs.IGNORE_DISRUPTIONS,
            ]
        },
        "activeDeadlineSeconds": settings.run_timeout_seconds,
        "ttlSecondsAfterFinished": scheduled_runs.KEEP_FINISHED_RUNS_SECONDS,
        "template": {
            "metadata": labels.pod_metadata(pod_labels(settings), settings.pod_annotations),
            "spec": pod,
        },
    }


def _score(settings: BatchSettings, model: PinnedModel) -> Document:
    places = {"input_at": path_in_pod(settings.input), "output_at": path_in_pod(settings.output)}
    secret = settings.s3_credentials_secret_name
    return pods.container(
        SCORE,
        settings.image,
        [
            *("python", "-m", "mlops_runtime.batch", "--model-directory", fetch.MODEL_FOLDER),
            *command(settings, model, **places),
        ],
        resources=quantities.batch_resources({"cpu": settings.cpu, "memory": settings.memory}),
        mounts=[
            pods.mount(fetch.MODEL_VOLUME, fetch.MODEL_FOLDER, read_only=True),
            *(
                pods.mount(volume, f"{DATA_FOLDER}/{claim}", read_only=read_only)
                for volume, claim, read_only in claims_of(settings.input, settings.output)
            ),
        ],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT, _environment(settings)),
        more={"envFrom": [{"secretRef": {"name": secret}}]} if secret is not None else None,
    )


def _environment(settings: BatchSettings) -> dict[str, pulumi.Input[str] | Document]:
    variables: dict[str, pulumi.Input[str] | Document] = {
        # Libraries that count the node's cores would start more threads than the container has CPU for.
        "OMP_NUM_THREADS": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}},
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    if settings.s3_endpoint_url is not None:
        variables["AWS_ENDPOINT_URL_S3"] = settings.s3_endpoint_url
    if settings.s3_region is not None:
        variables["AWS_REGION"] = settings.s3_region
    return variables


def _volumes(settings: BatchSettings) -> list[Document]:
    return [
        {"name": volume, "persistentVolumeClaim": {"claimName": claim, "readOnly": read_only}}
        for volume, claim, read_only in claims_of(settings.input, settings.output)
    ]
