"""A model server of the user's own in a stack file: the tree of `OwnServerArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import ImageReference, not_empty
from pulumi_mlops.endpoint.kubernetes.own_server import settings
from pulumi_mlops.endpoint.kubernetes.own_server.args import ServerProtocol


class CustomProtocolConfig(Model):
    """How a model server with a protocol of its own is asked for the golden rows."""

    path: Annotated[str, settings.url_path]
    """Path that the request is posted to, like /score."""

    request: Annotated[str, settings.request_template]
    """The request as JSON, in which a text stands for the golden rows: "$rows" for objects, "$columns" for one object
    of each feature's values, "$matrix" for lists in the order of the model's features."""

    answers: Annotated[str, settings.json_pointer]
    """JSON pointer (RFC 6901) to the answers: a list with one for each row, like /predictions. An answer of
    several outputs is an object of them by name."""


class OwnServerConfig(Model):
    """A model server of the user's own. Its pod is ready once it scores the golden rows as the trainer did."""

    image: ImageReference
    """Image of the model server, pinned by digest. It runs as a user without rights, with a read-only root file system
    and a writable /tmp."""

    command: Annotated[tuple[Annotated[str, not_empty], ...], Field(strict=False)] = ()
    """Its command line. Defaults to the image's own entry point."""

    port: Annotated[int, settings.PORT] = settings.PORT.default
    """Port that it listens on for HTTP, other than 8079. Defaults to 8080."""

    health_path: Annotated[str, settings.url_path] = settings.DEFAULT_HEALTH_PATH
    """Path that answers 200 once it can be asked. Defaults to /v2/health/ready."""

    model_mount_path: Annotated[str, settings.mount_path] = settings.DEFAULT_MOUNT_PATH
    """Folder that the verified model is mounted at, read-only. Defaults to /mnt/models."""

    environment: dict[Annotated[str, settings.variable_name], str] = Field(default={})
    """Environment variables. Beside these it has those that name the model, its version and its digest. Defaults
    to none."""

    protocol: Annotated[ServerProtocol, Field(strict=False)] = settings.DEFAULT_PROTOCOL
    """What it speaks: v2, v1 or custom. Defaults to v2."""

    custom: CustomProtocolConfig | None = None
    """How it is asked with the protocol custom. Defaults to none."""
