"""`python -m mlops_runtime.serving.truth_check`: does the endpoint serve what was pinned, and nothing else?"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx

from mlops_runtime.artifact import ArtifactError, verify_directory
from mlops_runtime.language_model.golden import load_golden as load_golden_prompts
from mlops_runtime.language_model.truth import PinnedLanguageModel

from .answers import predicted_values
from .asking import TruthError, at_place, check_headers, check_same, json_of
from .contract import LANGUAGE_MODEL, ContractError, ServingContract, load_contract, runtime_of
from .golden import GoldenRows, GoldenScore, load_golden
from .golden_requests import HowAsked, infer_values, tensors
from .limits import DEFAULT_TIMEOUT_SECONDS
from .own_server import PinnedOnOwnServer
from .protocol_embeddings import PATH as EMBEDDINGS_PATH
from .protocol_embeddings import makes_embeddings
from .termination import write_termination_message

CONNECT_SECONDS = 10.0
ANSWER_MARGIN_SECONDS = 10.0
"""How much longer than a request may take its answer is waited for: the endpoint then says itself that it is late."""
ROUND_PAUSE_SECONDS = 1.0
SHOWN_DIFFERENCES = 8
SHOWN_CHARACTERS = 100
NOBODY = "nobody"
# The rollout is over by now. What a version itself gets wrong keeps its pods from being ready before that: self_check.
WAY_BACK = (
    "the pods of this rollout stay; to go back, put the line `model: {version: …, digest: …}` that was there before"
    " into the stack file again and run `pulumi up`"
)


@dataclass(frozen=True, slots=True)
class Pinned:
    """What the endpoint must be: name, version and digest, and the rows that it must score as the trainer did."""

    name: str
    version: str
    digest: str
    contract: ServingContract
    golden: GoldenRows

    @property
    def identity(self) -> dict[str, str]:
        """What every answer must say."""
        return {"version": self.version, "digest": self.digest}

    def check(self, answers: Mapping[str, Sequence[object]]) -> GoldenScore:
        """Hold the answers to the golden rows against the trainer's."""
        return self.golden.check(answers, self.contract.outputs)

    def ask(self, client: httpx.Client) -> list[GoldenScore]:
        """Ask over one connection: who are you, by both protocols, and what do you make of the golden rows.

        Raises:
            TruthError: The first answer that differs.
        """
        base = f"/v2/models/{self.name}"
        with at_place("/mlops/identity"):
            identity = json_of(client.get("/mlops/identity"))
            check_same(identity, {"name": self.name, **self.identity})
        with at_place(base):
            check_same(json_of(client.get(base)), {"name": self.name, "versions": [self.version]})
        with at_place(f"{base}/infer"):
            body = {"inputs": tensors(self.contract, self.golden)}
            answer = json_of(client.post(f"{base}/infer", json=body, headers=check_headers()))
            parameters = answer.get("parameters")
            digest = parameters.get("digest") if isinstance(parameters, dict) else None
            check_same({"version": answer.get("model_version"), "digest": digest}, self.identity)
            by_infer = self.check(infer_values(self.contract, answer["outputs"]))
        path = f"/v1/models/{self.name}:predict"
        with at_place(path):
            rows = [dict(row) for row in self.golden.rows]
            response = client.post(path, json={"instances": rows}, headers=check_headers())
            answer = json_of(response)
            check_same({key: response.headers.get(f"mlops-model-{key}") for key in self.identity}, self.identity)
            by_predict = self.check(predicted_values(self.contract.outputs, answer["predictions"]))
        return [by_infer, by_predict, *self._ask_embeddings(client)]

    def _ask_embeddings(self, client: httpx.Client) -> list[GoldenScore]:
        """Ask by OpenAI's protocol too, where the model makes embeddings."""
        if not makes_embeddings(self.contract):
            return []
        (feature,), (output,) = self.contract.feature_names, self.contract.output_names
        with at_place(EMBEDDINGS_PATH):
            response = client.post(EMBEDDINGS_PATH, json={"input": [row[feature] for row in self.golden.rows]})
            answer = json_of(response)
            check_same({key: response.headers.get(f"mlops-model-{key}") for key in self.identity}, self.identity)
            return [self.check({output: [each["embedding"] for each in answer["data"]]})]

    def told(self, score: GoldenScore) -> str:
        """Return a score in words."""
        return f"{score.rows} golden rows within {score.max_absolute_error:g} (tolerance {score.tolerance:g})"


PinnedVersion = Pinned | PinnedLanguageModel | PinnedOnOwnServer


def load_pinned(
    model_directory: Path, name: str, version: str, digest: str, asked: HowAsked | None = None, guard_url: str = ""
) -> PinnedVersion:
    """Read the golden rows or prompts from a verified artifact, so that the endpoint is not asked for its own truth.

    Args:
        model_directory: The artifact.
        name: The registered model's name.
        version: The pinned version.
        digest: The pinned digest.
        asked: How another's model server is asked; None for one of ours.
        guard_url: Where the guard beside that server answers.

    Raises:
        TruthError: The artifact is not the pinned one or is incomplete.
    """
    try:
        verify_directory(model_directory, digest)
        if asked is not None:
            contract, golden = load_contract(model_directory), load_golden(model_directory)
            return PinnedOnOwnServer(name, version, digest, contract, golden, asked, guard_url)
        if runtime_of(model_directory) == LANGUAGE_MODEL:
            return PinnedLanguageModel(name, version, digest, load_golden_prompts(model_directory))
        return Pinned(name, version, digest, load_contract(model_directory), load_golden(model_directory))
    except (ArtifactError, ContractError, OSError) as error:
        raise TruthError(str(error)) from error


def check_endpoint(
    url: str,
    pinned: PinnedVersion,
    *,
    connections: int,
    settle_seconds: float,
    request_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    key: str | None = None,
    say: Callable[[str], None] = print,
    transport: Callable[[], httpx.BaseTransport] = httpx.HTTPTransport,
) -> GoldenScore:
    """Asks over fresh connections until every one of a round is answered by the pinned version.

    A service may still lead to a leaving pod for a moment after a rollout: hence more than one round.

    Args:
        url: The endpoint's address.
        pinned: What it must be.
        connections: Connections in a round, each possibly to another replica.
        settle_seconds: A round that differs is repeated for this long.
        request_timeout_seconds: How long the endpoint itself takes for a request at most.
        key: The API key to ask with. Defaults to none.
        say: Takes progress lines.
        transport: Makes a connection's transport; for tests.

    Returns:
        The worst golden score of the round.

    Raises:
        TruthError: With what differed in the last round.
    """
    deadline = monotonic() + settle_seconds
    headers = {} if key is None else {"x-api-key": key}
    patience = httpx.Timeout(CONNECT_SECONDS, read=request_timeout_seconds + ANSWER_MARGIN_SECONDS)
    while True:
        scores: list[GoldenScore] = []
        differences: list[str] = []
        strangers: list[str] = []
        for _ in range(connections):
            with httpx.Client(base_url=url, timeout=patience, transport=transport(), headers=headers) as client:
                try:
                    scores += pinned.ask(client)
                except TruthError as error:
                    differences.append(str(error))
                    strangers.append(_who(client))
        if not differences:
            return max(scores, key=lambda score: score.max_absolute_error)
        if monotonic() >= deadline:
            raise TruthError(_summary(url, pinned, connections, differences, strangers))
        say(f"{len(differences)} of {connections} connections differ, asking again: {differences[0]}")
        sleep(ROUND_PAUSE_SECONDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check as the command line says; return the exit code."""
    options = parser().parse_args(arguments)
    try:
        pinned = load_pinned(
            options.model_directory, options.name, options.version, options.digest, options.asked, options.guard_url
        )
        score = check_endpoint(
            options.url,
            pinned,
            connections=options.connections,
            settle_seconds=options.settle_seconds,
            request_timeout_seconds=options.request_timeout_seconds,
            key=None if options.key_file is None else _key_in(options.key_file),
            say=_say,
        )
    except TruthError as error:
        print(error, file=sys.stderr, flush=True)
        write_termination_message(str(error))
        return 1
    served = _named(pinned.name, pinned.version, pinned.digest)
    message = f"{options.url} serves {served}: {options.connections} connections, {pinned.told(score)}"
    _say(message)
    write_termination_message(message)
    return 0


def _who(client: httpx.Client) -> str:
    """Says who answers a connection, by its own word."""
    try:
        identity = json_of(client.get("/mlops/identity"))
    except (TruthError, httpx.HTTPError, ValueError):
        return NOBODY
    return _named(*(str(identity.get(key))[:SHOWN_CHARACTERS] for key in ("name", "version", "digest")))


def _named(name: str, version: str, digest: str) -> str:
    return f"{name} version {version} {digest}"


def _summary(
    url: str, pinned: PinnedVersion, connections: int, differences: Sequence[str], strangers: Sequence[str]
) -> str:
    kinds = [f"{count} of {connections} connections: {each}" for each, count in Counter(differences).most_common()]
    if len(kinds) > SHOWN_DIFFERENCES:
        kinds = [*kinds[:SHOWN_DIFFERENCES], f"and {len(kinds) - SHOWN_DIFFERENCES} other differences"]
    wanted = _named(pinned.name, pinned.version, pinned.digest)
    answering = Counter([*strangers, *[wanted] * (connections - len(strangers))]).most_common(SHOWN_DIFFERENCES)
    serves = ", ".join(f"{who} on {count} of {connections} connections" for who, count in answering)
    # What serves and the way back come first: a termination message holds 4096 bytes.
    return f"{url} does not serve {wanted}: now answers {serves}; {WAY_BACK}; {'; '.join(kinds)}"


def _key_in(path: Path) -> str:
    """Return the API key in a file.

    Raises:
        TruthError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TruthError(f"{path}: got {type(error).__name__}, expected the API key to ask with") from error


def _say(line: str) -> None:
    print(line, flush=True)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Check that an endpoint serves exactly the pinned model version.")
    parser.add_argument("--url", required=True, help="the endpoint's address")
    parser.add_argument("--name", required=True, help="the registered model's name")
    parser.add_argument("--version", required=True, help="the pinned version")
    parser.add_argument("--digest", required=True, help="the pinned digest: sha256:…")
    parser.add_argument("--model-directory", type=Path, required=True, help="the fetched artifact, for its golden rows")
    parser.add_argument("--asked", type=HowAsked.model_validate_json, help="how another's server is asked, as JSON")
    parser.add_argument("--guard-url", default="", help="the address of the guard beside it")
    parser.add_argument("--key-file", type=Path, help="a file with the API key to ask with (default: none)")
    parser.add_argument("--connections", type=int, default=8, help="fresh connections in a round (default: 8)")
    parser.add_argument(
        "--settle-seconds", type=float, default=20.0, help="how long an answer may differ at first (default: 20)"
    )
    parser.add_argument(
        "--request-timeout-seconds",
        type=float,
        default=DEFAULT_TIMEOUT_SECONDS,
        help="how long the endpoint itself takes for a request at most (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
