"""`python -m mlops_runtime.serving.truth_check`: does the endpoint serve what was pinned, and nothing else?"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from mlops_runtime.artifact import ArtifactError, verify_directory
from mlops_runtime.language_model.contract import is_language_model
from mlops_runtime.language_model.golden import load_golden as load_golden_prompts
from mlops_runtime.language_model.truth import PinnedLanguageModel

from .answers import predicted_values
from .asking import TruthError, at_place, check_headers, check_same, json_of
from .contract import ContractError, ServingContract, load_contract
from .golden import GoldenRows, GoldenScore, load_golden
from .infer_outputs import output_values_of
from .limits import DEFAULT_TIMEOUT_SECONDS
from .protocol_v2 import input_datatype
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
            body = {"inputs": _tensors(self)}
            answer = json_of(client.post(f"{base}/infer", json=body, headers=check_headers()))
            parameters = answer.get("parameters")
            digest = parameters.get("digest") if isinstance(parameters, dict) else None
            check_same({"version": answer.get("model_version"), "digest": digest}, self.identity)
            by_infer = self.check(_infer_values(self.contract, answer["outputs"]))
        path = f"/v1/models/{self.name}:predict"
        with at_place(path):
            rows = [dict(row) for row in self.golden.rows]
            response = client.post(path, json={"instances": rows}, headers=check_headers())
            answer = json_of(response)
            check_same({key: response.headers.get(f"mlops-model-{key}") for key in self.identity}, self.identity)
            by_predict = self.check(predicted_values(self.contract.outputs, answer["predictions"]))
        return [by_infer, by_predict]

    def told(self, score: GoldenScore) -> str:
        """Return a score in words."""
        return f"{score.rows} golden rows within {score.max_absolute_error:g} (tolerance {score.tolerance:g})"


PinnedVersion = Pinned | PinnedLanguageModel


def load_pinned(model_directory: Path, name: str, version: str, digest: str) -> PinnedVersion:
    """Read the golden rows or prompts from a verified artifact, so that the endpoint is not asked for its own truth.

    Raises:
        TruthError: The artifact is not the pinned one or is incomplete.
    """
    try:
        verify_directory(model_directory, digest)
        if is_language_model(model_directory):
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
        say: Takes progress lines.
        transport: Makes a connection's transport; for tests.

    Returns:
        The worst golden score of the round.

    Raises:
        TruthError: With what differed in the last round.
    """
    deadline = monotonic() + settle_seconds
    patience = httpx.Timeout(CONNECT_SECONDS, read=request_timeout_seconds + ANSWER_MARGIN_SECONDS)
    while True:
        scores: list[GoldenScore] = []
        differences: list[str] = []
        strangers: list[str] = []
        for _ in range(connections):
            with httpx.Client(base_url=url, timeout=patience, transport=transport()) as client:
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
        pinned = load_pinned(options.model_directory, options.name, options.version, options.digest)
        score = check_endpoint(
            options.url,
            pinned,
            connections=options.connections,
            settle_seconds=options.settle_seconds,
            request_timeout_seconds=options.request_timeout_seconds,
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


def _infer_values(contract: ServingContract, tensors: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Output to its values, one for each row, of an answer's tensors."""
    by_name = {tensor["name"]: tensor for tensor in tensors}
    return {output.name: output_values_of(output, by_name[output.name]) for output in contract.outputs}


def _tensors(pinned: Pinned) -> list[dict[str, object]]:
    """Return the golden rows as the infer protocol's tensors, one for each feature."""
    return [
        {
            "name": feature.name,
            "shape": [len(pinned.golden.rows), *([] if feature.length is None else [feature.length])],
            "datatype": input_datatype(feature),
            "data": [row.get(feature.name) for row in pinned.golden.rows],
        }
        for feature in pinned.contract.features
    ]


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
