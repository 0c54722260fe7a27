"""`python -m mlops_runtime.serving.server`: serves one pinned model version."""

import argparse
import copy
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from kserve.logging import KSERVE_LOG_CONFIG, configure_logging

from .drain import Drain
from .endpoint_server import EndpointServer
from .request_path import DEFAULT_TIMEOUT_SECONDS
from .served_model import ServedModel, UnservableModelError, load_served_model
from .termination import write_termination_message

logger = logging.getLogger("kserve.mlops")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves what the command line names; returns the exit code."""
    options = parser().parse_args(arguments)
    return serve(
        lambda: load_served_model(
            options.model_directory, options.name, options.version, options.digest, options.allow_code_formats
        ),
        lambda served: EndpointServer(
            served,
            port=options.port,
            drain=Drain(options.drain_seconds),
            grace_seconds=options.grace_seconds,
            body_limit_bytes=options.body_limit_mib * 1024 * 1024,
            request_timeout_seconds=options.request_timeout_seconds,
        ),
    )


def serve(load: Callable[[], ServedModel], make_server: Callable[[ServedModel], EndpointServer]) -> int:
    """Loads the model, proves it on its golden rows, serves it until told to stop.

    Args:
        load: Gives the model, or raises UnservableModelError.
        make_server: Makes its server.

    Returns:
        The exit code; 1 when the model must not be served, with the reason in the log.
    """
    # KServe's own use of it, which nobody who reads this log can change.
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")
    configure_logging(_log_configuration())
    try:
        _serve(load(), make_server)
    except UnservableModelError as error:
        logger.error("not served: %s", error)  # noqa: TRY400  the reason is whole; a traceback would bury it
        write_termination_message(str(error))
        return 1
    return 0


def _serve(served: ServedModel, make_server: Callable[[ServedModel], EndpointServer]) -> None:
    server = make_server(served)
    identity, golden = served.identity, served.identity.golden
    logger.info(
        "serving %s version %s %s on port %d: %d golden rows within %g (tolerance %g)",
        identity.name,
        identity.version,
        identity.digest,
        server.http_port,
        golden.rows,
        golden.max_absolute_error,
        golden.tolerance,
    )
    server.run()
    if working := server.threads.working:
        # Python would wait for its threads to return, and so for what nobody else waits for.
        logger.warning("%d threads are still at work on requests that are over; ended without them", working)
        logging.shutdown()
        os._exit(0)


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
    parser.add_argument("--body-limit-mib", type=int, default=16, help="the largest request body (default: 16)")
    return parser


def _log_configuration() -> dict[str, object]:
    """KServe's, without a line for every request."""
    configuration: dict[str, object] = copy.deepcopy(KSERVE_LOG_CONFIG)
    loggers = configuration["loggers"]
    assert isinstance(loggers, dict)  # noqa: S101
    loggers["uvicorn.access"] = {"handlers": [], "level": "WARNING", "propagate": False}
    return configuration


if __name__ == "__main__":
    sys.exit(main())
