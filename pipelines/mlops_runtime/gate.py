"""The bound that a trained model must reach to be registered."""

import json
import math
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlops_runtime.errors import SettingsError, StepError


class Gate(BaseModel):
    """One bound of one metric: `max` where less is better, `min` where more is better. The bound itself passes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    metric: str = Field(min_length=1)
    max: float | None = Field(default=None, allow_inf_nan=False)
    min: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.max is None) == (self.min is None):
            raise ValueError(f"got max {self.max} and min {self.min}, expected exactly one of max and min")
        return self

    def __str__(self) -> str:
        return f"{self.metric} <= {self.max}" if self.max is not None else f"{self.metric} >= {self.min}"

    def rejection(self, metrics: Mapping[str, float]) -> str | None:
        """Hold measured metrics against the bound.

        Returns:
            Why the model is rejected; None when it passes.

        Raises:
            StepError: The metric was not measured.
        """
        if self.metric not in metrics:
            raise StepError(
                f"gate {self}: got {', '.join(sorted(metrics)) or 'no metric'}, expected a value of {self.metric},"
                " fix: correct the gate's metric"
            )
        value = metrics[self.metric]
        passes = not math.isnan(value) and (value <= self.max if self.max is not None else value >= (self.min or 0.0))
        return None if passes else f"{self.metric} is {value:.6g}, but the gate asks for {self}"


def parse_gate(text: str, place: str) -> Gate:
    """Read a gate from JSON, such as `{"metric": "mae_minutes", "max": 13.0}`.

    Args:
        text: The JSON.
        place: Where it stands, for the error.

    Raises:
        SettingsError: It is no gate.
    """
    try:
        document = json.loads(text)
        if isinstance(document, dict):
            document = {key: value for key, value in document.items() if value is not None}
        return Gate.model_validate(document)
    except (json.JSONDecodeError, ValidationError) as error:
        problems = (
            "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'gate'}: {problem['msg']}" for problem in error.errors())
            if isinstance(error, ValidationError)
            else str(error)
        )
        raise SettingsError(
            f'{place}: got {text[:200]!r}, expected a gate such as {{"metric": "mae_minutes", "max": 13.0}}: {problems}'
        ) from error
