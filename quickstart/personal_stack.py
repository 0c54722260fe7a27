"""The personal stack's file: made from the development stack's, kept by its owner. Pure: text in, text out."""

import io
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from sandbox.errors import SandboxError

STACK = "local"
TEMPLATE_STACK = "dev-local"
NAMESPACE = "flights-local"
FILE_NAME = f"Pulumi.{STACK}.yaml"
TEMPLATE_NAME = f"Pulumi.{TEMPLATE_STACK}.yaml"

_PLATFORM = "mlops:platform"
_WORKLOADS = "mlops:workloads"
_ENCRYPTION_KEYS = ("encryptionsalt", "encryptedkey", "secretsprovider")
_EDITORS_LINE = "yaml-language-server:"
_NOTE = f"""\
Your personal stack, made by `make up` from {TEMPLATE_NAME}; git ignores it.
Change what you like. The images and the model's pin are kept up to date by `make up`.
"""


@dataclass(frozen=True)
class ModelPin:
    """Which model a workload serves.

    Attributes:
        version: The registry's version, from 1.
        digest: "sha256:" and 64 hexadecimal digits.
    """

    version: int
    digest: str


@dataclass(frozen=True)
class Place:
    """Where the personal stack runs and with what.

    Attributes:
        context: The context of the kubeconfig.
        images: The pinned reference of each image by name; those that the stack does not use are left alone.
    """

    context: str
    images: Mapping[str, str]


def made_from(template: str, place: Place) -> str:
    """Make the personal stack's file.

    Args:
        template: The development stack's file.
        place: Where the stack will run.

    Returns:
        The file: the template with its comments, an environment and a namespace of its own, no model, no secret.

    Raises:
        SandboxError: The template is not a stack's file.
    """
    document = document_of(template, TEMPLATE_NAME)
    platform = _mapping(_config(document, TEMPLATE_NAME), _PLATFORM, TEMPLATE_NAME)
    platform["environment"] = STACK
    platform["namespace"] = NAMESPACE
    registry = platform.get("registry")
    if isinstance(registry, MutableMapping):
        # Only the stacks that promote from one to the other share a registry.
        registry.pop("allowed_namespaces", None)
        # Nobody else has pinned what it keeps, and `pulumi destroy` takes it away as a whole.
        registry["protect_data"] = False
    for workload in workloads_of(document, TEMPLATE_NAME).values():
        workload.pop("model", None)
    _forget_secrets(document, TEMPLATE_NAME)
    _place(platform, place)
    document.yaml_set_start_comment(headed(document, _NOTE))
    return text_of(document)


def placed(text: str, place: Place) -> str:
    """Brings the images and the context in the personal stack's file up to date; the same text when they are."""
    document = document_of(text, FILE_NAME)
    changed = _place(_mapping(_config(document, FILE_NAME), _PLATFORM, FILE_NAME), place)
    return text_of(document) if changed else text


def pinned_model(text: str, workload: str) -> ModelPin | None:
    """Read which model a workload is pinned to, None when it is to none."""
    pin = _workload(document_of(text, FILE_NAME), workload).get("model")
    if not isinstance(pin, Mapping):
        return None
    return ModelPin(version=int(pin["version"]), digest=str(pin["digest"]))


def with_model(text: str, workload: str, pin: ModelPin | None) -> str:
    """Pins a workload's model, or takes its pin away."""
    document = document_of(text, FILE_NAME)
    settings = _workload(document, workload)
    if pin is None:
        settings.pop("model", None)
        return text_of(document)
    from pulumi_mlops.stack.edit import with_value  # noqa: PLC0415 - slow to import

    place = ("config", _WORKLOADS, workload, "model")
    return with_value(text, place, {"version": pin.version, "digest": pin.digest}, before=("endpoint",))


def without_secrets(text: str) -> str:
    """Take away what only a passphrase that is no longer there could read."""
    document = document_of(text, FILE_NAME)
    return text_of(document) if _forget_secrets(document, FILE_NAME) else text


def namespace_of(text: str) -> str:
    """Read the namespace that the stack lives in."""
    return str(_mapping(_config(document_of(text, FILE_NAME), FILE_NAME), _PLATFORM, FILE_NAME)["namespace"])


def context_of(text: str) -> str | None:
    """Read the context of the cluster that the stack is in, None when it names none."""
    kubernetes = _mapping(_config(document_of(text, FILE_NAME), FILE_NAME), _PLATFORM, FILE_NAME).get("kubernetes")
    return kubernetes.get("context") if isinstance(kubernetes, Mapping) else None


def _place(platform: MutableMapping[str, Any], place: Place) -> bool:
    changed = False
    images = _mapping(platform, "images", _PLATFORM)
    for name, reference in place.images.items():
        if name in images and images[name] != reference:
            images[name] = reference
            changed = True
    kubernetes = platform.setdefault("kubernetes", CommentedMap())
    if kubernetes.get("context") != place.context:
        kubernetes["context"] = place.context
        changed = True
    return changed


def _forget_secrets(document: CommentedMap, name: str) -> bool:
    found = [key for key in _ENCRYPTION_KEYS if key in document]
    for key in found:
        del document[key]
    config = _config(document, name)
    secrets = [key for key, value in config.items() if isinstance(value, Mapping) and set(value) == {"secure"}]
    for key in secrets:
        del config[key]
    return bool(found or secrets)


def _workload(document: CommentedMap, workload: str) -> MutableMapping[str, Any]:
    workloads = workloads_of(document, FILE_NAME)
    if workload not in workloads:
        raise SandboxError(
            f"{FILE_NAME}: {_WORKLOADS}: got {', '.join(workloads) or 'nothing'}, expected {workload} among them",
            f"remove stacks/{FILE_NAME}; the next run makes it anew",
        )
    return workloads[workload]


def workloads_of(document: CommentedMap, name: str) -> dict[str, MutableMapping[str, Any]]:
    """Return the settings of each workload of a stack's file."""
    workloads = _mapping(_config(document, name), _WORKLOADS, name)
    return {key: _mapping(workloads, key, name) for key in workloads}


def _config(document: CommentedMap, name: str) -> MutableMapping[str, Any]:
    return _mapping(document, "config", name)


def mapping_at(document: CommentedMap, *keys: str, name: str) -> MutableMapping[str, Any]:
    """Return the mapping at a path of a stack's file.

    Raises:
        SandboxError: There is none; the error names the file.
    """
    value: MutableMapping[str, Any] = document
    for key in keys:
        value = _mapping(value, key, name)
    return value


def _mapping(holder: MutableMapping[str, Any], key: str, name: str) -> MutableMapping[str, Any]:
    value = holder.get(key)
    if not isinstance(value, MutableMapping):
        raise SandboxError(
            f"{name}: {key}: got {value!r}, expected a mapping", "run `mlops config check` to see every problem"
        )
    return value


def headed(document: CommentedMap, note: str) -> str:
    """Put a note in place of what a document begins with, but for the line that editors want first."""
    comments = document.ca.comment
    first = "".join(token.value for token in (comments[1] if comments and comments[1] else []))
    lines = [line.removeprefix("#").removeprefix(" ") for line in first.splitlines() if _EDITORS_LINE in line]
    return "\n".join([*lines, *note.splitlines()]) + "\n"


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def document_of(text: str, name: str) -> CommentedMap:
    """Read a stack's file with its comments.

    Raises:
        SandboxError: It is not one; the error names the file.
    """
    try:
        document = _yaml().load(text)
    except YAMLError as error:
        raise SandboxError(f"{name}: not YAML: {error}", "run `mlops config check` to see every problem") from error
    if not isinstance(document, CommentedMap):
        raise SandboxError(f"{name}: got {type(document).__name__}, expected the settings of a stack")
    return document


def text_of(document: CommentedMap) -> str:
    """Write a stack's file with its comments."""
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()
