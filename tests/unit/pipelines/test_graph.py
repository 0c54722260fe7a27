import json
import subprocess
import sys

import pytest
from pydantic import Field

from flight_delay.graph import GRAPH as FLIGHT_DELAY
from mlops_runtime.errors import SettingsError
from mlops_runtime.gate import Gate
from mlops_runtime.graph import StepGraph, StepGraphError
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import Resources, Step
from tests.unit.pipelines.example_steps import GRAPH


def graph(*steps: Step, parameters: type[PipelineParameters] = PipelineParameters) -> StepGraph:
    return StepGraph(name="trial", reference="trial.graph:GRAPH", steps=steps, parameters=parameters)


def test_the_document_is_plain_json_in_topological_order() -> None:
    later = Step(name="later", run="m:f", after=("first", "second"))
    document = graph(
        later, Step(name="second", run="m:f", after=("first",)), Step(name="first", run="m:f")
    ).to_document()

    assert json.loads(json.dumps(document)) == document
    assert isinstance(document["steps"], list)
    assert [step["name"] for step in document["steps"]] == ["first", "second", "later"]
    assert document["steps"][0]["resources"] == {"cpu": "1", "memory": "1Gi"}


def test_the_document_tells_each_parameters_type_default_and_range() -> None:
    parameters = FLIGHT_DELAY.to_document()["parameters"]

    assert isinstance(parameters, dict)
    assert parameters["horizon_days"] == {
        "type": "integer",
        "default": 28,
        "description": "Days after training to evaluate on.",
        "minimum": 1,
        "maximum": 92,
    }


def test_steps_that_could_run_at_once_keep_the_order_in_which_they_are_written() -> None:
    made = graph(Step(name="zoo", run="m:f"), Step(name="ape", run="m:f"), Step(name="bee", run="m:f", after=("ape",)))

    assert [step.name for step in made.ordered_steps] == ["zoo", "ape", "bee"]


def test_all_problems_are_told_at_once() -> None:
    class Odd(PipelineParameters):
        names: tuple[str, ...] = ()
        needed: int = Field()

    with pytest.raises(StepGraphError) as caught:
        graph(
            Step(name="Bad Name", run="nowhere"),
            Step(name="twice", run="m:f", after=("absent",)),
            Step(name="twice", run="m:f", resources=Resources(cpu="many", memory="2GB")),
            parameters=Odd,
        )

    assert len(caught.value.problems) == 8
    for part in (
        "'Bad Name'",
        "'nowhere'",
        "twice: got 2 steps of this name, expected one",
        "'absent'",
        "'many'",
        "'2GB'",
        "names",
    ):
        assert part in str(caught.value)
    assert "parameter needed: got no default, expected one" in str(caught.value)


def test_fails_when_steps_wait_for_each_other() -> None:
    with pytest.raises(StepGraphError, match="got the cycle one -> two -> one, expected none"):
        graph(Step(name="one", run="m:f", after=("two",)), Step(name="two", run="m:f", after=("one",)))


def test_fails_when_there_are_two_gates_or_the_model_is_registered_beside_the_gate() -> None:
    first = Step(name="first", run="m:f", is_gate=True, metrics=("error",))
    second = Step(name="second", run="m:f", is_gate=True, metrics=("error",), after=("first",))
    register = Step(name="register", run="m:f", registers_model=True)

    with pytest.raises(StepGraphError, match="got the gates first, second, expected at most one"):
        graph(first, second)
    with pytest.raises(StepGraphError, match=r"register: got after .*, expected the gate first before it"):
        graph(first, register)


def test_the_document_marks_the_step_that_trains() -> None:
    steps = FLIGHT_DELAY.to_document()["steps"]

    assert isinstance(steps, list)
    assert {step["name"]: step["model_output"] for step in steps if step["model_output"]} == {"train": "model"}
    assert FLIGHT_DELAY.training_step == FLIGHT_DELAY.step("train")
    assert graph(Step(name="one", run="m:f")).training_step is None


@pytest.mark.parametrize("folder", ["/model", "model/", "../model", "a/../b", ".", "a b", "a//b"])
def test_fails_when_the_model_is_not_in_a_folder_of_the_steps_output(folder: str) -> None:
    with pytest.raises(StepGraphError, match="expected a folder of its output such as 'model'"):
        graph(Step(name="train", run="m:f", model_output=folder))


def test_fails_when_training_is_done_twice_or_with_something_else_or_after_registering() -> None:
    first = Step(name="first", run="m:f", model_output="model")
    second = Step(name="second", run="m:f", model_output="out/model", is_gate=True, metrics=("error",))
    register = Step(name="register", run="m:f", registers_model=True, after=("second",))

    with pytest.raises(StepGraphError) as caught:
        graph(first, second, register)

    assert "got model_output in first, second, expected it in one step at most" in str(caught.value)
    assert "second: got model_output and gate, expected one of the two" in str(caught.value)
    assert "register: got after 'second', expected the training step first before it" in str(caught.value)


def test_a_gate_must_name_a_metric_that_the_gate_step_records() -> None:
    GRAPH.check_gate(Gate(metric="error", max=1.0))
    with pytest.raises(SettingsError, match="got metric 'eror', expected one of error"):
        GRAPH.check_gate(Gate(metric="eror", max=1.0))
    with pytest.raises(SettingsError, match="no gate step"):
        graph(Step(name="one", run="m:f")).check_gate(Gate(metric="error", max=1.0))


def test_reading_the_graph_loads_no_library_that_its_steps_need_and_no_pulumi() -> None:
    code = "import sys, flight_delay.graph; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert not {"pandas", "numpy", "sklearn", "mlflow", "onnxruntime", "pandera", "pulumi"} & set(modules)
