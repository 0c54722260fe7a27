"""Running the Open Inference Protocol's server: the model is loaded and proved, then callers reach it."""

import copy
import logging
import os
import warnings
from collections.abc import Callable

from kserve.logging import KSERVE_LOG_CONFIG, configure_logging

from mlops_runtime.access.errors import AccessError

from .endpoint_server import EndpointServer
from .served_model import ServedModel, UnservableModelError
from .termination import write_termination_message

logger = logging.getLogger("kserve.mlops")


def serve(load: Callable[[], ServedModel], make_server: Callable[[ServedModel], EndpointServer]) -> int:
    """Load the model, proves it on its golden rows, serves it until told to stop.

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
    except (UnservableModelError, AccessError) as error:
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


def _log_configuration() -> dict[str, object]:
    """KServe's, without a line for every request."""
    configuration: dict[str, object] = copy.deepcopy(KSERVE_LOG_CONFIG)
    loggers = configuration["loggers"]
    assert isinstance(loggers, dict)  # noqa: S101
    loggers["uvicorn.access"] = {"handlers": [], "level": "WARNING", "propagate": False}
    return configuration
