from pathlib import Path

import pytest

from mlops_runtime.errors import StepError
from mlops_runtime.language_model.contract import LanguageModelContract, load_contract
from mlops_runtime.language_model.golden import GoldenPrompt, GoldenPrompts, PromptMismatchError, load_golden
from mlops_runtime.language_model.packaging import save_language_model
from mlops_runtime.serving.contract import LANGUAGE_MODEL, ContractError, runtime_of
from tests.unit.pipelines.language_model.conftest import PROMPTS, weights


def test_the_artifact_holds_the_answers_that_the_weights_give(artifact: Path) -> None:
    assert runtime_of(artifact) == LANGUAGE_MODEL
    golden = load_golden(artifact)
    assert [each.prompt for each in golden.prompts] == list(PROMPTS)
    assert golden.prompts[0].text.startswith(" Paris")


def test_a_file_in_another_format_is_refused(tmp_path: Path) -> None:
    pickle = tmp_path / "model.bin"
    pickle.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(StepError, match="expected b'GGUF': a GGUF file"):
        save_language_model(pickle, tmp_path / "artifact", PROMPTS, context_tokens=512)
    assert not (tmp_path / "artifact").exists()


def test_too_few_prompts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="prompts: got 1, expected at least 4"):
        save_language_model(weights(), tmp_path / "artifact", PROMPTS[:1], context_tokens=512)


def test_weights_outside_of_the_artifact_are_refused(tmp_path: Path) -> None:
    for name in ("/etc/passwd", "../other.gguf"):
        (tmp_path / "language_model.json").write_text(f'{{"weights": "{name}", "context_tokens": 512}}')
        with pytest.raises(ContractError, match="expected a file of the artifact"):
            load_contract(tmp_path)


def test_an_answer_must_be_the_registered_one_to_its_last_character() -> None:
    prompt = GoldenPrompt(prompt="x", tokens_max=4, text=" Paris.")
    prompt.check(" Paris.")
    for other in (" Paris", " Paris. And", " paris.", ""):
        with pytest.raises(PromptMismatchError, match="golden prompt 'x'"):
            prompt.check(other)


def test_an_answer_may_differ_behind_the_characters_that_must_agree() -> None:
    prompt = GoldenPrompt(prompt="x", tokens_max=4, text=" Paris. The", characters_that_agree=6)
    prompt.check(" Paris, a city")
    with pytest.raises(PromptMismatchError, match="the first 5 of 6 characters agree"):
        prompt.check(" Pari")


def test_every_prompt_needs_an_answer() -> None:
    prompts = tuple(GoldenPrompt(prompt=each, tokens_max=1, text="a") for each in "wxyz")
    with pytest.raises(PromptMismatchError, match="got 3 answers, expected 4"):
        GoldenPrompts(prompts=prompts).check(["a", "a", "a"])


def test_a_contract_has_bounds() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 64"):
        LanguageModelContract(weights="a.gguf", context_tokens=1)
