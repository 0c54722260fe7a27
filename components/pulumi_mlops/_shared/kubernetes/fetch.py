"""The container that fetches a registered version and refuses it if it is not the one pinned."""

from collections.abc import Sequence

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import pods
from pulumi_mlops._shared.pinned_model import PinnedModel

MODEL_FOLDER = "/model"
MODEL_VOLUME = "model"


def model_volume(size_gib: int) -> Document:
    """Return the volume that a pod fetches the model to."""
    return pods.empty_volume(MODEL_VOLUME, f"{size_gib}Gi")


def fetch_container(
    image: pulumi.Input[str],
    registry_url: pulumi.Input[str],
    model_name: str,
    model: PinnedModel,
    *,
    memory: str,
    timeout_seconds: int,
    room: Sequence[str] = (),
) -> Document:
    """Return the container.

    Args:
        image: The image that it runs.
        registry_url: Where the model is registered.
        model_name: The name that it is registered under.
        model: The version.
        memory: Memory request and limit.
        timeout_seconds: What the pod has time for: a second try too is to have told its reason when that is over.
        room: What the model has to fit, as the command's options say it. None: it is not judged.
    """
    patience, limit = (max(1, timeout_seconds * thirds // 3) for thirds in (1, 2))
    return pods.container(
        "fetch",
        image,
        [
            *("python", "-m", "mlops_runtime.serving.fetch"),
            *("--registry-url", registry_url, "--model", model_name),
            *("--version", model.version, "--digest", model.digest, "--destination", MODEL_FOLDER),
            *("--patience-seconds", str(patience), "--timeout-seconds", str(limit)),
            *room,
        ],
        resources={"requests": {"cpu": "50m", "memory": memory}, "limits": {"memory": memory}},
        mounts=[pods.mount(MODEL_VOLUME, MODEL_FOLDER)],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT),
    )
