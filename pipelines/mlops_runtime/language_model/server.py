"""Serving one pinned language model: the engine loads it, golden prompts prove it, then callers reach it."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from mlops_runtime.access.application import Application, GuardedApplication, open_paths
from mlops_runtime.access.errors import AccessError
from mlops_runtime.access.guard import Guard
from mlops_runtime.access.options import AccessOptions
from mlops_runtime.artifact import ArtifactError, digest_directory
from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.payloads.log import PayloadLog, payload_log
from mlops_runtime.monitoring.payloads.record import ServedVersion
from mlops_runtime.monitoring.payloads.settings import PayloadSettings
from mlops_runtime.serving.contract import ContractError
from mlops_runtime.serving.drain import Drain, DrainingServer
from mlops_runtime.serving.termination import write_termination_message

from .asking import AnswerError, prove
from .beside import EngineBeside
from .contract import LanguageModelContract, load_contract
from .engine import Engine, EngineError
from .front import Front, LanguageModelIdentity, error_document
from .golden import GoldenPrompts, PromptMismatchError, load_golden
from .payloads import problem_of

logger = logging.getLogger("mlops.language_model")

LAST_WORDS_SECONDS = 2
"""A stream whose time is over ends with an event that says so: only after that may the server cut it."""


class UnservableLanguageModelError(Exception):
    """The artifact must not be served; the message says why in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What a server is told, as its command line has it; durations in seconds.

    `engine_address` is that of an engine which runs beside; None where the server starts its own.
    """

    directory: Path
    name: str
    version: str
    digest: str | None
    port: int
    drain_seconds: float
    grace_seconds: int
    body_limit_bytes: int
    request_timeout_seconds: float
    access: AccessOptions
    engine_address: str | None = None
    engine_start_seconds: float = 600.0
    payloads: PayloadSettings | None = None


def run(options: ServerOptions) -> int:
    """Serve until told to stop; return the exit code: 1 when the model must not be served. The log says why."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    # A line for each request that the front hands on would say nothing of the request.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        serve(options)
    except UnservableLanguageModelError as error:
        logger.error("not served: %s", error)  # noqa: TRY400  the reason is whole; a traceback would bury it
        write_termination_message(str(error))
        return 1
    return 0


def serve(options: ServerOptions) -> None:
    """Serve until told to stop.

    Raises:
        UnservableLanguageModelError: The files are not the pinned ones, the engine does not load them, an answer to a
            golden prompt differs, or there are no keys to judge callers by. Nothing has listened then.
    """
    place = f"{options.name} version {options.version} in {options.directory}"
    try:
        identity, contract, golden = _verified(options)
        guard = options.access.guard()
        if guard is not None:
            guard.load()
        payloads = _payload_log(options, identity)
        with _engine(options, contract) as engine:
            _prove(engine, golden)
            logger.info(
                "serving %s %s on port %d: %d golden prompts",
                place,
                identity.digest,
                options.port,
                identity.golden_prompts,
            )
            with _kept(payloads):
                _run(options, _front(options, identity, contract, engine, payloads), guard)
    except (
        ArtifactError,
        ContractError,
        EngineError,
        PromptMismatchError,
        AnswerError,
        AccessError,
        MonitoringError,
        OSError,
    ) as error:
        raise UnservableLanguageModelError(f"{place}: {error}") from error


def _verified(options: ServerOptions) -> tuple[LanguageModelIdentity, LanguageModelContract, GoldenPrompts]:
    digest = digest_directory(options.directory)
    if options.digest is not None and digest != options.digest:
        raise ArtifactError(f"got files of digest {digest}, expected digest {options.digest}")
    contract, golden = load_contract(options.directory), load_golden(options.directory)
    identity = LanguageModelIdentity(options.name, options.version, digest, len(golden.prompts), contract.engine)
    return identity, contract, golden


def _engine(options: ServerOptions, contract: LanguageModelContract) -> Engine | EngineBeside:
    if contract.engine == "llama.cpp":
        if options.engine_address is not None:
            raise EngineError(
                "got an engine beside, expected none: the server starts llama.cpp itself, fix: remove"
                " endpoint.kubernetes.vllm"
            )
        return Engine(options.directory, contract, options.name)
    if options.engine_address is None:
        raise EngineError("got no engine beside, expected vLLM, fix: say its image in endpoint.kubernetes.vllm")
    return EngineBeside(options.engine_address, contract, options.name, start_seconds=options.engine_start_seconds)


def _prove(engine: Engine | EngineBeside, golden: GoldenPrompts) -> None:
    with engine.client() as client:
        try:
            prove(client, engine.name, golden)
        except httpx.HTTPError as error:
            raise EngineError(
                f"golden prompts: got no answer ({type(error).__name__}), expected one to each"
            ) from error


def _payload_log(options: ServerOptions, identity: LanguageModelIdentity) -> PayloadLog | None:
    """Return the model's payload log; None where none is kept.

    Raises:
        MonitoringError: The settings redact what there is not, or name no place.
    """
    if options.payloads is None:
        return None
    if problem := problem_of(options.payloads):
        raise MonitoringError(problem)
    return payload_log(ServedVersion(identity.name, identity.version, identity.digest), options.payloads, logger)


@contextmanager
def _kept(payloads: PayloadLog | None) -> Iterator[None]:
    """Write payloads for as long as the server runs, and what waits at its end."""
    if payloads is None:
        yield
        return
    payloads.start()
    try:
        yield
    finally:
        payloads.close()


@dataclass(frozen=True, slots=True)
class _Served:
    """A model's front, and when it is told to stop."""

    name: str
    front: Front
    drain: Drain


def _front(
    options: ServerOptions,
    identity: LanguageModelIdentity,
    contract: LanguageModelContract,
    engine: Engine | EngineBeside,
    payloads: PayloadLog | None,
) -> _Served:
    drain = Drain(options.drain_seconds)
    front = Front(
        identity,
        engine,
        drain,
        contract=contract,
        body_limit_bytes=options.body_limit_bytes,
        timeout_seconds=options.request_timeout_seconds,
        payloads=payloads,
    )
    return _Served(identity.name, front, drain)


def guarded(front: Front, name: str, guard: Guard | None) -> Application:
    """Return a front's application behind a guard; the application itself where there is none."""
    if guard is None:
        return front.application
    return GuardedApplication(front.application, guard, open_to_all=open_paths(name), refusal_document=error_document)


def _run(options: ServerOptions, served: _Served, guard: Guard | None) -> None:
    config = uvicorn.Config(
        guarded(served.front, served.name, guard),
        host="",
        port=options.port,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=options.grace_seconds + LAST_WORDS_SECONDS,
    )
    DrainingServer(config, served.drain).run()
