"""`mlops versions`: the registered versions of a model, and where each comes from."""

import typer

from pulumi_mlops.cli.output import print_json
from pulumi_mlops.cli.registered_version import RegisteredVersion
from pulumi_mlops.cli.tables import print_table, shown_digest, shown_metrics, shown_moment
from pulumi_mlops.cli.targets import on_target
from pulumi_mlops.cli.workload_status import Known, Version


def versions(workload: str, stack: str, most: int, *, as_json: bool) -> None:
    """Print the newest versions, with marks at those that are pinned and that serve.

    Args:
        workload: The workload.
        stack: Its stack, whose registry is asked.
        most: How many at most.
        as_json: Whether to write `{"versions": […]}` for programs.

    Raises:
        typer.Exit: With code 1 when the registry cannot be asked.
    """
    with on_target(workload, stack) as operations:
        found = operations.versions(most)
        pin = operations.place.config.workloads[workload].model
        serving = operations.serving() if found else Known()
    gate = operations.place.config.workloads[workload].pipeline.gate
    marks = {version.version: _marks(version, None if pin is None else pin.version, serving.value) for version in found}
    if as_json:
        listed = [
            version.to_document()
            | {"is_pinned": "pinned" in marks[version.version], "is_serving": "serving" in marks[version.version]}
            for version in found
        ]
        print_json({"stack": stack, "workload": workload, "versions": listed})
        return
    has_approval = any(version.approval is not None for version in found)
    headings = ["version", "digest", "registered", "run", "by", "data", "code", *(["approval"] if has_approval else [])]
    rows = [
        [
            str(version.version),
            shown_digest(version.digest),
            shown_moment(version.created_at),
            version.run or "-",
            version.created_by or "-",
            shown_digest(version.data_digest),
            version.code_version or "-",
            *([version.approval or "-"] if has_approval else []),
            shown_metrics(version.metrics, None if gate is None else gate.metric),
            ", ".join(marks[version.version]),
        ]
        for version in found
    ]
    print_table([*headings, "metrics", ""], rows)
    if serving.problem is not None:
        typer.echo(f"which version serves is not known: {serving.problem}")


def _marks(version: RegisteredVersion, pinned: int | None, serving: Version | None) -> list[str]:
    served = serving is not None and (serving.number, serving.digest) == (version.version, version.digest)
    return [*(["pinned"] if version.version == pinned else []), *(["serving"] if served else [])]
