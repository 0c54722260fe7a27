"""Real rows with the answers that the trainer had for them: what a server must repeat before it is ready."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

from .contract import GOLDEN_FILE_NAME, ContractError, Finite, ModelOutput, ServingContract, parse_file

MINIMUM_ROWS = 16

FeatureValue = bool | int | float | str | list[float] | None
OutputValue = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | StrictStr | list[Finite]
Answers = Mapping[str, Sequence[object]]


class GoldenMismatchError(Exception):
    """Answers differ from the trainer's; the message names the output and the worst row."""


class GoldenRows(BaseModel):
    """The rows, the trainer's answers, and the largest absolute difference of numbers that still counts as equal.

    The tolerance is what lies between the trainer's float64 and the served model's float32, no more. Labels and texts
    are the same or they are not.

    Attributes:
        rows: Feature to value.
        outputs: Output to its value for each row: a number, a label, a text, or a list of numbers.
        tolerance: In the unit of the numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: tuple[Mapping[str, FeatureValue], ...] = Field(min_length=MINIMUM_ROWS)
    outputs: Mapping[str, tuple[OutputValue, ...]] = Field(min_length=1)
    tolerance: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_value_for_each_row(self) -> Self:
        problems = [
            f"output {name!r}: got {len(values)} values, expected one for each of {len(self.rows)} rows"
            for name, values in self.outputs.items()
            if len(values) != len(self.rows)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def check_contract(self, contract: ServingContract) -> None:
        """Hold the outputs against what the contract says of them.

        Raises:
            ContractError: Names differ, or a value is not of its output's kind; all outputs in one message.
        """
        if sorted(self.outputs) != sorted(contract.output_names):
            got, expected = ", ".join(sorted(self.outputs)), ", ".join(sorted(contract.output_names))
            raise ContractError(f"{GOLDEN_FILE_NAME}: got outputs {got}, expected the contract's: {expected}")
        problems = [
            f"output {output.name!r}: row {row}: got {str(value)[:80]!r}, expected {expected_value(output)}"
            for output in contract.outputs
            for row, value in enumerate(self.outputs[output.name])
            if not is_value(output, value)
        ]
        if problems:
            more = f"; and {len(problems) - 1} more rows" if len(problems) > 1 else ""
            raise ContractError(f"{GOLDEN_FILE_NAME}: {problems[0]}{more}")

    def check(self, answers: Answers, outputs: Sequence[ModelOutput]) -> "GoldenScore":
        """Hold a server's answers against the trainer's.

        Args:
            answers: Output to its value for each row.
            outputs: The contract's outputs, which say what is compared exactly.

        Raises:
            GoldenMismatchError: An output that is missing, a number of answers other than that of the rows, a number
                that is off by more than the tolerance or is not finite, or another label or text.
        """
        scores = [self._check_output(output, answers) for output in outputs]
        return max(scores, key=lambda score: score.max_absolute_error)

    def _check_output(self, output: ModelOutput, answers: Answers) -> "GoldenScore":
        place = "" if len(self.outputs) == 1 else f"output {output.name!r}: "
        expected = self.outputs[output.name]
        got = answers.get(output.name, ())
        if len(got) != len(expected):
            raise GoldenMismatchError(f"{place}got {len(got)} answers, expected {len(expected)}")
        errors = [_difference(output, *pair) for pair in zip(got, expected, strict=True)]
        worst = max(range(len(errors)), key=errors.__getitem__)
        if errors[worst] > self.tolerance:
            within = f" within {self.tolerance}" if output.kind not in ("label", "text") else ""
            raise GoldenMismatchError(
                f"{place}golden row {worst}: got {_short(got[worst])}, expected {_short(expected[worst])}"
                f"{within}; {sum(error > self.tolerance for error in errors)} of {len(errors)} rows differ"
            )
        return GoldenScore(rows=len(errors), max_absolute_error=errors[worst], tolerance=self.tolerance)


@dataclass(frozen=True, slots=True)
class GoldenScore:
    """How near the answers came: the number of rows, the worst difference and the tolerance, in the model's unit."""

    rows: int
    max_absolute_error: float
    tolerance: float


def load_golden(model_directory: Path) -> GoldenRows:
    """Read and check `golden.json`.

    Raises:
        ContractError: The file is missing or does not hold golden rows.
    """
    return parse_file(model_directory / GOLDEN_FILE_NAME, GoldenRows)


def is_value(output: ModelOutput, value: object) -> bool:
    """Whether a value may be a row's answer of this output: of its kind, its classes and its length, and finite."""
    match output.kind:
        case "number":
            return _is_finite(value)
        case "label":
            return type(value) in (str, int) and value in (output.classes or ())
        case "text":
            return isinstance(value, str)
        case "probabilities" | "vector":
            return isinstance(value, list | tuple) and len(value) == output.columns and all(map(_is_finite, value))


def expected_value(output: ModelOutput) -> str:
    """Return what `is_value` wants, in words."""
    match output.kind:
        case "number":
            return "a finite number"
        case "label":
            return f"one of {', '.join(map(repr, (output.classes or ())[:24]))}"
        case "text":
            return "text"
        case "probabilities" | "vector":
            return f"{output.columns} finite numbers"


def _difference(output: ModelOutput, got: object, expected: OutputValue) -> float:
    """How far apart two values are; infinitely far where nothing can be subtracted."""
    if output.kind in ("label", "text"):
        return 0.0 if type(got) is type(expected) and got == expected else math.inf
    if isinstance(expected, list):
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return math.inf
        return max(map(_distance, got, expected), default=0.0)
    return _distance(got, expected)


def _distance(got: object, expected: object) -> float:
    if not _is_finite(got) or not isinstance(expected, int | float):
        return math.inf
    return abs(got - expected)  # type: ignore[operator]  # a finite number


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
