"""An engine that runs beside the server, as another container of the pod: vLLM's own OpenAI-compatible server."""

from time import monotonic, sleep
from typing import Self

import httpx

from .contract import LanguageModelContract
from .engine import ANSWER_SECONDS, EngineError

HEALTH = "/health"
MODELS = "/v1/models"
ASK_SECONDS = 5.0
PAUSE_SECONDS = 1.0


class EngineBeside:
    """An engine at an address of this pod. Whoever runs the pod starts it, restarts it and ends it.

    Attributes:
        name: What answers call the model.
        address: Where it answers.
    """

    def __init__(self, address: str, contract: LanguageModelContract, name: str, *, start_seconds: float) -> None:
        """Wait until it has loaded the weights, and see that it has loaded what was meant.

        Args:
            address: Where it answers, such as `http://127.0.0.1:8000`.
            contract: What the artifact says of itself.
            name: What answers call the model.
            start_seconds: How long it may take.

        Raises:
            EngineError: It does not answer in time, serves a model of another name, or one of a shorter context.
        """
        self.name = name
        self.address = address
        with self.client() as client:
            _await_health(client, address, start_seconds)
            _check_served(_served(client, address), contract, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing: it is another's to end."""

    def client(self) -> httpx.Client:
        """Return what asks it from this process; to be closed."""
        return httpx.Client(base_url=self.address, timeout=ANSWER_SECONDS, trust_env=False)

    @property
    def is_alive(self) -> bool:
        """Whether it is worth going on: it is, for an engine that died is restarted beside us."""
        return True


def _await_health(client: httpx.Client, address: str, start_seconds: float) -> None:
    deadline = monotonic() + start_seconds
    while True:
        try:
            got = f"status {client.get(HEALTH, timeout=ASK_SECONDS).status_code}"
        except httpx.HTTPError as error:
            got = f"no answer ({type(error).__name__})"
        if got == "status 200":
            return
        if monotonic() >= deadline:
            raise EngineError(
                f"{address}{HEALTH}: got {got} after {start_seconds:g} seconds, expected 200, fix: see the log of the"
                " engine's container; raise endpoint.rollout_timeout_seconds where it is still loading"
            )
        sleep(PAUSE_SECONDS)


def _served(client: httpx.Client, address: str) -> list[dict[str, object]]:
    """Return what the engine says that it serves.

    vLLM tells each model's longest context as well:
    https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/protocol.py (ModelCard: max_model_len)
    """
    try:
        answer = client.get(MODELS, timeout=ASK_SECONDS)
        models = answer.json()["data"]
        return [dict(model) for model in models]
    except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
        raise EngineError(f"{address}{MODELS}: got {type(error).__name__}, expected a list of models") from error


def _check_served(models: list[dict[str, object]], contract: LanguageModelContract, name: str) -> None:
    found = next((model for model in models if model.get("id") == name), None)
    if found is None:
        names = ", ".join(str(model.get("id")) for model in models)
        raise EngineError(f"the engine beside: got models {names[:200] or 'none'}, expected {name}")
    longest = found.get("max_model_len")
    if isinstance(longest, int) and longest < contract.context_tokens:
        raise EngineError(
            f"the engine beside: got a context of {longest} tokens, expected at least {contract.context_tokens}, which"
            " the model was registered with, fix: raise endpoint.kubernetes.vllm.context_tokens"
        )
