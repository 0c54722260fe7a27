"""How far each measure may go: bounds with their units and source, and the fewest rows that they mean anything for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlops_runtime.serving.contract import parse_file

Bound = Annotated[float, Field(allow_inf_nan=False)]
Direction = Literal["above", "below"]

DRIFT_ROWS_MIN: Final = 500
"""With ten bins and no drift at all, one of a thousand windows of 500 rows has an index of 0.056; of 100 rows, 0.28."""
LABELS_MIN: Final = 200
GROUP_ROWS_MIN: Final = 100
"""With 100 rows, a share of a half is known to within 0.1 (two standard errors)."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Threshold(_Document):
    """The bounds on one measure.

    Attributes:
        warning: From where on it is worth a look; None for never.
        breached: From where on somebody must act; None for never.
        unit: What the bounds count.
        direction: On which side of a bound the trouble is.
        rows_min: How many rows the measure takes to mean anything.
        source: Where the bounds come from.
    """

    warning: Bound | None = None
    breached: Bound | None = None
    unit: str = ""
    direction: Direction = "above"
    rows_min: int = Field(default=DRIFT_ROWS_MIN, ge=1)
    source: str = "the configuration"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warning is None or self.breached is None:
            return self
        is_in_order = self.warning <= self.breached if self.direction == "above" else self.warning >= self.breached
        if not is_in_order:
            expected = "at most" if self.direction == "above" else "at least"
            raise ValueError(f"got warning {self.warning:g}, expected {expected} breached, {self.breached:g}")
        return self

    def told(self, value: float) -> str:
        """Return a value or a bound in words: a share as percent."""
        return f"{100 * value:.3g} %" if self.unit.startswith("share") else f"{value:.3g}"

    def exceeds(self, value: float, bound: float | None) -> bool:
        """Return whether a value is on the wrong side of a bound."""
        if bound is None:
            return False
        return value > bound if self.direction == "above" else value < bound


DEFAULTS: Final[Mapping[str, Threshold]] = {
    "psi": Threshold(
        warning=0.1,
        breached=0.2,
        unit="index",
        source="credit scoring's rule of thumb: below 0.1 stable, above 0.2 to 0.25 shifted (Siddiqi 2006, Scorecards)",
    ),
    "ks": Threshold(unit="share of rows", source="shown and not judged: the index of the same column is"),
    "js": Threshold(unit="distance from 0 to 1", source="shown and not judged: the index of the same column is"),
    "missing": Threshold(
        warning=0.05,
        breached=0.1,
        unit="share of rows, more than in training",
        source="our choice: TensorFlow Data Validation and Deequ have a bound per column and no default",
    ),
    "out_of_range": Threshold(
        warning=0.01,
        breached=0.05,
        unit="share of rows",
        source="our choice: beyond what training saw, trees answer as at its edge",
    ),
    "wrong_type": Threshold(
        warning=0.0, breached=0.01, unit="share of rows", rows_min=100, source="our choice: none is right"
    ),
    "unseen_category": Threshold(
        warning=0.01, breached=0.05, unit="share of rows", source="our choice, as for what is out of range"
    ),
    "quality_loss": Threshold(
        warning=0.1,
        breached=0.2,
        unit="share, worse than at training",
        rows_min=LABELS_MIN,
        source="our choice: SageMaker Model Monitor suggests the baseline itself, which chance alone crosses",
    ),
    "calibration_error": Threshold(
        warning=0.05,
        breached=0.1,
        unit="probability",
        rows_min=LABELS_MIN,
        source="our choice: ten bins and 200 rows have an error of some 0.05 by chance",
    ),
    "group_loss": Threshold(
        warning=1.25,
        breached=1.5,
        unit="times the rest's error",
        rows_min=GROUP_ROWS_MIN,
        source="the four-fifths rule of the US EEOC, 29 CFR 1607.4 D, turned round: 1 / 0.8 = 1.25",
    ),
    "cost": Threshold(unit="per 1,000 predictions", rows_min=1, source="none: a price is a budget's matter"),
}
"""What is watched unless the configuration says otherwise."""


class Thresholds(_Document):
    """All bounds: those of a measure, and of one of its columns, metrics or groups alone.

    Attributes:
        measures: By measure; what is not named keeps its default.
        of_feature: By feature or output, then by measure.
        of_metric: Bounds on a metric's own value, such as `mae` above 15.
    """

    measures: Mapping[str, Threshold] = {}
    of_feature: Mapping[str, Mapping[str, Threshold]] = {}
    of_metric: Mapping[str, Threshold] = {}

    @model_validator(mode="after")
    def _are_known(self) -> Self:
        named = {*self.measures, *(measure for bounds in self.of_feature.values() for measure in bounds)}
        if unknown := sorted(named - set(DEFAULTS)):
            raise ValueError(f"got {', '.join(unknown)}, expected some of {', '.join(DEFAULTS)}")
        return self

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """Read a file of thresholds; the defaults where there is none.

        Raises:
            ContractError: The file holds something else; all problems in one message.
        """
        return cls() if path is None else parse_file(path, cls)

    def of(self, measure: str, name: str = "") -> Threshold:
        """Return the threshold of a measure, for one feature or output where a name is given.

        What a file says of a measure is laid over its default, setting by setting.
        """
        found = DEFAULTS[measure]
        for given in (self.measures.get(measure), self.of_feature.get(name, {}).get(measure)):
            if given is not None:
                found = _over(found, given)
        return found

    def rows_min(self) -> int:
        """Return how many rows a score of drift takes."""
        return self.of("psi").rows_min


def _over(default: Threshold, given: Threshold) -> Threshold:
    said = {name: getattr(given, name) for name in given.model_fields_set}
    return Threshold.model_validate({**default.model_dump(), "source": "the configuration", **said})
