"""The artifact of a language model that vLLM serves."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.errors import StepError
from mlops_runtime.language_model.golden import load_golden
from mlops_runtime.language_model.vllm_packaging import save_vllm_model
from mlops_runtime.packaging.registration import check_artifact
from mlops_runtime.serving.fit import cache_bytes_of, weights_bytes_of
from tests.unit.pipelines.language_model.conftest import NAME, PROMPTS
from tests.unit.pipelines.language_model.engines import CONFIGURATION, StandIn, standing_in, write_weights


def save(engine: StandIn, weights: Path, directory: Path, **more: Any) -> None:
    save_vllm_model(weights, directory, PROMPTS, address=engine.address, name=NAME, context_tokens=128, **more)


def test_an_artifact_holds_weights_and_the_engines_answers_and_may_be_registered(tmp_path: Path) -> None:
    directory = tmp_path / "artifact"
    with standing_in() as engine:
        save(engine, write_weights(tmp_path / "weights"), directory)
    assert [each.text for each in load_golden(directory).prompts] == [prompt.upper() for prompt in PROMPTS]
    check_artifact(directory)
    assert weights_bytes_of(directory) == 1010
    # Keys and values of 4 layers, 128 tokens, 2 heads of 8 numbers, of 2 bytes each.
    assert cache_bytes_of(directory) == 2 * 4 * 128 * 2 * 8 * 2


def test_weights_that_are_changed_after_packaging_are_not_registered(tmp_path: Path) -> None:
    directory = tmp_path / "artifact"
    with standing_in() as engine:
        save(engine, write_weights(tmp_path / "weights"), directory)
    (directory / "weights" / "modeling_own.py").write_text("")
    with pytest.raises(StepError, match=r"weights: got modeling_own\.py, expected safetensors and texts alone"):
        check_artifact(directory)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"pytorch_model_bin": "x"}, r"got pytorch\.model\.bin, expected safetensors and texts alone"),
        ({"modeling_py": "x"}, r"got modeling\.py"),
        ({"config_json": json.dumps({**CONFIGURATION, "auto_map": {}})}, "code of the model's own is never run"),
        ({"config_json": "["}, r"weights/config\.json: got JSONDecodeError, expected a JSON object"),
        (
            {"model.safetensors.index_json": '{"weight_map": {"a": "model-2.safetensors"}}'},
            r"got none of model-2\.safetensors",
        ),
    ],
)
def test_what_could_run_code_or_is_missing_is_refused(more: dict[str, str], told: str, tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights", **more)
    with standing_in() as engine, pytest.raises(StepError, match=told):
        save(engine, weights, tmp_path / "artifact")
    assert not (tmp_path / "artifact").exists()


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    with standing_in() as engine, pytest.raises(StepError) as caught:
        save(engine, tmp_path / "weights", tmp_path / "artifact")
    for told in ("got no *.safetensors", "got no tokenizer", "config.json: got FileNotFoundError"):
        assert told in str(caught.value)


def test_answers_agree_as_far_as_is_said(tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights")
    with standing_in() as engine:
        engine.answers = ["Paris, a", "Paris. It"]
        with pytest.raises(StepError, match="expected one answer both times"):
            save(engine, weights, tmp_path / "artifact")
        engine.answers = ["Paris, a", "Paris. It"]
        save(engine, weights, tmp_path / "artifact", characters_that_agree=5)
    assert load_golden(tmp_path / "artifact").prompts[0].characters_that_agree == 5
