"""The Kubernetes objects of the truth check: does the endpoint serve what was pinned?"""

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document, content_hash
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import fetch, labels, network, objects, pods
from pulumi_mlops._shared.kubernetes.scheduling.render import scheduled
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.endpoint.expose import render as expose
from pulumi_mlops.endpoint.kubernetes import render
from pulumi_mlops.endpoint.kubernetes.own_server import render as own_server
from pulumi_mlops.endpoint.kubernetes.own_server.settings import GUARD_PORT
from pulumi_mlops.endpoint.kubernetes.settings import EndpointSettings

COMPONENT = "truth-check"
# Pulumi's Kubernetes provider runs a Job that failed anew when it carries this.
AGAIN_IF_FAILED = {"pulumi.com/replaceUnready": "true"}
# Kubernetes counts up with each rollout of a Deployment, a roll-back included.
REVISION = "deployment.kubernetes.io/revision"
ROLLOUT = f"{labels.PREFIX}/rollout"


def identity_name(settings: EndpointSettings) -> str:
    """Name of the check's identity and rules, which stay from check to check."""
    return names.truth_check_of(settings.name)


def pod_labels(settings: EndpointSettings) -> dict[str, str]:
    """Labels of the check's pods."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)


def metadata(
    settings: EndpointSettings, name: pulumi.Input[str], annotations: dict[str, str] | None = None
) -> Document:
    """Metadata of the check's objects."""
    return labels.metadata(name, settings.namespace, pod_labels(settings), settings.tags, annotations=annotations)


def service_account(settings: EndpointSettings) -> Document:
    """Return the check's identity."""
    name = identity_name(settings)
    return objects.service_account(metadata(settings, name), settings.service_account_annotations)


def own_keys(settings: EndpointSettings, key: pulumi.Input[str]) -> Document:
    """Return the Secret with the key that the check asks an endpoint with that asks for one."""
    return expose.own_keys(metadata(settings, identity_name(settings)), key)


def network_policy(settings: EndpointSettings) -> Document:
    """Return what the check may connect to: the registry and the endpoint."""
    servers = {"podSelector": {"matchLabels": render.selector(settings)}}
    return network.policy(
        metadata(settings, identity_name(settings)),
        labels.selector(settings.name, COMPONENT),
        egress=[
            network.to_dns(),
            network.to_url(settings.registry_url),
            {"to": [servers], "ports": [network.tcp(port) for port in render.server_ports(settings)]},
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def rollout(metadata: Mapping[str, Any]) -> str:
    """Return which rollout of which Deployment stands, from the metadata that the cluster gave it.

    Another declaration is another rollout, and so is the way back to an earlier one after an update that failed.
    """
    annotations = metadata.get("annotations") or {}
    return f"{metadata.get('uid', '')}/{annotations.get(REVISION, '')}"


def job(settings: EndpointSettings, model: PinnedModel, rolled_out: pulumi.Input[str]) -> Document:
    """Return the check of one rollout of one version.

    Its name holds a hash of everything that is checked and of how. The same declaration, rolled out once, is the same
    Job, which has run. Anything else is another, which runs.

    Args:
        settings: The endpoint's settings.
        model: The version to serve.
        rolled_out: What changes with each rollout.
    """
    digits = content_hash([render.pod_template(settings, model), _spec(settings, model)])
    name = combine(lambda known: f"{identity_name(settings)}-{known}", digits)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(settings, name, AGAIN_IF_FAILED),
        "spec": _spec(settings, model, {ROLLOUT: rolled_out}),
    }


def _spec(
    settings: EndpointSettings, model: PinnedModel, annotations: Mapping[str, pulumi.Input[str]] | None = None
) -> Document:
    check = pods.container(
        "check",
        settings.image,
        [
            *("python", "-m", "mlops_runtime.serving.truth_check", "--url", render.url(settings)),
            *("--name", settings.model_name, "--version", model.version, "--digest", model.digest),
            *("--model-directory", fetch.MODEL_FOLDER),
            *("--request-timeout-seconds", str(settings.request_timeout_seconds)),
            *(("--key-file", f"{expose.OWN_KEYS_FOLDER}/{expose.OWN_CLIENT}") if settings.expose else ()),
            *_of_own_server(settings),
        ],
        resources={"requests": {"cpu": "50m", "memory": settings.memory}, "limits": {"memory": settings.memory}},
        mounts=[
            pods.mount("model", fetch.MODEL_FOLDER, read_only=True),
            *([expose.own_mount()] if settings.expose else []),
        ],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT),
    )
    pod = pods.pod(
        identity_name(settings),
        [check],
        init_containers=[render.fetch_container(settings, model)],
        volumes=[
            render.model_volume(settings),
            *([expose.own_volume(identity_name(settings))] if settings.expose else []),
        ],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        # Where the servers run, it can run as well; of their accelerators it takes none.
        more={"restartPolicy": "Never", **scheduled(settings.scheduling)},
    )
    return {
        "activeDeadlineSeconds": settings.rollout_timeout_seconds,
        "backoffLimit": 1,
        "template": {
            "metadata": labels.pod_metadata(pod_labels(settings), {**settings.pod_annotations, **(annotations or {})}),
            "spec": pod,
        },
    }


def _of_own_server(settings: EndpointSettings) -> list[pulumi.Input[str]]:
    """Return how a server of the user's own is asked, and where the guard beside it says who answers."""
    own = settings.own_server
    if own is None:
        return []
    guard = combine(lambda url: f"{url}:{GUARD_PORT}", render.url(settings))
    return ["--asked", own_server.asked(own), "--guard-url", guard]
