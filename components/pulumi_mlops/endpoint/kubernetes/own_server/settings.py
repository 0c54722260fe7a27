"""A model server of the user's own: each setting's rule and default, once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.problems import Requirement
from pulumi_mlops._shared.rules import Pattern, Setting, Where
from pulumi_mlops.endpoint.kubernetes.own_server.args import ServerProtocol

PATH = "kubernetes.server"
GUARD_PORT = 8079
PORT = Setting(1024, 65535, default=8080)
"""A user without rights cannot listen below."""
DEFAULT_HEALTH_PATH = "/v2/health/ready"
DEFAULT_MOUNT_PATH = "/mnt/models"
DEFAULT_PROTOCOL = ServerProtocol.V2
PLACEHOLDERS = ("$rows", "$columns", "$matrix")


def _is_template(value: str) -> Requirement | None:
    fix = 'write it like {"rows": "$rows"}'
    try:
        document = json.loads(value)
    except ValueError:
        return Requirement("a request as JSON", fix)
    found = [text for text in _texts(document) if text in PLACEHOLDERS]
    if len(found) != 1:
        return Requirement(f"a request with one place for the golden rows: {', '.join(PLACEHOLDERS)}", fix)
    return None


def _texts(document: Any) -> list[str]:
    if isinstance(document, dict | list):
        inner = document.values() if isinstance(document, dict) else document
        return [text for each in inner for text in _texts(each)]
    return [document] if isinstance(document, str) else []


url_path = Pattern(
    r"/[A-Za-z0-9._~:@!$&'()*+,;=/%-]*", "the path of a URL, from its slash on", "write it like /v2/health/ready", 200
)
# What is mounted over these would take a container its own files.
mount_path = Pattern(
    r"/(?!(bin|boot|dev|etc|lib|lib64|proc|sbin|sys|tmp|usr)(/|$))[A-Za-z0-9._-]+(/(?!\.\.?(/|$))[A-Za-z0-9._-]+)*",
    "an absolute folder that is not the image's own",
    "write it like /mnt/models",
    200,
)
variable_name = Pattern(
    r"(?!MLOPS_MODEL_)[A-Za-z_][A-Za-z0-9_]*",
    "the name of an environment variable, other than MLOPS_MODEL_…, which are the model's",
    "rename it",
    200,
)
json_pointer = Pattern(
    r"(/([^~/]|~[01])*)+", "a JSON pointer (RFC 6901) into the answer", "write it like /predictions", 200
)
request_template = Where(_is_template)


@dataclass(frozen=True, kw_only=True)
class OwnServerSettings:
    """Everything that the server's container, and the guard's beside it, are made of."""

    image: pulumi.Input[str]
    command: Sequence[str]
    """Empty: the image's own."""
    port: int
    health_path: str
    model_mount_path: str
    environment: Mapping[str, pulumi.Input[str]]
    asked: Mapping[str, str]
    """As `mlops_runtime.serving.golden_requests.HowAsked` has it."""


def read_own_server(arguments: Arguments) -> OwnServerSettings | None:
    """Take the server; None where the endpoint's is ours."""
    read = arguments.read
    if read(PATH) is None:
        return None
    port = arguments.number(f"{PATH}.port", PORT)
    if port == GUARD_PORT:
        arguments.add(f"{PATH}.port", port, "another: the guard beside the server listens on it", "choose 8080")
    return OwnServerSettings(
        image=read(f"{PATH}.image", values.image),
        command=arguments.items(f"{PATH}.command", values.not_empty),
        port=port,
        health_path=read(f"{PATH}.health_path", url_path, DEFAULT_HEALTH_PATH),
        model_mount_path=read(f"{PATH}.model_mount_path", mount_path, DEFAULT_MOUNT_PATH),
        environment=arguments.mapping(f"{PATH}.environment", variable_name),
        asked=_asked(arguments),
    )


def _asked(arguments: Arguments) -> Mapping[str, str]:
    protocol = ServerProtocol(arguments.read(f"{PATH}.protocol", None, DEFAULT_PROTOCOL))
    is_described = arguments.read(f"{PATH}.custom") is not None
    if (protocol is ServerProtocol.CUSTOM) != is_described:
        if is_described:
            expected, fix = f"none with the protocol {protocol.value}", "remove it, or set protocol: custom"
            arguments.add(f"{PATH}.custom", arguments.read(f"{PATH}.custom"), expected, fix)
        elif arguments.sound(f"{PATH}.custom"):
            arguments.add(f"{PATH}.custom", None, "path, request and answers, with the protocol custom", "add this key")
    if not is_described:
        return {"protocol": protocol.value}
    rules = {"path": url_path, "request": request_template, "answers": json_pointer}
    described = {key: arguments.read(f"{PATH}.custom.{key}", rule, "") for key, rule in rules.items()}
    return {"protocol": protocol.value, **described}
