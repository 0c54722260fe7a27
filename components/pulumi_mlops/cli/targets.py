"""Chooses what the commands use for a workload: its target's operations, and nothing of the other target."""

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_mlops.cli.operations import Operations
from pulumi_mlops.cli.output import told_errors
from pulumi_mlops.cli.stacks import Place, place_of
from pulumi_mlops.stack import Target


def operations_of(place: Place) -> Operations:
    """Return the operations of a workload's target. The library of the other target is not needed."""
    match place.config.platform.target:
        case Target.KUBERNETES:
            from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations  # noqa: PLC0415 - see above

            return KubernetesOperations(place)
        case Target.SAGEMAKER:
            from pulumi_mlops.cli.sagemaker.operations import SageMakerOperations  # noqa: PLC0415 - see above

            return SageMakerOperations(place)


@contextmanager
def on_target(workload: str, stack: str, *expected: type[Exception]) -> Iterator[Operations]:
    """Find a workload and what can be done with it; let expected failures end the command with their text.

    Args:
        workload: The workload.
        stack: Its stack.
        expected: The failures that this command expects beside those of a stack file and of the target.
    """
    with told_errors(*expected):
        operations = operations_of(place_of(workload, stack))
        with told_errors(*operations.errors):
            yield operations
