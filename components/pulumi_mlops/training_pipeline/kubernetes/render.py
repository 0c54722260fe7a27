"""The Kubernetes objects of a training pipeline: a CronJob, of which each run is one Job with one pod."""

from collections.abc import Mapping

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document, to_json
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, quantities, scheduled_runs
from pulumi_mlops._shared.kubernetes.scheduling import render as scheduling
from pulumi_mlops.training_pipeline.kubernetes.settings import PipelineSettings, StepSettings

COMPONENT = names.TRAINING_PIPELINE
WORKSPACE = "/workspace"


def selector(settings: PipelineSettings) -> dict[str, str]:
    """Labels that select the pods of all runs."""
    return labels.selector(settings.name, COMPONENT)


def pod_labels(settings: PipelineSettings) -> dict[str, str]:
    """Labels of a run's Job and pod."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)


def metadata(settings: PipelineSettings) -> Document:
    """Metadata of the pipeline's objects."""
    return labels.metadata(settings.name, settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: PipelineSettings) -> Document:
    """Return the identity of a run."""
    return objects.service_account(metadata(settings), settings.service_account_annotations)


def network_policy(settings: PipelineSettings) -> Document:
    """Return what a run may connect to: the registry and what is allowed besides. Nothing connects to a run."""
    return network.policy(
        metadata(settings),
        selector(settings),
        egress=[
            network.to_dns(),
            network.to_url(settings.registry_url),
            *network.to_address_ranges(settings.allowed_egress_cidrs),
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def cron_job(settings: PipelineSettings) -> Document:
    """Return the pipeline.

    The schedule starts no run while one that it started goes on. A run that was asked for by hand is a Job from the
    same template, of which the schedule knows nothing: `mlops train` starts none beside another, but the schedule may
    start one beside it. Each has a workspace of its own and registers a version of its own. A run whose node is drained
    or reclaimed starts anew from its first step; where the last was over already, it registers a second version.
    """
    return scheduled_runs.cron_job(metadata(settings), pod_labels(settings), settings.schedule, _run(settings))


def _run(settings: PipelineSettings) -> Document:
    # Each step starts when the one before has ended well. The last is the pod's main container.
    steps = [_step(settings, step) for step in settings.steps]
    pod = pods.pod(
        settings.name,
        steps[-1:],
        init_containers=steps[:-1],
        volumes=[
            pods.empty_volume("workspace", f"{settings.workspace_gib}Gi"),
            *scheduling.shared_memory_volumes(*(step.shared_memory_gib for step in settings.steps)),
        ],
        temporary_size="2Gi",
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        more={"restartPolicy": "Never", **scheduling.scheduled(settings.scheduling)},
    )
    return {
        "backoffLimit": 0,
        "podFailurePolicy": {"rules": [scheduled_runs.IGNORE_DISRUPTIONS]},
        "activeDeadlineSeconds": settings.run_timeout_seconds,
        "ttlSecondsAfterFinished": scheduled_runs.KEEP_FINISHED_RUNS_SECONDS,
        "template": {
            "metadata": labels.pod_metadata(pod_labels(settings), settings.pod_annotations),
            "spec": pod,
        },
    }


def _step(settings: PipelineSettings, step: StepSettings) -> Document:
    secrets = [{"secretRef": {"name": name}} for name in settings.environment_secret_names]
    return pods.container(
        step.name,
        settings.image,
        [
            *("python", "-m", "mlops_runtime", "step", "--graph", settings.graph_reference),
            *("--step", step.name, "--workspace", WORKSPACE),
        ],
        resources=scheduling.accelerated(quantities.batch_resources(step.resources), step.accelerator),
        mounts=[pods.mount("workspace", WORKSPACE), *scheduling.shared_memory_mounts(step.shared_memory_gib)],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT, _environment(settings)),
        more={"envFrom": secrets} if secrets else None,
    )


def _environment(settings: PipelineSettings) -> Mapping[str, pulumi.Input[str] | Document]:
    variables: dict[str, pulumi.Input[str] | Document] = {
        "MLFLOW_TRACKING_URI": settings.registry_url,
        "MLOPS_ENVIRONMENT": settings.environment,
        "MLOPS_IMAGE": settings.image,
        "MLOPS_PARAMETERS": combine(to_json, settings.parameters),
        "MLOPS_RUN_NAME": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}},
        # Empty for a run by the schedule.
        "MLOPS_STARTED_BY": {"fieldRef": {"fieldPath": f"metadata.annotations['{labels.STARTED_BY}']"}},
        **names.step_variables(settings.workload, settings.model_name),
        # Libraries that count the node's cores would start more threads than the step has CPU for.
        "OMP_NUM_THREADS": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}},
        # OpenMP threads that spin while waiting burn the step's CPU quota.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    if settings.gate is not None:
        variables["MLOPS_GATE"] = to_json(settings.gate)
    if settings.champion is not None:
        variables["MLOPS_CHAMPION"] = combine(to_json, settings.champion)
    if settings.allow_code_formats:
        variables[names.ALLOW_CODE_FORMATS_VARIABLE] = ",".join(settings.allow_code_formats)
    return variables
