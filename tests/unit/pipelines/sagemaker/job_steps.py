"""A small graph of the form that SageMaker runs, whose steps do what their parameters say."""

import pickle
import signal
import tempfile
from pathlib import Path

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
DATASET = Dataset(name="numbers", digest="sha256:" + "1" * 64, rows=3)


class JobParameters(PipelineParameters):
    error: float = Field(default=1.0)
    trees: int = 3
    label: str = ""
    quick: bool = False
    fail_in: str = ""
    stop_in: str = ""
    reject_in: str = ""
    train_does: str = ""


Context = StepContext[JobParameters]


def load(context: Context) -> None:
    (context.output / "data.txt").write_text("1 2 3")
    context.log_dataset(DATASET)
    context.log_metrics({"rows": 3})
    _as_told(context)


def check(context: Context) -> None:
    assert (context.input("load") / "data.txt").read_text() == "1 2 3"
    _as_told(context)


def train(context: Context) -> None:
    model = context.output / "out" / "model"
    if context.parameters.train_does != "no model":
        write_linear_artifact(model, CONTRACT)
        (model / "part").mkdir()
        (model / "weights.txt").write_text((context.input("load") / "data.txt").read_text()[::-1])
        (model / "part" / "names.txt").write_text(context.parameters.label)
    if context.parameters.train_does == "pickle":
        (model / "model.pkl").write_bytes(pickle.dumps(DATASET))
    if context.parameters.train_does == "more":
        (context.output / "out" / "importances.txt").write_text("1")
    if context.parameters.train_does == "read outside":
        context.log_dataset(DATASET)
    if model.exists():
        context.log_artifact(model / "weights.txt")
    _as_told(context)


def judge(context: Context) -> None:
    assert (context.input("train") / "out" / "model" / "weights.txt").read_text() == "3 2 1"
    context.log_metrics({"error": context.parameters.error})
    if context.champion is not None:
        with tempfile.TemporaryDirectory() as folder:
            champion = context.fetch_champion(Path(folder))
            context.log_metrics({"champion_characters": len((champion / "weights.txt").read_text())})
    context.message = "judged"
    _as_told(context)


def tell(context: Context) -> None:
    _as_told(context)


def register(context: Context) -> None:
    context.register_model(context.input("train") / "out" / "model")


def _as_told(context: Context) -> None:
    name, parameters = context.step.name, context.parameters
    if name == parameters.reject_in:
        context.reject(f"{name} wants none of it")
    if name == parameters.fail_in:
        raise StepError("numbers: got three, expected four, fix: add one")
    if name == parameters.stop_in:
        signal.raise_signal(signal.SIGTERM)


HERE = "tests.unit.pipelines.sagemaker.job_steps"
GRAPH = StepGraph(
    name="numbers",
    reference=f"{HERE}:GRAPH",
    parameters=JobParameters,
    steps=(
        Step(name="load", run=f"{HERE}:load"),
        Step(name="check", run=f"{HERE}:check", after=("load",)),
        Step(name="train", run=f"{HERE}:train", after=("load", "check"), model_output="out/model"),
        Step(name="judge", run=f"{HERE}:judge", after=("check", "train"), metrics=("error",), is_gate=True),
        Step(name="tell", run=f"{HERE}:tell", after=("judge",)),
        Step(name="register", run=f"{HERE}:register", after=("train", "judge"), registers_model=True),
    ),
)
