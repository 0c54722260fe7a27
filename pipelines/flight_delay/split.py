"""Earlier flights to learn from, later ones to be judged by."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

from flight_delay.columns import DATE
from flight_delay.graph import FlightDelayParameters
from mlops_runtime.errors import StepError


@dataclass(frozen=True)
class Split:
    """The days of training and of evaluation; the latter begin where the former end.

    Attributes:
        train_from: First day of training.
        holdout_from: First day after training, first day of evaluation.
        holdout_until: First day after evaluation.
    """

    train_from: pd.Timestamp
    holdout_from: pd.Timestamp
    holdout_until: pd.Timestamp

    @classmethod
    def of(cls, parameters: FlightDelayParameters) -> Self:
        """Return the days that the parameters ask for."""
        holdout_from = pd.Timestamp(f"{parameters.train_until}-01") + pd.DateOffset(months=1)
        return cls(
            train_from=pd.Timestamp(f"{parameters.train_from}-01"),
            holdout_from=holdout_from,
            holdout_until=holdout_from + pd.Timedelta(days=parameters.horizon_days),
        )

    def training(self, frame: pd.DataFrame, rows_max: int) -> pd.DataFrame:
        """Return the flights to learn from: all of them, or the latest `rows_max` where that is not 0.

        Raises:
            StepError: There is none.
        """
        chosen = frame[(frame[DATE] >= self.train_from) & (frame[DATE] < self.holdout_from)]
        chosen = chosen.iloc[-rows_max:]
        if chosen.empty:
            raise StepError(
                f"got no flights, expected some from {self.train_from:%Y-%m-%d} to {self.holdout_from:%Y-%m-%d}"
            )
        return chosen

    def holdout(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the flights to be judged by.

        Raises:
            StepError: There is none.
        """
        chosen = frame[(frame[DATE] >= self.holdout_from) & (frame[DATE] < self.holdout_until)]
        if chosen.empty:
            raise StepError(
                f"got no flights, expected some from {self.holdout_from:%Y-%m-%d} to {self.holdout_until:%Y-%m-%d},"
                " fix: choose an earlier train_until"
            )
        return chosen
