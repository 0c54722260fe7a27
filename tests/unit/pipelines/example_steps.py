"""A small pipeline whose steps do what their parameters say."""

import signal

from pydantic import Field

from mlops_runtime.context import StepContext
from mlops_runtime.errors import StepError
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.record import Dataset
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.step import Step
from tests.unit.pipelines.serving.artifacts import write_linear_artifact

CONTRACT = ServingContract(features=(Feature(name="x"),), outputs=(ModelOutput(name="y"),))


class ExampleParameters(PipelineParameters):
    error: float = Field(default=1.0, ge=0)
    fail_in: str = ""
    stop_in: str = ""


Context = StepContext[ExampleParameters]


def load(context: Context) -> None:
    (context.output / "data.txt").write_text("1 2 3")
    _perhaps_fail(context)
    context.log_dataset(Dataset(name="numbers", digest="sha256:" + "1" * 64, rows=3))


def train(context: Context) -> None:
    text = (context.input("load") / "data.txt").read_text()
    model = context.output / "model"
    write_linear_artifact(model, CONTRACT)
    (model / "weights.txt").write_text(text[::-1])
    _perhaps_fail(context)


def judge(context: Context) -> None:
    assert (context.input("train") / "model" / "weights.txt").exists()
    context.log_metrics({"error": context.parameters.error})
    context.message = "judged"
    if context.parameters.error > 100:
        context.reject("error is beyond all measure")


def register(context: Context) -> None:
    context.register_model(context.input("train") / "model")


def peek(context: Context) -> None:
    context.input("load")


def _perhaps_fail(context: Context) -> None:
    if context.step.name == context.parameters.fail_in:
        raise StepError("numbers: got three, expected four, fix: add one")
    if context.step.name == context.parameters.stop_in:
        signal.raise_signal(signal.SIGTERM)


HERE = "tests.unit.pipelines.example_steps"
GRAPH = StepGraph(
    name="example",
    reference=f"{HERE}:GRAPH",
    parameters=ExampleParameters,
    steps=(
        Step(name="load", run=f"{HERE}:load"),
        Step(name="train", run=f"{HERE}:train", after=("load",), model_output="model"),
        Step(name="judge", run=f"{HERE}:judge", after=("train",), metrics=("error",), is_gate=True),
        Step(name="register", run=f"{HERE}:register", after=("train", "judge"), registers_model=True),
    ),
)
PEEKING_GRAPH = StepGraph(
    name="peeking",
    reference=f"{HERE}:PEEKING_GRAPH",
    steps=(Step(name="load", run=f"{HERE}:peek"), Step(name="unknown", run=f"{HERE}:nothing", after=("load",))),
)
