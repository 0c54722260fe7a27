from dataclasses import dataclass

from mlops_runtime.graph import StepGraph, StepGraphError
from mlops_runtime.language_model.choice import METRICS, Choice, LanguageModelParameters
from mlops_runtime.step import Resources, Step

_STEPS = "mlops_runtime.language_model.steps"
_LIGHT = Resources(cpu="500m", memory="512Mi")


@dataclass(frozen=True, kw_only=True)
class LanguageModelGraph(StepGraph):
    """A graph whose steps package a language model: ingest, package, evaluate, register.

    Attributes:
        choice: Which one, and how it is judged.

    Raises:
        StepGraphError: See `StepGraph`, and whatever `choice` has wrong.
    """

    choice: Choice

    def __post_init__(self) -> None:
        if problems := list(self.choice.problems()):
            raise StepGraphError(self.name, problems)
        StepGraph.__post_init__(self)


def language_model_graph(
    *, name: str, reference: str, choice: Choice, resources: Resources | None = None
) -> LanguageModelGraph:
    """Make the pipeline of a language model that somebody else has trained: the steps are ready.

    A version is registered when it answers no fewer questions right than the version that serves now, and within the
    stack's gate. It is asked as it will be served.

    Args:
        name: The workload's name.
        reference: Where the graph stands, as module:NAME.
        choice: What is packaged.
        resources: The most that the steps which load the weights may use. Defaults to one core and 2Gi.

    Raises:
        StepGraphError: When anything does not hold together, all of it at once.
    """
    loading = resources or Resources(memory="2Gi")
    return LanguageModelGraph(
        name=name,
        reference=reference,
        parameters=LanguageModelParameters,
        choice=choice,
        steps=(
            Step(
                name="ingest",
                run=f"{_STEPS}:ingest",
                resources=_LIGHT,
                description="Take the weights and record their digest.",
            ),
            Step(
                name="package",
                run=f"{_STEPS}:package",
                after=("ingest",),
                model_output="model",
                resources=loading,
                description="Write the model artifact, with golden prompts that the weights have answered.",
            ),
            Step(
                name="evaluate",
                run=f"{_STEPS}:evaluate",
                after=("package",),
                metrics=METRICS,
                is_gate=True,
                resources=loading,
                description="Ask the questions that the model is judged by, and ask the serving version the same.",
            ),
            Step(
                name="register",
                run=f"{_STEPS}:register",
                after=("package", "evaluate"),
                registers_model=True,
                resources=loading,
                description="Store the model in the registry and read it back.",
            ),
        ),
    )
