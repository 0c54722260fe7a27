"""The contract of a model server of the user's own: its container, and how it is asked for the golden rows."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi


class ServerProtocol(str, Enum):
    """What a model server speaks."""

    V2 = "v2"
    """The Open Inference Protocol: /v2/models/<name>/infer, with a tensor for each feature and each output."""
    V1 = "v1"
    """KServe's v1: /v1/models/<name>:predict, with instances and predictions."""
    CUSTOM = "custom"
    """A protocol of its own, which `custom` describes."""


class CustomProtocolArgs(TypedDict):
    """How a model server with a protocol of its own is asked for the golden rows."""

    path: str
    """Path that the request is posted to, such as `/score`."""
    request: str
    """The request as JSON, in which a text stands for the golden rows: "$rows" for objects, "$columns" for one object
    of each feature's values, "$matrix" for lists in the order of the model's features."""
    answers: str
    """JSON pointer (RFC 6901) to the answers: a list with one for each row, such as `/predictions`. An answer of
    several outputs is an object of them by name."""


class OwnServerArgs(TypedDict):
    """A model server of the user's own. Its pod is ready once it scores the golden rows as the trainer did."""

    image: pulumi.Input[str]
    """Image of the model server, pinned by digest. It runs as a user without rights, with a read-only root file system
    and a writable /tmp."""
    command: NotRequired[list[str]]
    """Its command line. Defaults to the image's own entry point."""
    port: NotRequired[int]
    """Port that it listens on for HTTP, other than 8079. Defaults to 8080."""
    health_path: NotRequired[str]
    """Path that answers 200 once it can be asked. Defaults to `/v2/health/ready`."""
    model_mount_path: NotRequired[str]
    """Folder that the verified model is mounted at, read-only. Defaults to `/mnt/models`."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment variables. Beside these it has those that name the model, its version and its digest. Defaults
    to none."""
    protocol: NotRequired[ServerProtocol]
    """What it speaks: v2, v1 or custom. Defaults to v2."""
    custom: NotRequired[CustomProtocolArgs]
    """How it is asked with the protocol custom. Defaults to none."""
