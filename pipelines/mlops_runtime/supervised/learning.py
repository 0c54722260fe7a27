"""What is learned from what: the part of a supervised pipeline that is a workload's own, as data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import FUNCTION_REFERENCE

Task = Literal["classification", "regression"]

METRICS: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "balanced_accuracy", "f1_macro", "log_loss"),
    "regression": ("mae", "rmse", "r2"),
}
"""What is measured on the hold-out rows, the usual one first."""
HIGHER_IS_BETTER = frozenset({"accuracy", "balanced_accuracy", "f1_macro", "r2"})


class SupervisedParameters(PipelineParameters):
    """What a run can be given. A workload with more of them makes a class of its own from this one."""

    holdout_percent: int = Field(default=20, ge=1, le=50, description="Share of the rows that the model is judged by.")
    champion_margin: float = Field(
        default=0.0,
        ge=0,
        description="How much worse than the serving version's the metric may be, on the same rows.",
    )
    random_seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of everything random.")


@dataclass(frozen=True, kw_only=True)
class Learning:
    """What a supervised graph learns.

    Attributes:
        task: Whether the target is a class or a number.
        target: The column with the answers.
        data: The function that returns the table, as module:function. It takes the run's parameters.
        estimator: The function that returns a new scikit-learn estimator or pipeline, as module:function. It takes the
            run's parameters.
        source: Where the data comes from: an address or a sentence, recorded with the run.
        metric: What decides whether a model is better than the baseline and the serving version.
        unit: The unit of a regression's target.
        time_column: Where there is one, the newest rows are held out. It is no feature.
        key_columns: What tells of whom or what a row is: all rows of one key are held out or none. They are no
            features. Where there is neither, rows of the same features stay together.
    """

    task: Task
    target: str
    data: str
    estimator: str
    source: str
    metric: str
    unit: str = ""
    time_column: str = ""
    key_columns: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """What the gate may name."""
        return (*METRICS.get(self.task, ()), f"baseline_{self.metric}")

    @property
    def not_features(self) -> tuple[str, ...]:
        """The columns that the model does not see."""
        return tuple(name for name in (self.target, self.time_column, *self.key_columns) if name)

    def problems(self) -> Iterator[str]:
        """Return what this has wrong by itself."""
        if self.task not in METRICS:
            yield f"task: got {self.task!r}, expected one of {', '.join(METRICS)}"
            return
        if self.metric not in METRICS[self.task]:
            yield f"metric: got {self.metric!r}, expected one of {', '.join(METRICS[self.task])}, for a {self.task}"
        for name, reference in (("data", self.data), ("estimator", self.estimator)):
            if not FUNCTION_REFERENCE.fullmatch(reference):
                yield f"{name}: got {reference!r}, expected module:function"
        for name in ("target", "source"):
            if not getattr(self, name):
                yield f"{name}: got nothing, expected {'a column' if name == 'target' else 'where the data comes from'}"
        if self.time_column and self.key_columns:
            yield "key_columns: got them beside time_column, expected one of the two: rows are held out by one of them"
        if self.target in (self.time_column, *self.key_columns):
            yield f"target: got {self.target!r}, which rows are held out by too, expected another column"
        if self.unit and self.task == "classification":
            yield f"unit: got {self.unit!r}, expected none: a class has no unit"
