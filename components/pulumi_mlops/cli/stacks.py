"""Finds a workload of a stack by the names that a user gives."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_mlops._shared import names
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.cli.output import code_prints_to_stderr
from pulumi_mlops.endpoint.config import EndpointConfig
from pulumi_mlops.endpoint.settings import REQUEST_TIMEOUT_SECONDS
from pulumi_mlops.stack import StackConfig
from pulumi_mlops.stack.file import load_stack_file
from pulumi_mlops.stack.project import ProjectError, find_project

ANSWER_MARGIN_SECONDS = 10
"""Of a model that may take 60 seconds, AWS says: "the SDK socket timeout should be set to be 70 seconds"
(API_runtime_InvokeEndpoint)."""


@dataclass(frozen=True)
class Place:
    """A workload of a stack, and what it is called in the cluster.

    Attributes:
        stack: The stack.
        workload: The workload.
        config: The stack's configuration.
    """

    stack: str
    workload: str
    config: StackConfig

    @property
    def namespace(self) -> str:
        """The namespace that holds it."""
        return self.config.platform.namespace

    @property
    def model(self) -> str:
        """The name that its model is registered under."""
        return self.config.model_of(self.workload)

    @property
    def pipeline(self) -> str:
        """The name of its pipeline's CronJob."""
        return names.pipeline_of(self.workload)

    @property
    def batch(self) -> str:
        """The name of its batch's CronJob."""
        return names.batch_of(self.workload)

    @property
    def batch_labels(self) -> Mapping[str, str]:
        """The labels of its batch's runs."""
        return labels.selector(self.batch, names.BATCH_JOB)

    @property
    def pipeline_labels(self) -> Mapping[str, str]:
        """The labels of its runs."""
        return labels.selector(self.pipeline, names.TRAINING_PIPELINE)


def stack_of(stack: str) -> StackConfig:
    """Return the configuration of a stack.

    Raises:
        ProjectError: When the project has no such stack.
        ConfigError: When the stack's configuration is refused.
    """
    project = find_project()
    with code_prints_to_stderr():
        return load_stack_file(project.stack_file(stack), project)


def place_of(workload: str, stack: str) -> Place:
    """Return a workload of a stack.

    Raises:
        ProjectError: When the project has no such stack, or the stack no such workload.
        ConfigError: When the stack's configuration is refused.
    """
    config = stack_of(stack)
    if workload not in config.workloads:
        known = sorted(config.workloads)
        raise ProjectError(
            f"stack {stack}: got the unknown workload {workload}, expected one of {', '.join(known) or 'none'}, "
            f"fix: {did_you_mean(workload, known) or 'name one of these'}"
        )
    return Place(stack, workload, config)


def longest_answer_seconds(endpoint: EndpointConfig) -> int:
    """Return how long an endpoint's answer may be waited for: it gives none after its own request timeout."""
    seconds: int = endpoint.request_timeout_seconds or REQUEST_TIMEOUT_SECONDS.default
    return seconds + ANSWER_MARGIN_SECONDS
