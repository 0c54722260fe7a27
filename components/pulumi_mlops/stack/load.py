"""The only reader of Pulumi's configuration."""

from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as runtime_config

from pulumi_mlops.stack.document import SECRET_KEYS, StackDocument
from pulumi_mlops.stack.images import with_records
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import ConfigError, Path
from pulumi_mlops.stack.project import ProjectError, find_project
from pulumi_mlops.stack.pulumi_config import PulumiConfig, document_of
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
    project = pulumi.get_project()
    texts = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    secrets: dict[str, list[Path]] = {key: [()] for key in texts if runtime_config.is_config_secret(key)}
    document = document_of(PulumiConfig(f"stack {pulumi.get_stack()}", project, texts, secrets))
    try:
        return with_records(document, find_project().stacks)
    except ProjectError:
        # A program may be run from elsewhere: then nothing is known of its images.
        return document
