"""Requests that hold the key of an entity in the place of its features: these are looked up online, and filled in.

A row is looked up where it has all the keys of a view and none of the view's features. One that has any of them is
taken as it is: what else is missing in it is null, as without a feature store. The request then goes on as if it had
come whole, so that whatever is checked of a feature is checked of one that was looked up.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import orjson

from mlops_runtime.features.definition import FeatureView, ValueType
from mlops_runtime.features.lookup import Looked, OnlineFeatures, OnlineStoreUnavailableError

from .contract import Feature, ServingContract
from .input_error import InputProblem, ProblemList, shown
from .lookup_metrics import LookupMetrics
from .protocol import Body
from .protocol_v1 import PredictProtocol, parsed
from .protocol_v2 import InferProtocol, input_datatype

KEYS_MAX = 10_000
"""The most different keys of one request."""
_KINDS: Mapping[ValueType, frozenset[str]] = {
    ValueType.FLOAT32: frozenset({"float32", "float64"}),
    ValueType.FLOAT64: frozenset({"float32", "float64"}),
    ValueType.INT64: frozenset({"int64", "float32", "float64"}),
    ValueType.BOOL: frozenset({"bool"}),
    ValueType.TEXT: frozenset({"text", "category"}),
    ValueType.DATETIME: frozenset({"datetime"}),
}

FILLED_IN_PLACE_BYTES = 64 * 1024
"""The largest body that is read and written on the event loop."""

Key = tuple[object, ...]
Found = Mapping[Key, Mapping[str, Any]]


class ViewLookup:
    """Looks up what the model takes of one view."""

    def __init__(self, view: FeatureView, contract: ServingContract, features: OnlineFeatures) -> None:
        """Prepare lookups.

        Args:
            view: The view.
            contract: What the model takes.
            features: Looks up those features of the view that the model takes.
        """
        self.name = view.versioned_name
        self.keys = view.entity_names
        self._features = features
        self._kinds = {entity.name: entity.value_type for entity in view.entities}
        known = {feature.name: feature for feature in contract.features}
        self.taken: dict[str, Feature] = {name: known[name] for name in view.feature_names if name in known}
        # The key of an entity may be a feature of the model as well, which then stays in the row.
        self.only_keys = [name for name in self.keys if name not in known]

    def is_asked_of(self, names: Any) -> bool:
        """Whether a row, or a request of columns, that names these is to be looked up."""
        return all(key in names for key in self.keys) and not any(name in names for name in self.taken)

    def check(self, keys: Sequence[Key], places: Sequence[str], problems: ProblemList) -> None:
        """Note keys of a type that no entity has, each at its place, and more of them than one request may have."""
        for row, (key, place) in enumerate(zip(keys, places, strict=True)):
            if problems.is_full:
                return
            for name, value in zip(self.keys, key, strict=True):
                is_text = self._kinds[name] is ValueType.TEXT
                if type(value) is not (str if is_text else int):
                    expected = f"{'a text' if is_text else 'a whole number'}, the key of an entity"
                    problems.add(partial(InputProblem, f"{place}{name}", shown(value), expected), row)
        if not problems and (count := len(set(keys))) > KEYS_MAX:
            expected = f"at most {KEYS_MAX} of view {self.name} in one request"
            problems.add(partial(InputProblem, "request", f"{count} different keys", expected))

    async def look_up(self, keys: Sequence[Key]) -> tuple[Found, Looked]:
        """Return the features of each key."""
        different = list(dict.fromkeys(keys))
        columns = {name: [key[place] for key in different] for place, name in enumerate(self.keys)}
        looked = await self._features.look_up(columns)
        return dict(zip(different, looked.values, strict=True)), looked


@dataclass(frozen=True)
class Prepared:
    """A request that is to be changed: what is looked up for it, and what then becomes of it."""

    asked: Sequence[tuple[ViewLookup, Sequence[Key]]]
    finish: Callable[[Sequence[Found]], Body]
    """Takes what was found for each view; returns the request's body."""


class FeatureLookup:
    """Fills in what requests leave to be looked up."""

    def __init__(self, views: Sequence[ViewLookup], metrics: LookupMetrics) -> None:
        self._views = views
        self._metrics = metrics
        self._only_keys = frozenset(name for view in views for name in view.only_keys)

    async def filled(self, protocol: PredictProtocol | InferProtocol, body: Body, executor: Executor) -> Body:
        """Return a request's body with the features that it leaves to be looked up.

        Args:
            protocol: What will read the body.
            body: The request's body.
            executor: Where a large body is read and written, so that it holds up nobody else.

        Raises:
            InputError: It cannot be parsed, or has a key of another type than its entity's.
            OnlineStoreUnavailableError: The online store cannot be had, and that is to be an error.
        """
        is_small = len(body) <= FILLED_IN_PLACE_BYTES
        loop = asyncio.get_running_loop()
        prepare = self._prepared_rows if isinstance(protocol, PredictProtocol) else self._prepared_tensors
        prepared = prepare(body) if is_small else await loop.run_in_executor(executor, prepare, body)
        if prepared is None:
            return body
        found = await asyncio.gather(*(self._answer(view, keys) for view, keys in prepared.asked))
        return prepared.finish(found) if is_small else await loop.run_in_executor(executor, prepared.finish, found)

    def _prepared_rows(self, body: Body) -> Prepared | None:
        """Return what the rows of the v1 protocol leave to be looked up; None where nothing is to be changed."""
        document = parsed(body)
        rows = document.get("instances") if isinstance(document, dict) else None
        if not isinstance(rows, list):
            return None
        objects = [(number, row) for number, row in enumerate(rows) if type(row) is dict]
        problems = ProblemList()
        asked: list[tuple[ViewLookup, list[Key]]] = []
        places: list[list[int]] = []
        for view in self._views:
            numbers = [number for number, row in objects if view.is_asked_of(row)]
            if numbers:
                keys = [tuple(rows[number][name] for name in view.keys) for number in numbers]
                view.check(keys, [f"instances[{number}]." for number in numbers], problems)
                asked.append((view, keys))
                places.append(numbers)
        problems.raise_if_any()

        def finish(found: Sequence[Found]) -> Body:
            for (_, keys), numbers, answers in zip(asked, places, found, strict=True):
                for number, key in zip(numbers, keys, strict=True):
                    rows[number].update(answers[key])
            for _, row in objects:
                for name in self._only_keys & row.keys():
                    del row[name]
            return orjson.dumps(document)

        changes = bool(asked) or any(not self._only_keys.isdisjoint(row) for _, row in objects)
        return Prepared(asked, finish) if changes else None

    def _prepared_tensors(self, body: Body) -> Prepared | None:
        """As `_prepared_rows`, of the v2 protocol's tensors, each of which is a column."""
        document = parsed(body)
        tensors = document.get("inputs") if isinstance(document, dict) else None
        if not isinstance(tensors, list) or not all(_is_column(one) for one in tensors):
            return None
        columns = {one["name"]: one for one in tensors}
        problems = ProblemList()
        asked: list[tuple[ViewLookup, list[Key]]] = []
        for view in self._views:
            if view.is_asked_of(columns):
                keys: list[Key] = list(zip(*(columns[name]["data"] for name in view.keys), strict=False))
                view.check(keys, [f"row {number} of inputs, " for number in range(len(keys))], problems)
                asked.append((view, keys))
        problems.raise_if_any()

        def finish(found: Sequence[Found]) -> Body:
            kept = [one for one in tensors if one["name"] not in self._only_keys]
            for (view, keys), answers in zip(asked, found, strict=True):
                for name, feature in view.taken.items():
                    data = [answers[key][name] for key in keys]
                    kind = input_datatype(feature)
                    kept.append({"name": name, "shape": [len(data)], "datatype": kind, "data": data})
            return orjson.dumps({**document, "inputs": kept})

        return Prepared(asked, finish) if asked or not self._only_keys.isdisjoint(columns) else None

    async def _answer(self, view: ViewLookup, keys: Sequence[Key]) -> Found:
        start = perf_counter()
        try:
            found, looked = await view.look_up(keys)
        except OnlineStoreUnavailableError:
            self._metrics.observe(view.name, "unavailable", perf_counter() - start)
            raise
        self._metrics.observe(view.name, "degraded" if looked.is_degraded else "answered", perf_counter() - start)
        if not looked.is_degraded:
            self._metrics.count_unknown(view.name, sum(set(one.values()) == {None} for one in found.values()))
        return found


def _is_column(tensor: object) -> bool:
    """Whether a tensor has what a lookup reads; what is wrong with another is told when it is decoded."""
    return isinstance(tensor, dict) and isinstance(tensor.get("name"), str) and isinstance(tensor.get("data"), list)


def mismatches(view: FeatureView, contract: ServingContract) -> list[str]:
    """Return what of a view the model takes as another type than it is defined with."""
    taken = {feature.name: feature for feature in contract.features}
    return [
        f"feature {one.name}: got {one.value_type.value} in view {view.versioned_name}, expected one that the model "
        f"takes as {taken[one.name].dtype}, fix: look it up in a view of the version that the model was trained with"
        for one in view.features
        if one.name in taken and taken[one.name].dtype not in _KINDS[one.value_type]
    ]
