"""What a batch's arguments come to on every target: each setting's range and default, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.pinned_model import PinnedModel, read_model
from pulumi_mlops._shared.problems import Check
from pulumi_mlops._shared.rules import Pattern, Setting
from pulumi_mlops.batch_job import locations
from pulumi_mlops.batch_job.args import TableFormat

PARTITION_ROWS = Setting(1, 10_000_000, default=100_000)
REJECTED_PERCENT_MAX = Setting(0, 100, default=10.0)
"""A table with more unusable rows than that is most likely another table than the model was made for."""
RUN_TIMEOUT_SECONDS = Setting(60, 9 * 24 * 3600, default=4 * 3600)
"""At most nine days: what AWS lets a processing job run."""
MODEL_VOLUME_GIB = Setting(1, 16384, default=4)
VOLUME_GIB = Setting(1, 16384, default=10)
DEFAULT_CPU = "1"
DEFAULT_MEMORY = "2Gi"
DEFAULT_INSTANCE_TYPE = "ml.m5.large"
COLUMN = Pattern(
    r"[^\x00-\x1f\x7f]{1,256}", "the name of a column (1 to 256 characters in one line)", "write it as the table has it"
)

READY = "ready"
WAITING_FOR_MODEL = "waiting-for-model"


@dataclass(frozen=True, kw_only=True)
class NeutralBatchSettings:
    """Settings of a batch on every target."""

    name: str
    image: pulumi.Input[str]
    model_name: str
    workload: str
    model: PinnedModel | None
    """None: there is no version to score with yet."""
    input: str
    output: str
    format: str
    key_columns: Sequence[str]
    partition_rows: int
    rejected_percent_max: float
    schedule: str | None
    """Five cron fields, in UTC; None: it runs when someone asks."""
    run_timeout_seconds: int
    allow_code_formats: Sequence[str]
    tags: Mapping[str, pulumi.Input[str]]


def read_neutral(arguments: Arguments, name: str, *, image: Check, location: Check) -> NeutralBatchSettings:
    """Take what a batch has on every target.

    Args:
        arguments: The component's arguments.
        name: The component's name.
        image: What its image must satisfy on the target.
        location: What a table's place must satisfy on the target.
    """
    read = arguments.read
    given = {key: read(key, location, "") for key in ("input", "output")}
    if all(given.values()) and (expected := locations.problem_of(given["input"], given["output"])):
        arguments.add("output", given["output"], expected, "name another folder")
    columns = arguments.items("key_columns", COLUMN)
    for index, column in enumerate(columns):
        if column in columns[:index]:
            arguments.add(f"key_columns[{index}]", column, "each column once", "remove this one")
    model_name = read("model_name", values.workload_name, name)
    return NeutralBatchSettings(
        name=name,
        image=read("image", image),
        model_name=model_name,
        workload=read("workload", values.workload_name, model_name),
        model=read_model(arguments, "model"),
        **given,
        format=TableFormat(read("format", None, TableFormat.PARQUET)).value,
        key_columns=columns,
        partition_rows=arguments.number("partition_rows", PARTITION_ROWS),
        rejected_percent_max=float(read("rejected_percent_max", REJECTED_PERCENT_MAX, REJECTED_PERCENT_MAX.default)),
        schedule=read("schedule", values.schedule),
        run_timeout_seconds=arguments.number("run_timeout_seconds", RUN_TIMEOUT_SECONDS),
        allow_code_formats=sorted(set(arguments.items("allow_code_formats", values.code_format))),
        tags=read("tags", None, {}),
    )


def command(settings: NeutralBatchSettings, model: PinnedModel, *, input_at: Any, output_at: Any) -> list[Any]:
    """Return the arguments of `mlops_runtime.batch` that are the same on every target.

    Args:
        settings: The batch.
        model: The version that scores.
        input_at: Where the batch finds the input.
        output_at: Where it puts the output.
    """
    formats = ",".join(settings.allow_code_formats)
    return [
        *("--name", settings.model_name, "--version", model.version, "--digest", model.digest),
        *("--input", input_at, "--output", output_at, "--format", settings.format),
        *(part for column in settings.key_columns for part in ("--key-column", column)),
        *("--partition-rows", str(settings.partition_rows)),
        *("--rejected-percent-max", f"{settings.rejected_percent_max:g}"),
        *(("--allow-code-formats", formats) if formats else ()),
    ]
