"""The only reader of Pulumi's configuration."""

from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as runtime_config

from pulumi_mlops.stack.document import SECRET_KEYS, StackDocument
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import ConfigError, Problem
from pulumi_mlops.stack.validate import validate


class RefusedStackError(ConfigError, pulumi.RunError):
    """The running stack's configuration is refused. Pulumi shows a RunError's text, and any other's traceback."""


@dataclass(frozen=True)
class StackSecrets:
    """The secrets of a stack, each an output that Pulumi keeps secret.

    Attributes:
        registry_database_password: The password of the registry's database, where that is postgresql.
    """

    registry_database_password: pulumi.Output[str] | None = None


def load_stack() -> StackConfig:
    """Read the configuration of the stack that Pulumi runs.

    Raises:
        RefusedStackError: When anything is wrong with it; its text holds every problem.
    """
    try:
        return validate(_running_document())
    except ConfigError as error:
        raise RefusedStackError(error.problems) from error


def load_secrets() -> StackSecrets:
    """Read the secrets of the stack that Pulumi runs. `load_stack` has said whether one is missing."""
    config = pulumi.Config()
    return StackSecrets(**{key: config.get_secret(key) for key in SECRET_KEYS})


def _running_document() -> StackDocument:
    project, source = pulumi.get_project(), f"stack {pulumi.get_stack()}"
    config = pulumi.Config(project)
    values: dict[str, object] = {}
    secrets: set[str] = set()
    problems: list[Problem] = []
    for key in _keys(project):
        full = f"{project}:{key}"
        is_secret = runtime_config.is_config_secret(full)
        if key in SECRET_KEYS:
            secrets.add(key)
            if not is_secret:
                expected, fix = "a secret", f"change it, and run pulumi config set --secret {full}"
                problems.append(Problem(source, None, full, "a plain text (not shown)", expected, fix))
            continue
        if is_secret:
            expected = f"secrets only under keys of their own: {', '.join(SECRET_KEYS)}"
            problems.append(Problem(source, None, full, "a secret", expected, "move it to its own key"))
            continue
        try:
            values[key] = config.get_object(key)
        except pulumi.ConfigTypeError:
            values[key] = config.get(key)
    return StackDocument(source, project, values, frozenset(secrets), problems=tuple(problems))


def _keys(project: str) -> list[str]:
    keys = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    return sorted(key.removeprefix(f"{project}:") for key in keys if key.startswith(f"{project}:"))
