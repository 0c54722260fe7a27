from dataclasses import replace
from typing import Any

import pytest

from mlops_runtime.graph import StepGraphError
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.supervised import Learning, supervised_graph
from tests.unit.pipelines.test_imports import HEAVY, loaded_by

LEARNING = Learning(
    task="classification",
    target="left",
    data="churn.model:read_data",
    estimator="churn.model:make_estimator",
    source="https://example.com/customers",
    metric="accuracy",
)


def test_the_steps_are_there_in_order_and_the_gate_knows_its_metrics() -> None:
    graph = supervised_graph(name="churn", reference="churn.graph:GRAPH", learning=LEARNING)
    assert [step.name for step in graph.ordered_steps] == ["ingest", "validate", "train", "evaluate", "register"]
    assert graph.gate_step is not None
    assert graph.gate_step.metrics == (
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "log_loss",
        "baseline_accuracy",
    )
    assert graph.training_step is not None
    assert graph.training_step.model_output == "model"


def test_a_graph_loads_none_of_what_its_steps_need() -> None:
    assert loaded_by("mlops_runtime.supervised") & HEAVY == set()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"task": "clustering"}, "task: got 'clustering', expected one of classification, regression"),
        ({"metric": "mae"}, "metric: got 'mae', expected one of accuracy"),
        ({"task": "regression"}, "metric: got 'accuracy', expected one of mae, rmse, r2"),
        ({"data": "read_data"}, "data: got 'read_data', expected module:function"),
        ({"estimator": ""}, "estimator: got '', expected module:function"),
        ({"target": ""}, "target: got nothing"),
        ({"source": ""}, "source: got nothing"),
        ({"time_column": "at", "key_columns": ("id",)}, "key_columns: got them beside time_column"),
        ({"time_column": "left"}, "target: got 'left', which rows are held out by too"),
        ({"unit": "minutes"}, "unit: got 'minutes', expected none"),
    ],
)
def test_what_does_not_hold_together_is_told(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(StepGraphError) as caught:
        supervised_graph(name="churn", reference="churn.graph:GRAPH", learning=replace(LEARNING, **changes))
    assert problem in str(caught.value)


def test_the_parameters_are_those_of_supervised_learning() -> None:
    with pytest.raises(StepGraphError, match="expected a class from SupervisedParameters"):
        supervised_graph(
            name="churn",
            reference="churn.graph:GRAPH",
            learning=LEARNING,
            parameters=PipelineParameters,  # type: ignore[arg-type]  # what is refused
        )
