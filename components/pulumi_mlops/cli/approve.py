"""`mlops approve`: a person's word on a registered version, where the target serves none without."""

import typer

from pulumi_mlops.cli.operations import ApprovalRefusedError
from pulumi_mlops.cli.output import print_json
from pulumi_mlops.cli.targets import on_target


def approve(workload: str, stack: str, version: int, *, rejects: bool, note: str | None, as_json: bool) -> None:
    """Approve or reject a version, with who did so and why.

    Args:
        workload: The workload.
        stack: Its stack.
        version: The version's number.
        rejects: Whether it is rejected.
        note: Why. Defaults to who does so alone.
        as_json: Whether to write the version as JSON.

    Raises:
        typer.Exit: With code 1 when there is no such version, or the target has no approval.
    """
    with on_target(workload, stack, ApprovalRefusedError) as operations:
        approval = operations.approve(version, rejects=rejects, note=note)
    if as_json:
        print_json(approval.to_document())
    else:
        typer.echo(f"version {approval.version} is {approval.status}: {approval.digest}")
