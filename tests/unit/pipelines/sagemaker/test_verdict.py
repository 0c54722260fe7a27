import pytest

from flight_delay.graph import GRAPH as FLIGHT_DELAY
from mlops_runtime.graph import StepGraph
from mlops_runtime.sagemaker.verdict import deciding_step, keeps_model_back
from mlops_runtime.step import Step
from pulumi_mlops.training_pipeline.sagemaker.steps import result_step
from tests.unit.pipelines.sagemaker.job_steps import GRAPH


def graph(*steps: Step) -> StepGraph:
    return StepGraph(name="trial", reference="trial.graph:GRAPH", steps=steps)


LOAD = Step(name="load", run="m:f")
TRAIN = Step(name="train", run="m:f", after=("load",), model_output="model")
MEASURE = Step(name="measure", run="m:f", after=("train",))
EXPLAIN = Step(name="explain", run="m:f", after=("measure",))
TELL = Step(name="tell", run="m:f", after=("train",))
REGISTER = Step(name="register", run="m:f", after=("train", "explain"), registers_model=True)

UNGATED = graph(LOAD, TRAIN, MEASURE, EXPLAIN, TELL, REGISTER)
BARE = graph(LOAD, TRAIN, Step(name="register", run="m:f", after=("train",), registers_model=True))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (FLIGHT_DELAY, "evaluate"),
        (GRAPH, "judge"),
        (UNGATED, "explain"),
        (BARE, None),
        (graph(LOAD, TRAIN, MEASURE), None),
    ],
)
def test_the_step_that_decides_is_the_one_whose_result_the_pipeline_reads(
    found: StepGraph, expected: str | None
) -> None:
    decides = deciding_step(found)

    assert (decides.name if decides else None) == expected
    assert result_step([step.to_document() for step in found.ordered_steps]) == expected


def test_a_model_is_kept_back_by_the_step_that_decides_and_those_before_it() -> None:
    kept = {step.name for step in UNGATED.steps if keeps_model_back(UNGATED, step)}

    assert kept == {"load", "train", "measure", "explain"}
    assert not any(keeps_model_back(BARE, step) for step in BARE.steps)
    assert keeps_model_back(graph(LOAD, TRAIN), LOAD)
