"""The steps of the pipeline and what can be set. Cheap to import: it names the steps' functions and loads none."""

from typing import Self

from pydantic import Field, model_validator

from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import Resources, Step

MONTH_PATTERN = "^2013-(0[1-9]|1[0-2])$"


class FlightDelayParameters(PipelineParameters):
    """What a run can be given."""

    train_from: str = Field(default="2013-01", pattern=MONTH_PATTERN, description="First month of the training data.")
    train_until: str = Field(
        default="2013-10",
        pattern=MONTH_PATTERN,
        description="Last month of the training data; the model is evaluated on the days after it.",
    )
    horizon_days: int = Field(default=28, ge=1, le=92, description="Days after training to evaluate on.")
    training_rows_max: int = Field(
        default=0, ge=0, description="Train on this many of the latest flights only; 0 for all of them."
    )
    iterations: int = Field(default=150, ge=1, le=2000, description="Number of trees.")
    learning_rate: float = Field(default=0.1, gt=0, le=1, description="How much each tree corrects.")
    leaf_nodes_max: int = Field(default=31, ge=2, le=255, description="Leaves of a tree.")
    leaf_flights_min: int = Field(default=50, ge=1, description="Fewest flights that a leaf stands for.")
    random_seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of everything random.")
    champion_margin_minutes: float = Field(
        default=0.5,
        ge=0,
        description="How much larger than the serving version's the mean absolute error may be, on the same flights.",
    )

    @model_validator(mode="after")
    def _months_are_in_order(self) -> Self:
        if self.train_from > self.train_until:
            raise ValueError(f"got train_from {self.train_from}, expected at most train_until, {self.train_until}")
        if self.train_until == "2013-12":
            raise ValueError(
                f"got train_until {self.train_until}, expected an earlier month: the next one is evaluated on"
            )
        return self


GRAPH = StepGraph(
    name="flight-delay",
    reference="flight_delay.graph:GRAPH",
    parameters=FlightDelayParameters,
    steps=(
        Step(
            name="ingest",
            run="flight_delay.ingest:ingest",
            resources=Resources(cpu="500m", memory="512Mi"),
            description="Take the flights, weather and planes of 2013 and check that they are the known files.",
        ),
        Step(
            name="validate",
            run="flight_delay.validate:validate",
            after=("ingest",),
            resources=Resources(cpu="1", memory="1Gi"),
            description="Hold every row against the schema and the data against what is expected of it.",
        ),
        Step(
            name="features",
            run="flight_delay.features:features",
            after=("ingest", "validate"),
            resources=Resources(cpu="1", memory="1Gi"),
            description="Join what is known when a flight leaves the gate: schedule, delay so far, weather, plane.",
        ),
        Step(
            name="train",
            run="flight_delay.train:train",
            after=("features",),
            model_output="model",
            resources=Resources(cpu="2", memory="2Gi"),
            description="Fit gradient-boosted trees to the earlier flights and write the model artifact.",
        ),
        Step(
            name="evaluate",
            run="flight_delay.evaluate:evaluate",
            after=("features", "train"),
            metrics=("mae_minutes", "median_error_minutes", "baseline_mae_minutes", "carried_over_mae_minutes"),
            is_gate=True,
            resources=Resources(cpu="1", memory="1Gi"),
            description="Score the flights that followed, beside a baseline and the version that serves now.",
        ),
        Step(
            name="register",
            run="flight_delay.register:register",
            after=("train", "evaluate"),
            registers_model=True,
            resources=Resources(cpu="500m", memory="1Gi"),
            description="Store the model in the registry and read it back.",
        ),
    ),
)
