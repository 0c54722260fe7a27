"""Looks features up online by key, at Feast's feature server: one request for all views, within a time."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import httpx

from mlops_runtime.features.definition import Feature, ValueType
from mlops_runtime.features.references import FeatureReference

CONNECTIONS_MAX = 64
_PRESENT = "PRESENT"


class WhenUnavailable(StrEnum):
    """What a lookup comes to when the online store cannot be had."""

    REFUSE = "refuse"
    """An error, which whoever asks can tell from a wrong request."""
    NULLS = "nulls"
    """Every feature is null, as for a key that nobody knows."""


class OnlineStoreUnavailableError(Exception):
    """The online store gave no answer, or none in time."""


@dataclass(frozen=True)
class Looked:
    """What a lookup came to."""

    values: list[dict[str, Any]]
    """For each key: feature to value, None where none is known, or it is older than its time to live."""
    is_degraded: bool = False
    """Whether the online store could not be had, and the nulls say nothing."""


class OnlineFeatures:
    """Looks the same features up again and again, over connections that are kept."""

    def __init__(
        self,
        references: Sequence[FeatureReference],
        url: str,
        *,
        timeout_seconds: float,
        when_unavailable: WhenUnavailable = WhenUnavailable.REFUSE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare lookups; nothing is connected yet.

        Args:
            references: What is looked up.
            url: The feature server.
            timeout_seconds: How long a lookup may take, connecting included.
            when_unavailable: What it comes to when the online store cannot be had.
            clock: The time now, which features' ages are counted to.
            transport: What carries requests. Defaults to HTTP.
        """
        self._references = {reference.name: reference for reference in references}
        self._body = {"features": [str(reference) for reference in references], "full_feature_names": False}
        self._timeout_seconds = timeout_seconds
        self._when_unavailable = when_unavailable
        self._clock = clock
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX)
        self._client = httpx.AsyncClient(
            base_url=url, timeout=timeout_seconds, limits=limits, transport=transport, trust_env=False
        )

    @property
    def key_names(self) -> tuple[str, ...]:
        """The entities' names, whose keys a lookup takes."""
        names = (name for reference in self._references.values() for name in reference.view.entity_names)
        return tuple(dict.fromkeys(names))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(self._references)

    async def look_up(self, keys: Mapping[str, Sequence[object]]) -> Looked:
        """Look features up.

        Args:
            keys: For each entity, a key for each row.

        Raises:
            OnlineStoreUnavailableError: It cannot be had, and that is to be an error.
        """
        count = len(next(iter(keys.values()), ()))
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.post(
                    "/get-online-features", json={**self._body, "entities": {name: list(keys[name]) for name in keys}}
                )
            answer.raise_for_status()
            return Looked(self._read(answer.json(), count))
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, IndexError, TypeError) as error:
            if self._when_unavailable is WhenUnavailable.NULLS:
                return Looked([dict.fromkeys(self._references) for _ in range(count)], is_degraded=True)
            # The type alone: an answer's text may hold what was asked for.
            raise OnlineStoreUnavailableError(type(error).__name__) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _read(self, answer: Any, count: int) -> list[dict[str, Any]]:
        now = self._clock()
        rows: list[dict[str, Any]] = [dict.fromkeys(self._references) for _ in range(count)]
        columns = dict(zip(answer["metadata"]["feature_names"], answer["results"], strict=True))
        for name, reference in self._references.items():
            column = columns[name]
            told = zip(column["values"], column["statuses"], column["event_timestamps"], strict=True)
            for row, (value, status, at) in zip(rows, told, strict=True):
                if status == _PRESENT and not _is_stale(at, now, reference.view.time_to_live_seconds):
                    row[name] = value_of(value, reference.feature)
        return rows


def value_of(value: Any, feature: Feature) -> Any:
    """Return a value of Feast's JSON as a request of ours has it: a date as text, and no number that is none."""
    if value is None:
        return None
    if feature.value_type in (ValueType.FLOAT32, ValueType.FLOAT64):
        number = float(value)
        return number if math.isfinite(number) else None
    if feature.value_type is ValueType.INT64:
        # JSON's form of a protocol buffer writes an integer of 64 bits as text.
        return int(value)
    if feature.value_type is ValueType.DATETIME and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return value


def _is_stale(at: str, now: datetime, time_to_live_seconds: int | None) -> bool:
    if time_to_live_seconds is None:
        return False
    known_at = datetime.fromisoformat(at)
    known_at = known_at if known_at.tzinfo is not None else known_at.replace(tzinfo=UTC)
    return (now - known_at).total_seconds() > time_to_live_seconds
