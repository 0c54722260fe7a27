"""`python -m mlops_runtime.serving.server`: serves one pinned model version, by the runtime that its artifact names."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mlops_runtime.access.options import AccessOptions, add_options, options_of
from mlops_runtime.errors import SettingsError
from mlops_runtime.monitoring.payloads.settings import PayloadSettings, settings_from

from .contract import LANGUAGE_MODEL, runtime_of
from .limits import DEFAULT_TIMEOUT_SECONDS
from .termination import write_termination_message

MIB = 1024 * 1024
NO_LANGUAGE_MODEL = (
    "got a model that is no language model, expected one for the engine beside, fix: remove endpoint.kubernetes.vllm"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve what the command line names; return the exit code."""
    reader = parser()
    options = reader.parse_args(arguments)
    access = options_of(reader, options)
    is_language_model = runtime_of(options.model_directory) == LANGUAGE_MODEL
    if options.engine_address is not None and not is_language_model:
        print(f"not served: {options.name} version {options.version}: {NO_LANGUAGE_MODEL}", file=sys.stderr, flush=True)
        write_termination_message(NO_LANGUAGE_MODEL)
        return 1
    try:
        payloads = settings_from(os.environ)
    except SettingsError as error:
        print(f"not served: {error}", file=sys.stderr, flush=True)
        write_termination_message(str(error))
        return 1
    # An image holds the libraries of its own runtime alone.
    serve = _serve_language_model if is_language_model else _serve_model
    return serve(options, access, payloads)


def _serve_model(options: argparse.Namespace, access: AccessOptions, payloads: PayloadSettings | None) -> int:
    from .drain import Drain  # noqa: PLC0415 - see above
    from .endpoint_server import EndpointServer  # noqa: PLC0415
    from .lookup_settings import lookup_of  # noqa: PLC0415
    from .running import serve  # noqa: PLC0415
    from .served_model import load_served_model  # noqa: PLC0415

    return serve(
        lambda: load_served_model(
            options.model_directory, options.name, options.version, options.digest, options.allow_code_formats
        ),
        lambda served: EndpointServer(
            served,
            port=options.port,
            drain=Drain(options.drain_seconds),
            grace_seconds=options.grace_seconds,
            body_limit_bytes=options.body_limit_mib * MIB,
            request_timeout_seconds=options.request_timeout_seconds,
            lookup=lookup_of(served, os.environ),
            guard=access.guard(),
            payloads=payloads,
        ),
    )


def _serve_language_model(options: argparse.Namespace, access: AccessOptions, payloads: PayloadSettings | None) -> int:
    from mlops_runtime.language_model.server import ServerOptions, run  # noqa: PLC0415 - see above

    return run(
        ServerOptions(
            directory=options.model_directory,
            name=options.name,
            version=options.version,
            digest=options.digest,
            port=options.port,
            drain_seconds=options.drain_seconds,
            grace_seconds=options.grace_seconds,
            body_limit_bytes=options.body_limit_mib * MIB,
            request_timeout_seconds=options.request_timeout_seconds,
            engine_address=options.engine_address,
            engine_start_seconds=options.engine_start_seconds,
            access=access,
            payloads=payloads,
        )
    )


def names_of(text: str) -> tuple[str, ...]:
    """Names that are separated by commas."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Serve one model version over the Open Inference Protocol.")
    parser.add_argument("--model-directory", type=Path, required=True, help="the model artifact")
    parser.add_argument("--name", required=True, help="the registered model's name")
    parser.add_argument("--version", required=True, help="the registered version")
    parser.add_argument("--digest", help="refuse files of another digest (default: any)")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument(
        "--drain-seconds", type=float, default=5.0, help="how long to go on answering after SIGTERM (default: 5)"
    )
    parser.add_argument(
        "--grace-seconds", type=int, default=15, help="how long answers may take after that (default: 15)"
    )
    parser.add_argument(
        "--request-timeout-seconds",
        type=float,
        default=DEFAULT_TIMEOUT_SECONDS,
        help="how long a request may take, from its head to its answer (default: %(default)s)",
    )
    parser.add_argument(
        "--allow-code-formats",
        type=names_of,
        default=(),
        help="formats of the model's files that may run code when they are loaded, such as cloudpickle,joblib"
        " (default: none)",
    )
    parser.add_argument("--engine-address", help="of a language model's engine that runs beside (default: none does)")
    parser.add_argument(
        "--engine-start-seconds", type=float, default=600.0, help="how long it may take to load (default: 600)"
    )
    parser.add_argument("--body-limit-mib", type=int, default=16, help="the largest request body (default: 16)")
    add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
