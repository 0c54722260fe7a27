"""`serve`: an endpoint's container, which serves the one model that SageMaker has unpacked for it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlops_runtime.errors import SettingsError
from mlops_runtime.sagemaker.folders import folders_from_environment
from mlops_runtime.sagemaker.invocation_protocol import InvocationProtocol
from mlops_runtime.sagemaker.invocations import INVOCATIONS_PATH, SageMakerFront
from mlops_runtime.serving.contract import LANGUAGE_MODEL, runtime_of
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.fit import MIB, Memory, MisfitError
from mlops_runtime.serving.limits import DEFAULT_TIMEOUT_SECONDS
from mlops_runtime.serving.request_body import Application
from mlops_runtime.serving.running import serve
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError, load_served_model
from mlops_runtime.serving.server import names_of

DEFAULT_PORT = 8080
MEMORY_VARIABLE = "MLOPS_MEMORY_MIB"
CACHE_VARIABLE = "MLOPS_MODEL_CACHE_MIB"
MEMORY_FIX = "choose a larger endpoint.sagemaker.instance_type, or raise endpoint.sagemaker.serverless.memory_mib"
# SageMaker kills a container 30 seconds after it has asked it to stop.
DRAIN_SECONDS = 5.0
GRACE_SECONDS = 15
# The most that SageMaker passes on.
BODY_LIMIT_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True)
class ServingSettings:
    """Which model is served, and where."""

    name: str
    version: str
    digest: str
    port: int
    request_timeout_seconds: int
    memory: Memory | None = None
    """What the model has to fit; None where it is not known."""
    allow_code_formats: tuple[str, ...] = ()


class SageMakerServer(EndpointServer):
    """The endpoint's server, with SageMaker's paths in front of it."""

    def front(self, general: Application) -> Application:
        """Return the short way, for invocations too."""
        path = self.request_path(general, {INVOCATIONS_PATH: InvocationProtocol(self.served)})
        return SageMakerFront(self.served, path, self.drain)


def main() -> int:
    """Serve the model; the port opens only once it is loaded and proved. Returns the exit code."""
    try:
        settings = settings_of_server(os.environ)
    except SettingsError as error:
        print(f"not served: {error}", file=sys.stderr, flush=True)
        return 1
    return serve(
        partial(load, folders_from_environment().model, settings),
        lambda served: SageMakerServer(
            served,
            port=settings.port,
            drain=Drain(DRAIN_SECONDS),
            grace_seconds=GRACE_SECONDS,
            body_limit_bytes=BODY_LIMIT_BYTES,
            request_timeout_seconds=settings.request_timeout_seconds,
        ),
    )


def load(directory: Path, settings: ServingSettings) -> ServedModel:
    """Load the model, if it fits the machine at all.

    Raises:
        UnservableModelError: It does not, or must not be served.
    """
    if runtime_of(directory) == LANGUAGE_MODEL:
        raise UnservableModelError(
            f"{settings.name} version {settings.version}: got a language model, expected one that SageMaker's server"
            " runs, fix: serve it on Kubernetes, or with endpoint.sagemaker.lmi if it was registered for vLLM"
        )
    try:
        if settings.memory is not None:
            settings.memory.check(directory)
    except MisfitError as error:
        raise UnservableModelError(f"{settings.name} version {settings.version}: {error}") from error
    return load_served_model(directory, settings.name, settings.version, settings.digest, settings.allow_code_formats)


def settings_of_server(environment: Mapping[str, str]) -> ServingSettings:
    """Read the server's settings from the variables of its container.

    They are MLOPS_MODEL_NAME, _VERSION, _DIGEST and _CACHE_MIB, MLOPS_REQUEST_TIMEOUT_SECONDS, MLOPS_MEMORY_MIB,
    MLOPS_ALLOW_CODE_FORMATS and SAGEMAKER_BIND_TO_PORT.

    Raises:
        SettingsError: With every variable that does not hold what it should. Without a digest nothing is served.
    """
    needed = {
        "MLOPS_MODEL_NAME": "the model's name",
        "MLOPS_MODEL_VERSION": "its version",
        "MLOPS_MODEL_DIGEST": "the digest of its files, sha256:…",
    }
    problems = [f"{name}: got none, expected {what}" for name, what in needed.items() if not environment.get(name)]
    port = environment.get("SAGEMAKER_BIND_TO_PORT") or str(DEFAULT_PORT)
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        problems.append(f"SAGEMAKER_BIND_TO_PORT: got {port!r}, expected a port's number")
    seconds = environment.get("MLOPS_REQUEST_TIMEOUT_SECONDS") or str(DEFAULT_TIMEOUT_SECONDS)
    if not seconds.isdecimal() or int(seconds) < 1:
        problems.append(f"MLOPS_REQUEST_TIMEOUT_SECONDS: got {seconds!r}, expected a number of seconds, 1 or more")
    sizes = {name: environment.get(name) for name in (MEMORY_VARIABLE, CACHE_VARIABLE)}
    problems += [
        f"{name}: got {size!r}, expected a number of MiB"
        for name, size in sizes.items()
        if size and not size.isdecimal()
    ]
    if problems:
        raise SettingsError("; ".join(problems))
    name, version, digest = (environment[variable] for variable in needed)
    memory_mib, cache_mib = (int(size or 0) for size in sizes.values())
    memory = Memory("the most that the instance has", memory_mib * MIB, cache_mib * MIB, MEMORY_FIX)
    return ServingSettings(
        name,
        version,
        digest,
        int(port),
        int(seconds),
        memory if memory_mib else None,
        names_of(environment.get("MLOPS_ALLOW_CODE_FORMATS", "")),
    )


if __name__ == "__main__":
    sys.exit(main())
