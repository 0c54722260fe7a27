"""Feast's feature server, of which only what reads is there: nobody writes features through it."""

from pathlib import Path
from typing import Any

from mlops_runtime.features import feast_store
from mlops_runtime.features.definition import FeatureStoreDefinition

READING_PATHS = frozenset({"/get-online-features", "/health"})
"""Of Feast's routes. The others write, materialise, or belong to its pages and chat."""
REGISTRY_REFRESH_SECONDS = 24 * 3600
"""The registry is made from the definition at the start and never changes: another definition is another process."""


def application(store: Any) -> Any:
    """Return Feast's application without the routes that change anything."""
    from feast.feature_server import get_app  # noqa: PLC0415 - no other image holds Feast

    found = get_app(store, REGISTRY_REFRESH_SECONDS)
    found.router.routes[:] = [route for route in found.router.routes if getattr(route, "path", "") in READING_PATHS]
    return found


def serve(
    name: str,
    definition: FeatureStoreDefinition,
    redis: feast_store.RedisAddress,
    *,
    registry: Path,
    port: int,
    metrics_port: int,
) -> None:
    """Serve lookups until the process is told to stop.

    Args:
        name: The store's name.
        definition: Its definition.
        redis: Its online store.
        registry: A file for Feast's registry, which is made anew.
        port: The port to listen on.
        metrics_port: The port of Feast's own metrics, which a process of its own serves.
    """
    import uvicorn  # noqa: PLC0415 - no other image needs it here
    from feast import metrics  # noqa: PLC0415

    store = feast_store.open_store(name, redis, registry)
    feast_store.apply(store, definition, feast_store.located(None))
    metrics.start_metrics_server(store, port=metrics_port)
    uvicorn.run(application(store), host="", port=port, access_log=False, server_header=False)
