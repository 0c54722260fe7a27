"""What a model saw and answered when it was trained: the file `baseline.json` of its artifact.

The artifact's digest covers it, so a promotion that pins a version pins its baseline. It holds counts and single values
of the training rows (least, greatest, quantiles), and no row.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from mlops_runtime.serving.contract import ContractError, Finite, ModelOutput, parse_file

if TYPE_CHECKING:
    import pandas as pd

    from mlops_runtime.serving.contract import Feature

BASELINE_FILE_NAME: Final = "baseline.json"

Count = Annotated[StrictInt, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Column(_Part):
    """What every column has: how many rows, and how many of them without a value."""

    rows: Count
    missing: Count = 0

    @property
    def missing_ratio(self) -> float:
        """The share of rows without a value."""
        return self.missing / self.rows if self.rows else 0.0


class Quantiles(_Part):
    """Points of a column's cumulative distribution, each with its exact counts.

    A distribution function that is known at these points is known everywhere to within the largest step between two
    of them, which is `1 / len(values)` or so; at the points themselves, ties included, it is exact.

    Attributes:
        values: Values of the column, ascending.
        at: How many rows have this value or a lesser one.
        below: How many rows have a lesser one.
    """

    values: tuple[Finite, ...] = Field(min_length=1)
    at: tuple[Count, ...]
    below: tuple[Count, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not len(self.values) == len(self.at) == len(self.below):
            raise ValueError(
                f"got {len(self.values)} values, {len(self.at)} at and {len(self.below)} below, expected as many each"
            )
        if list(self.values) != sorted(set(self.values)):
            raise ValueError("got values that do not ascend, expected each greater than the one before")
        return self


class NumberBaseline(_Column):
    """A column of numbers.

    Attributes:
        unit: Of its numbers.
        infinite: How many rows are infinite; they are in no bin and no quantile.
        minimum: The least number; None where there is none.
        maximum: The greatest number.
        mean: The mean.
        standard_deviation: Of all rows, not of a sample.
        edges: The bins' upper bounds, each belonging to the bin below it. The first and the last bin are open.
        counts: How many rows each bin has: one more than there are edges.
        quantiles: See `Quantiles`; None where there is no number.
    """

    kind: Literal["number"] = "number"
    unit: str = ""
    infinite: Count = 0
    minimum: Finite | None = None
    maximum: Finite | None = None
    mean: Finite | None = None
    standard_deviation: Finite | None = None
    edges: tuple[Finite, ...] = ()
    counts: tuple[Count, ...] = ()
    quantiles: Quantiles | None = None

    @model_validator(mode="after")
    def _bins_fit(self) -> Self:
        expected = len(self.edges) + 1 if self.edges else 0
        if len(self.counts) != expected:
            raise ValueError(f"got {len(self.counts)} counts for {len(self.edges)} edges, expected {expected}")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError("got edges that do not ascend, expected each greater than the one before")
        return self

    @property
    def known(self) -> int:
        """How many rows have a finite number."""
        return sum(self.counts)

    @property
    def is_constant(self) -> bool:
        """Whether all numbers are one."""
        return self.minimum is not None and self.minimum == self.maximum


class CategoryBaseline(_Column):
    """A column of few texts, or of True and False.

    Attributes:
        counts: How many rows have each text. One that no row has is known all the same: the model's vocabulary has it.
        others: How many rows have a text that is not listed, for there were too many of them.
    """

    kind: Literal["category"] = "category"
    counts: Mapping[str, Count] = {}
    others: Count = 0

    @property
    def known(self) -> int:
        """How many rows have a text."""
        return sum(self.counts.values()) + self.others

    @property
    def is_constant(self) -> bool:
        """Whether all rows have one text."""
        return not self.others and sum(count > 0 for count in self.counts.values()) == 1


class TextBaseline(_Column):
    """A column of free text, known by its length alone."""

    kind: Literal["text"] = "text"
    characters: NumberBaseline


class VectorBaseline(_Column):
    """A column of lists of numbers, known by their Euclidean norm."""

    kind: Literal["vector"] = "vector"
    norm: NumberBaseline


class DatetimeBaseline(_Column):
    """A column of times. They go on by themselves, so only missing and wrong values are watched."""

    kind: Literal["datetime"] = "datetime"


class ProbabilitiesBaseline(_Column):
    """An output of a number for each class."""

    kind: Literal["probabilities"] = "probabilities"
    classes: Mapping[str, NumberBaseline]


ColumnBaseline = Annotated[
    NumberBaseline | CategoryBaseline | TextBaseline | VectorBaseline | DatetimeBaseline | ProbabilitiesBaseline,
    Field(discriminator="kind"),
]


class Quality(_Part):
    """One metric of the model on rows that it had not seen."""

    value: Finite
    unit: str = ""


class Baseline(_Part):
    """What a model was trained on, and how good it was.

    Attributes:
        format: Of this file.
        rows: How many training rows there were.
        features: Each feature by name.
        outputs: Each output by name, as the model answered the training rows.
        quality: Metrics on held-out rows, by name; empty where nobody measured them.
        quality_rows: How many rows they were measured on.
    """

    format: Literal[1] = 1
    rows: Count
    features: Mapping[str, ColumnBaseline]
    outputs: Mapping[str, ColumnBaseline] = {}
    quality: Mapping[str, Quality] = {}
    quality_rows: Count = 0

    @classmethod
    def of(
        cls,
        frame: "pd.DataFrame",
        answers: Mapping[str, Sequence[Any]] | None = None,
        *,
        features: "Sequence[Feature] | None" = None,
        outputs: Sequence[ModelOutput] = (),
    ) -> Self:
        """Summarise training rows and the model's answers to them.

        Args:
            frame: The rows, a column for each feature.
            answers: The answers by the output's name, for these rows or some of them.
            features: The features' types. Defaults to what the rows show.
            outputs: The outputs that `answers` has.
        """
        from mlops_runtime.monitoring.summaries import features_of, outputs_of  # noqa: PLC0415 - pandas is slow

        return cls(rows=len(frame), features=features_of(frame, features), outputs=outputs_of(answers or {}, outputs))

    @classmethod
    def read(cls, directory: Path) -> Self | None:
        """Read a model's baseline; None where the artifact has none, which is a legal state.

        Raises:
            ContractError: The file is there, and is no baseline.
        """
        path = directory / BASELINE_FILE_NAME
        if not directory.is_dir():
            raise ContractError(f"{directory}: got no folder, expected a model's files")
        return parse_file(path, cls) if path.exists() else None

    def document(self) -> str:
        """Return the text of `baseline.json`."""
        return self.model_dump_json(exclude_defaults=False, indent=None) + "\n"

    def write(self, directory: Path) -> None:
        """Put it into a model's folder."""
        (directory / BASELINE_FILE_NAME).write_text(self.document(), encoding="utf-8")

    def with_quality(self, metrics: Mapping[str, float], units: Mapping[str, str], rows: int) -> Self:
        """Return it with metrics of held-out rows; those that are no finite number are left out."""
        found = {
            name: Quality(value=value, unit=units.get(name, ""))
            for name, value in metrics.items()
            if value == value and abs(value) != float("inf")  # noqa: PLR0124 - not a number is not itself
        }
        return self.model_copy(update={"quality": found, "quality_rows": rows})
