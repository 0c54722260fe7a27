"""The containers of a model server of the user's own: the server, and the guard that proves what it serves."""

import json

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import fetch, pods
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.endpoint.kubernetes.own_server.settings import GUARD_PORT, OwnServerSettings

GUARD = "guard"
GUARD_PORT_NAME = "guard"
_GUARD_RESOURCES = {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}


def server(
    settings: OwnServerSettings, name: str, model_name: str, model: PinnedModel, resources: Document, more: Document
) -> Document:
    """Return the server's container.

    Args:
        settings: The server's settings.
        name: The container's name.
        model_name: The registered model's name.
        model: The version.
        resources: Requests and limits.
        more: Mounts beside the model's, below `volumeMounts`, and further keys.
    """
    own = {
        names.MODEL_NAME_VARIABLE: model_name,
        names.MODEL_VERSION_VARIABLE: model.version,
        names.MODEL_DIGEST_VARIABLE: model.digest,
        "HOME": pods.TEMPORARY_FOLDER,
    }
    container = pods.container(
        name,
        settings.image,
        settings.command,
        resources=resources,
        mounts=[
            pods.mount(fetch.MODEL_VOLUME, settings.model_mount_path, read_only=True),
            *more.get("volumeMounts", []),
        ],
        variables=pods.environment(own, settings.environment),
        more={key: value for key, value in more.items() if key != "volumeMounts"},
    )
    # Without one, the image's own entry point runs.
    return container if settings.command else {key: value for key, value in container.items() if key != "command"}


def guard(
    settings: OwnServerSettings,
    image: pulumi.Input[str],
    model_name: str,
    model: PinnedModel,
    allow_code_formats: str,
    start_seconds: int,
    request_timeout_seconds: int,
) -> Document:
    """Return the guard's container: it is ready only while the server scores the golden rows as the trainer did."""

    def probe(path: str, period_seconds: int) -> Document:
        ask = {"path": path, "port": GUARD_PORT_NAME}
        return {"httpGet": ask, "periodSeconds": period_seconds, "timeoutSeconds": 2, "failureThreshold": 3}

    return pods.container(
        GUARD,
        image,
        [
            *("python", "-m", "mlops_runtime.serving.guard", "--server-url", f"http://127.0.0.1:{settings.port}"),
            *("--health-path", settings.health_path, "--asked", asked(settings)),
            *("--model-directory", fetch.MODEL_FOLDER, "--name", model_name),
            *("--version", model.version, "--digest", model.digest, "--port", str(GUARD_PORT)),
            *("--start-seconds", str(start_seconds), "--request-timeout-seconds", str(request_timeout_seconds)),
            *(("--allow-code-formats", allow_code_formats) if allow_code_formats else ()),
        ],
        resources=_GUARD_RESOURCES,
        mounts=[pods.mount(fetch.MODEL_VOLUME, fetch.MODEL_FOLDER, read_only=True)],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT),
        more={
            "ports": [{"name": GUARD_PORT_NAME, "containerPort": GUARD_PORT, "protocol": "TCP"}],
            "readinessProbe": probe("/v2/health/ready", 2),
            "startupProbe": {**probe("/v2/health/live", 1), "failureThreshold": start_seconds},
            "livenessProbe": probe("/v2/health/live", 10),
        },
    )


def asked(settings: OwnServerSettings) -> str:
    """Return how the server is asked, as the guard and the truth check read it."""
    return json.dumps(settings.asked, sort_keys=True)


def service_ports(settings: OwnServerSettings | None) -> list[Document]:
    """Return the port of the endpoint's Service that leads to the guard; none where the server is ours."""
    if settings is None:
        return []
    return [
        {
            "name": GUARD_PORT_NAME,
            "port": GUARD_PORT,
            "targetPort": GUARD_PORT_NAME,
            "protocol": "TCP",
            "appProtocol": "http",
        }
    ]
