"""Requests that hold the key of an entity in the place of its features: these are looked up online, and filled in.

A row is looked up where it has all the keys of a view and none of the view's features. One that has any of them is
taken as it is: what else is missing in it is null, as without a feature store. The request then goes on as if it had
come whole, so that whatever is checked of a feature is checked of one that was looked up.
"""

import asyncio
from collections.abc import Mapping, Sequence
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

Key = tuple[object, ...]


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

    def check(self, key: Key, place: str, problems: ProblemList, row: int) -> None:
        """Note a key of a type that no entity has."""
        for name, value in zip(self.keys, key, strict=True):
            is_text = self._kinds[name] is ValueType.TEXT
            if type(value) is not (str if is_text else int):
                expected = f"{'a text' if is_text else 'a whole number'}, the key of an entity"
                problems.add(partial(InputProblem, f"{place}{name}", shown(value), expected), row)

    async def look_up(self, keys: Sequence[Key]) -> tuple[dict[Key, dict[str, Any]], Looked]:
        """Return the features of each key."""
        different = list(dict.fromkeys(keys))
        columns = {name: [key[place] for key in different] for place, name in enumerate(self.keys)}
        looked = await self._features.look_up(columns)
        return dict(zip(different, looked.values, strict=True)), looked


class FeatureLookup:
    """Fills in what requests leave to be looked up."""

    def __init__(self, views: Sequence[ViewLookup], metrics: LookupMetrics) -> None:
        self._views = views
        self._metrics = metrics

    async def filled(self, protocol: PredictProtocol | InferProtocol, body: Body) -> Body:
        """Return a request's body with the features that it leaves to be looked up.

        Raises:
            InputError: It cannot be parsed, or has a key of another type than its entity's.
            OnlineStoreUnavailableError: The online store cannot be had, and that is to be an error.
        """
        document = parsed(body)
        if not isinstance(document, dict):
            return body
        if isinstance(protocol, PredictProtocol):
            changed = await self._fill_rows(document.get("instances"))
        else:
            changed = await self._fill_tensors(document.get("inputs"))
        return orjson.dumps(document) if changed else body

    async def _fill_rows(self, rows: object) -> bool:
        if not isinstance(rows, list):
            return False
        problems = ProblemList()
        asked: list[tuple[ViewLookup, list[tuple[int, Key]]]] = []
        for view in self._views:
            found = [
                (number, tuple(row[name] for name in view.keys))
                for number, row in enumerate(rows)
                if type(row) is dict and view.is_asked_of(row)
            ]
            for number, key in found:
                if not problems.is_full:
                    view.check(key, f"instances[{number}].", problems, number)
            if found:
                asked.append((view, found))
        problems.raise_if_any()
        answers = await self._look_up([(view, [key for _, key in found]) for view, found in asked])
        for (view, found), answer in zip(asked, answers, strict=True):
            for number, key in found:
                rows[number].update({name: answer[key][name] for name in view.taken})
        return self._strip_rows(rows) or bool(asked)

    def _strip_rows(self, rows: list[Any]) -> bool:
        """Take out the keys that are no features of the model."""
        names = {name for view in self._views for name in view.only_keys}
        changed = False
        for row in rows:
            if type(row) is dict:
                for name in names & row.keys():
                    del row[name]
                    changed = True
        return changed

    async def _fill_tensors(self, tensors: object) -> bool:
        if not isinstance(tensors, list) or not all(_is_column(one) for one in tensors):
            return False
        columns = {one["name"]: one for one in tensors}
        problems = ProblemList()
        asked: list[tuple[ViewLookup, list[Key]]] = []
        for view in self._views:
            if not view.is_asked_of(columns):
                continue
            keys = list(zip(*(columns[name]["data"] for name in view.keys), strict=False))
            for number, key in enumerate(keys):
                if not problems.is_full:
                    view.check(key, f"row {number} of inputs, ", problems, number)
            asked.append((view, keys))
        problems.raise_if_any()
        answers = await self._look_up(asked)
        for (view, keys), answer in zip(asked, answers, strict=True):
            for name, feature in view.taken.items():
                data = [answer[key][name] for key in keys]
                kind = input_datatype(feature)
                tensors.append({"name": name, "shape": [len(data)], "datatype": kind, "data": data})
        stripped = {name for view in self._views for name in view.only_keys} & columns.keys()
        tensors[:] = [one for one in tensors if one["name"] not in stripped]
        return bool(asked) or bool(stripped)

    async def _look_up(self, asked: Sequence[tuple[ViewLookup, Sequence[Key]]]) -> list[dict[Key, dict[str, Any]]]:
        problems = ProblemList()
        for view, keys in asked:
            if (count := len(set(keys))) > KEYS_MAX:
                expected = f"at most {KEYS_MAX} of view {view.name} in one request"
                problems.add(partial(InputProblem, "request", f"{count} keys", expected))
        problems.raise_if_any()
        return list(await asyncio.gather(*(self._answer(view, keys) for view, keys in asked)))

    async def _answer(self, view: ViewLookup, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
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
