"""What a served language model is: the file `language_model.json` of a model artifact."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mlops_runtime.serving.contract import LANGUAGE_MODEL, Feature, ModelOutput, ServingContract, parse_file

CONTRACT_FILE_NAME = "language_model.json"
ANSWER_TOKENS = 128
PROMPT, TEXT = "prompt", "text"
"""What a row of a table has for a language model, and what it gets."""
CHARACTERS_PER_TOKEN_MAX = 256
"""More than any tokenizer puts into one token: a prompt that is longer still is refused before anybody counts it."""
VLLM_WEIGHTS = "weights"
"""The folder of vLLM's weights in an artifact. A pod's command line names it before anybody has seen the artifact."""


def _within_the_artifact(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"got {name!r}, expected a file of the artifact, named from its folder")
    return name


class LanguageModelContract(BaseModel):
    """A language model's weights, and what a server of it takes.

    Neither format runs code when it is loaded: llama.cpp's GGUF holds tensors and metadata, and of a folder in Hugging
    Face's format only safetensors and texts are taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["llama.cpp", "vllm"] = "llama.cpp"
    """What runs it: llama.cpp as a process of the server, vLLM as a container beside it."""

    weights: Annotated[str, Field(min_length=1), AfterValidator(_within_the_artifact)]
    """The GGUF file, named from the artifact's folder; for vLLM the folder `weights`."""

    context_tokens: int = Field(ge=64, le=1_048_576)
    """How many tokens of prompt and answer together one request may have."""

    parallel_requests: int = Field(default=4, ge=1, le=256)
    """How many requests are answered at a time, each with a context of its own. Others wait for their turn."""

    chat: bool = False
    """Whether the weights hold a chat template, so that `/v1/chat/completions` has an answer worth giving."""

    answer_tokens: int = Field(default=ANSWER_TOKENS, ge=1, le=1_048_576)
    """How many tokens an answer has at most where nobody asks for a number: for a row of a table, or of `:predict`."""

    @model_validator(mode="after")
    def _where_vllm_looks(self) -> Self:
        if self.engine == "vllm" and self.weights != VLLM_WEIGHTS:
            raise ValueError(f"weights: got {self.weights!r}, expected {VLLM_WEIGHTS!r}: vLLM is started with that")
        return self

    def serving_contract(self) -> ServingContract:
        """Return the contract that the artifact holds beside this one: a prompt in, a text out."""
        longest = self.context_tokens * CHARACTERS_PER_TOKEN_MAX
        return ServingContract(
            runtime=LANGUAGE_MODEL,
            features=(Feature(name=PROMPT, dtype="text", characters_max=longest),),
            outputs=(ModelOutput(name=TEXT, kind="text"),),
        )


def load_contract(directory: Path) -> LanguageModelContract:
    """Read and check `language_model.json`.

    Raises:
        ContractError: The file is missing or does not hold a contract.
    """
    return parse_file(directory / CONTRACT_FILE_NAME, LanguageModelContract)
