"""`python -m mlops_runtime.serving.guard`: stands beside another's model server and proves what it serves.

It runs in the pod of the server and is ready only while the server is well and has scored the golden rows as the
trainer did. A pod is ready when all of its containers are: a server that answers wrongly never takes a request.
Requests do not go through it. A server that was gone and is back is proved anew.
"""

import argparse
import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mlops_runtime.artifact import ArtifactError, verify_directory

from .asking import TruthError, at_place
from .contract import ContractError, ServingContract, load_contract
from .golden import GoldenRows, GoldenScore, load_golden
from .golden_requests import HowAsked
from .identity import Identity
from .limits import DEFAULT_TIMEOUT_SECONDS
from .own_server import IDENTITY
from .refused_code import refuse_code
from .server import names_of
from .termination import write_termination_message

logger = logging.getLogger("mlops.guard")

PAUSE_SECONDS = 1.0
HEALTH_SECONDS = 5.0
FAILED_CHECKS = 3
"""So many times in a row the server is not well, before it is proved anew."""
RUNTIME = "own-server"


class GuardError(Exception):
    """The server must not take requests; the message says why in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What a server must be; durations in seconds."""

    server_url: str
    health_path: str
    asked: HowAsked
    name: str
    version: str
    digest: str
    contract: ServingContract
    golden: GoldenRows
    start_seconds: float
    request_timeout_seconds: float


def load_guarded(options: argparse.Namespace) -> Guarded:
    """Read the golden rows from the fetched artifact.

    Raises:
        GuardError: The artifact is not the pinned one, is incomplete, or holds a format that runs code and is not
            allowed.
    """
    try:
        verify_directory(options.model_directory, options.digest)
        refuse_code(options.model_directory, options.allow_code_formats)
        contract, golden = load_contract(options.model_directory), load_golden(options.model_directory)
        golden.check_contract(contract)
    except (ArtifactError, ContractError, OSError) as error:
        raise GuardError(str(error)) from error
    return Guarded(
        server_url=options.server_url,
        health_path=options.health_path,
        asked=options.asked,
        name=options.name,
        version=options.version,
        digest=options.digest,
        contract=contract,
        golden=golden,
        start_seconds=options.start_seconds,
        request_timeout_seconds=options.request_timeout_seconds,
    )


class Guard:
    """Watches one server."""

    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded
        self._score: GoldenScore | None = None
        self._stop = asyncio.Event()
        self.failure: str | None = None
        """Why the server must not take requests, once that is sure."""
        self.application = Starlette(
            routes=[
                Route(IDENTITY, self._who, methods=["GET"]),
                Route("/v2/health/live", self._live, methods=["GET"]),
                Route("/v2/health/ready", self._ready, methods=["GET"]),
            ],
            lifespan=self._lifespan,
        )
        self.give_up: Callable[[], None] = _nothing
        """Called when the server is found wrong."""

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _watch(self) -> None:
        guarded = self._guarded
        since, failed = monotonic(), 0
        async with httpx.AsyncClient(base_url=guarded.server_url, timeout=HEALTH_SECONDS, trust_env=False) as client:
            while True:
                reason = await self._ill(client)
                failed = failed + 1 if reason else 0
                if self._score is not None and failed >= FAILED_CHECKS:
                    logger.warning("the server is proved anew once it is well: %s", reason)
                    self._score, since = None, monotonic()
                if self._score is None:
                    if reason is None:
                        reason = await self._proved()
                    if self.failure is None and reason is not None and monotonic() - since > guarded.start_seconds:
                        self.failure = f"the server: {reason} after {guarded.start_seconds:g} seconds"
                    if self.failure is not None:
                        self.give_up()
                        return
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ill(self, client: httpx.AsyncClient) -> str | None:
        """Return what is wrong with the server's health; None where it is well."""
        path = self._guarded.health_path
        try:
            status = (await client.get(path)).status_code
        except httpx.HTTPError as error:
            return f"{path}: got no answer ({type(error).__name__}), expected 200"
        return None if status == httpx.codes.OK else f"{path}: got status {status}, expected 200"

    async def _proved(self) -> str | None:
        """Prove the server; return why that was not possible, which may pass. What does not pass is the failure."""
        try:
            self._score = await asyncio.to_thread(prove, self._guarded)
        except TruthError as error:
            # A server that is well may still be warming up: it is asked again. What it has answered, it will again.
            if isinstance(error.__cause__, httpx.HTTPError | TruthError):
                return str(error)
            self.failure = str(error)
            return None
        score = self._score
        logger.info(
            "%s version %s %s is proved: %d golden rows within %g (tolerance %g)",
            self._guarded.name,
            self._guarded.version,
            self._guarded.digest,
            score.rows,
            score.max_absolute_error,
            score.tolerance,
        )
        return None

    async def _who(self, _request: Request) -> Response:
        if self._score is None:
            return JSONResponse({"error": "the server beside is not proved yet"}, 503)
        guarded = self._guarded
        identity = Identity(guarded.name, guarded.version, guarded.digest, self._score, RUNTIME)
        return JSONResponse(identity.to_document())

    async def _live(self, _request: Request) -> Response:
        return JSONResponse({"live": True})

    async def _ready(self, _request: Request) -> Response:
        ready = self._score is not None
        return JSONResponse({"name": self._guarded.name, "ready": ready}, 200 if ready else 503)


def _nothing() -> None:
    """Do nothing."""


def prove(guarded: Guarded) -> GoldenScore:
    """Hold the server's answers to the golden rows against the trainer's.

    Raises:
        TruthError: They differ, or there are none.
    """
    timeout = guarded.request_timeout_seconds
    with (
        httpx.Client(base_url=guarded.server_url, timeout=timeout, trust_env=False) as client,
        at_place(f"{guarded.server_url}, asked by {guarded.asked.protocol}"),
    ):
        answers = guarded.asked.ask(client, guarded.name, guarded.contract, guarded.golden)
        return guarded.golden.check(answers, guarded.contract.outputs)


def run(guarded: Guarded, port: int) -> None:
    """Guard a server until told to stop.

    Raises:
        GuardError: The server answers wrongly, or not at all.
    """
    guard = Guard(guarded)
    config = uvicorn.Config(guard.application, host="", port=port, access_log=False, server_header=False, ws="none")
    server = uvicorn.Server(config)

    def give_up() -> None:
        server.should_exit = True

    guard.give_up = give_up
    server.run()
    if guard.failure is not None:
        raise GuardError(guard.failure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Guard what the command line names; return the exit code."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        run(load_guarded(options), options.port)
    except GuardError as error:
        reason = f"not served: {options.name} version {options.version}: {error}"
        print(reason, file=sys.stderr, flush=True)
        write_termination_message(reason)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Prove what another's model server serves, before it takes requests.")
    parser.add_argument("--server-url", required=True, help="the server's address in this pod")
    parser.add_argument("--health-path", required=True, help="where the server says that it is well, by status 200")
    parser.add_argument("--asked", type=HowAsked.model_validate_json, required=True, help="how it is asked, as JSON")
    parser.add_argument("--model-directory", type=Path, required=True, help="the fetched artifact, for its golden rows")
    parser.add_argument("--name", required=True, help="the registered model's name")
    parser.add_argument("--version", required=True, help="the pinned version")
    parser.add_argument("--digest", required=True, help="the pinned digest: sha256:…")
    parser.add_argument("--port", type=int, default=8079)
    parser.add_argument("--allow-code-formats", type=names_of, default=(), help="formats that may run code")
    parser.add_argument(
        "--start-seconds", type=float, default=600.0, help="how long the server may take to answer (default: 600)"
    )
    parser.add_argument(
        "--request-timeout-seconds",
        type=float,
        default=DEFAULT_TIMEOUT_SECONDS,
        help="how long the golden rows may take (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
