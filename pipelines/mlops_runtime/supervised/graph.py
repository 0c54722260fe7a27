from dataclasses import dataclass

from mlops_runtime.graph import StepGraph, StepGraphError
from mlops_runtime.step import Resources, Step
from mlops_runtime.supervised.learning import Learning, SupervisedParameters

_HERE = "mlops_runtime.supervised"


@dataclass(frozen=True, kw_only=True)
class SupervisedGraph(StepGraph):
    """A graph whose steps learn from a table: ingest, validate, train, evaluate, register.

    Attributes:
        learning: What is learned from what.

    Raises:
        StepGraphError: See `StepGraph`, and whatever `learning` has wrong.
    """

    learning: Learning

    def __post_init__(self) -> None:
        problems = list(self.learning.problems())
        if not issubclass(self.parameters, SupervisedParameters):
            problems.append(f"parameters: got {self.parameters.__name__}, expected a class from SupervisedParameters")
        if problems:
            raise StepGraphError(self.name, problems)
        StepGraph.__post_init__(self)


def supervised_graph(
    *,
    name: str,
    reference: str,
    learning: Learning,
    parameters: type[SupervisedParameters] = SupervisedParameters,
    resources: Resources | None = None,
) -> SupervisedGraph:
    """Make the pipeline of a classifier or a regression: the steps are ready, what they work on is named here.

    A model is registered when it is better than a constant answer, no worse than the version that serves now on the
    same rows, and within the stack's gate. All three are measured on rows that it has not seen, by the artifact as it
    will be served.

    Args:
        name: The workload's name.
        reference: Where the graph stands, as module:NAME.
        learning: What is learned from what.
        parameters: What a run can be given.
        resources: The most that each step may use. Defaults to one core and 1Gi.

    Raises:
        StepGraphError: When anything does not hold together, all of it at once.
    """
    return SupervisedGraph(
        name=name,
        reference=reference,
        parameters=parameters,
        steps=_steps(learning, resources or Resources()),
        learning=learning,
    )


def _steps(learning: Learning, resources: Resources) -> tuple[Step, ...]:
    return (
        Step(
            name="ingest",
            run=f"{_HERE}.ingest:ingest",
            resources=resources,
            description="Read the table and record its digest.",
        ),
        Step(
            name="validate",
            run=f"{_HERE}.validate:validate",
            after=("ingest",),
            resources=resources,
            description="Refuse a table that nothing can be learned from.",
        ),
        Step(
            name="train",
            run=f"{_HERE}.train:train",
            after=("validate",),
            model_output="model",
            resources=resources,
            description="Fit the estimator to the rows that are not held out, and write the model artifact.",
        ),
        Step(
            name="evaluate",
            run=f"{_HERE}.evaluate:evaluate",
            after=("validate", "train"),
            metrics=learning.metrics,
            is_gate=True,
            resources=resources,
            description="Score the held-out rows as a server would, beside a baseline and the serving version.",
        ),
        Step(
            name="register",
            run=f"{_HERE}.register:register",
            after=("train", "evaluate"),
            registers_model=True,
            resources=resources,
            description="Store the model in the registry and read it back.",
        ),
    )
