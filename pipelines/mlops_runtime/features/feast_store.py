"""Feast's store, made from a definition: Redis online, Parquet files offline, its registry in a file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_runtime.features.definition import FeatureStoreDefinition
from mlops_runtime.features.feast_objects import Locate, objects_of

CLAIM = "pvc://"
# Redis answers within a millisecond or not at all: what waits longer holds up a request that has a deadline.
REDIS_TIMEOUT_SECONDS = 2
KEY_FORMAT = 3
"""Version of the keys in Redis (Feast's `entity_key_serialization_version`)."""


@dataclass(frozen=True, kw_only=True)
class RedisAddress:
    """Where Redis is, and its password."""

    host_and_port: str
    password: str = ""

    def connection_string(self) -> str:
        """Return Feast's form of it.

        Feast splits it at each comma, and reads each value as JSON: a password is written as a JSON text without one.
        """
        timeouts = f"socket_timeout={REDIS_TIMEOUT_SECONDS},socket_connect_timeout={REDIS_TIMEOUT_SECONDS}"
        if not self.password:
            return f"{self.host_and_port},{timeouts}"
        password = json.dumps(self.password).replace(",", "\\u002c")
        return f"{self.host_and_port},{timeouts},password={password}"


def open_store(name: str, redis: RedisAddress, registry: Path) -> Any:
    """Return Feast's store.

    Args:
        name: Its name: Feast's project, which is in every key.
        redis: Its online store.
        registry: The file that Feast keeps its registry in. It is made where it is not there.
    """
    from feast import FeatureStore, RepoConfig  # noqa: PLC0415 - no other image holds Feast

    registry.parent.mkdir(parents=True, exist_ok=True)
    return FeatureStore(
        config=RepoConfig(
            project=name.replace("-", "_"),
            provider="local",
            # Nothing else writes to it while this process runs.
            registry={"registry_type": "file", "path": str(registry), "cache_ttl_seconds": 0},
            online_store={"type": "redis", "connection_string": redis.connection_string()},
            offline_store={"type": "file"},
            entity_key_serialization_version=KEY_FORMAT,
        )
    )


def apply(store: Any, definition: FeatureStoreDefinition, locate: Locate) -> None:
    """Bring a store's registry to a definition, as `feast apply` does: again and again with the same end.

    What the definition no longer has is taken out, and its rows go from Redis where the registry knew of it.
    """
    wanted = objects_of(definition, locate)
    names = {found.name for found in wanted}
    gone = [
        found
        for found in (*store.list_feature_views(), *store.list_entities())
        if found.name not in names and not found.name.startswith("__")
    ]
    store.apply(wanted, objects_to_delete=gone, partial=False)


def located(claims: Path | None) -> Locate:
    """Return where sources are for this process.

    Args:
        claims: The folder below which each PersistentVolumeClaim is mounted under its name.
    """

    def locate(source: str) -> str:
        if claims is None or not source.startswith(CLAIM):
            return source
        return str(claims / source.removeprefix(CLAIM))

    return locate
