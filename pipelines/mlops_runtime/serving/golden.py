"""Real rows with the predictions that the trainer had for them: what a server must repeat before it is ready."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .contract import parse_file

GOLDEN_FILE_NAME = "golden.json"
MINIMUM_ROWS = 16

FeatureValue = float | int | str | None
Finite = Annotated[float, Field(allow_inf_nan=False)]


class GoldenMismatchError(Exception):
    """Answers differ from the trainer's by more than the tolerance; the message names the worst row."""


class GoldenRows(BaseModel):
    """The rows, their predictions in the model's unit, and the largest absolute difference that still counts as equal.

    The tolerance is what lies between scikit-learn's float64 and the served model's float32, no more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: tuple[Mapping[str, FeatureValue], ...] = Field(min_length=MINIMUM_ROWS)
    predictions: tuple[Finite, ...]
    tolerance: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_prediction_for_each_row(self) -> Self:
        if len(self.rows) != len(self.predictions):
            raise ValueError(f"got {len(self.predictions)} predictions, expected one for each of {len(self.rows)} rows")
        return self

    def check(self, answers: Sequence[float]) -> "GoldenScore":
        """Holds a server's answers against the predictions.

        Raises:
            GoldenMismatchError: A number of answers other than that of the rows, an answer that is not a finite
                number, or one that is off by more than the tolerance.
        """
        if len(answers) != len(self.predictions):
            raise GoldenMismatchError(f"got {len(answers)} answers, expected {len(self.predictions)}")
        errors = [abs(answer - prediction) for answer, prediction in zip(answers, self.predictions, strict=True)]
        worst = max(range(len(errors)), key=lambda row: math.inf if math.isnan(errors[row]) else errors[row])
        if not errors[worst] <= self.tolerance:
            raise GoldenMismatchError(
                f"golden row {worst}: got {answers[worst]}, expected {self.predictions[worst]}"
                f" within {self.tolerance}; {sum(not error <= self.tolerance for error in errors)}"
                f" of {len(errors)} rows differ"
            )
        return GoldenScore(rows=len(errors), max_absolute_error=errors[worst], tolerance=self.tolerance)


@dataclass(frozen=True, slots=True)
class GoldenScore:
    """How near the answers came: the number of rows, the worst difference and the tolerance, in the model's unit."""

    rows: int
    max_absolute_error: float
    tolerance: float


def load_golden(model_directory: Path) -> GoldenRows:
    """Reads and checks `golden.json`.

    Raises:
        ContractError: The file is missing or does not hold golden rows.
    """
    return parse_file(model_directory / GOLDEN_FILE_NAME, GoldenRows)
