"""Creates, reads, changes and deletes objects as the tables say."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Cloud
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.convert import at, parameters
from sandbox.plugins.aws.equality import is_empty
from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.identity import id_of
from sandbox.plugins.aws.shapes import nodes, takes
from sandbox.plugins.aws.special import ALL_TAGS, REGION, TAGS
from sandbox.plugins.aws.state import live_properties, state_of
from sandbox.plugins.aws.table import Caller, ResourceType, Update
from sandbox.plugins.protocol.values import Object

Keys = Mapping[str, str | list[str]]


class Objects:
    """The objects of one resource type, in one region."""

    def __init__(self, kind: ResourceType, cloud: Cloud, configuration: Configuration, region: str) -> None:
        """Prepare the operations.

        Args:
            kind: The resource type.
            cloud: Calls them.
            configuration: The provider's.
            region: Where; for a type that lies in no region, where it is asked.
        """
        self._kind = kind
        self._configuration = configuration
        self._region = region
        self._call: Caller = cloud.caller(kind.service, region)

    def create(self, inputs: Object) -> None:
        """Create an object.

        Args:
            inputs: What is asked for, plain and named.
        """
        kind = self._kind
        if kind.create_skipped and kind.create_skipped(inputs):
            return
        wanted = self._parameters(kind.create, inputs, {})
        if kind.create_constants:
            wanted |= kind.create_constants(self._region)
        wanted_tags = inputs.get(ALL_TAGS) or {}
        if kind.tagging and kind.tagging.with_creation and wanted_tags:
            wanted |= tags.parameter(kind.tagging, wanted_tags)
        self._call(kind.create, wanted)

    def complete(self, inputs: Object) -> None:
        """Give an object that was just created what creating does not take."""
        tagging, wanted = self._kind.tagging, inputs.get(ALL_TAGS)
        if tagging and not tagging.with_creation and wanted:
            tags.write(self._call, tagging, inputs, {}, wanted)

    def answer(self, state: Object) -> Object | None:
        """Read what AWS tells of an object, as AWS tells it; None when it is not there.

        Args:
            state: Its properties, of which the ones that identify it are needed.
        """
        read = self._kind.read
        try:
            if read.function:
                return read.function(self._call, state)
            keys = _filled(self._kind.keys if read.keys is None else read.keys, state)
            found = self._call(read.operation, keys | dict(read.constants))
        except AwsError as error:
            if error.says(self._kind.absent):
                return None
            raise
        answer = at(found, read.root.split(".")) if read.root else found
        if isinstance(answer, list):
            return next((each for each in answer if self._is_it(each, state)), None)
        one: Object | None = answer
        return one

    def state(self, asked: Object, answer: Object) -> Object:
        """Return what the state keeps of an object.

        Args:
            asked: What was asked for or kept before, plain.
            answer: What AWS tells of it.
        """
        kind = self._kind
        # Not every operation repeats what it was asked by.
        live = {name: asked[name] for name in self._identifying() if name in asked} | live_properties(kind, answer)
        known = asked | live
        if kind.derived:
            live |= kind.derived(known, self._region)
        if not kind.is_global:
            live[REGION] = self._region
        if kind.tagging:
            live |= self._tags(known, asked)
        live["id"] = id_of(kind, known)
        state = state_of(kind, asked, live)
        return state | {name: live[name] for name in live if name not in state and kind.derived}

    def update(self, state: Object, inputs: Object, changed: frozenset[str]) -> None:
        """Change an object.

        Args:
            state: What there is.
            inputs: What is asked for, plain.
            changed: The properties that differ.
        """
        wanted = inputs | {name: state[name] for name in self._identifying() if name in state}
        fixed = {each.name for each in self._kind.properties if each.replaces}
        for each in self._kind.updates:
            of = set(each.of) or {node.name for node in nodes(self._kind)} - fixed
            if of & changed:
                self._update(each, wanted, state)
        if self._kind.tagging and changed & {TAGS, ALL_TAGS}:
            old, new = state.get(ALL_TAGS) or {}, inputs.get(ALL_TAGS) or {}
            tags.write(self._call, self._kind.tagging, state, old, new)

    def delete(self, state: Object) -> None:
        """Delete an object. One that is not there counts as deleted."""
        delete = self._kind.delete
        if delete.skipped_by and state.get(delete.skipped_by):
            return
        try:
            if delete.before:
                delete.before(self._call, state)
            if delete.operation:
                self._call(delete.operation, _filled(self._kind.keys if delete.keys is None else delete.keys, state))
        except AwsError as error:
            if not error.says(self._kind.absent):
                raise

    def _update(self, update: Update, wanted: Object, state: Object) -> None:
        keys = _filled(self._kind.keys, state)
        is_gone = update.when_removed and all(is_empty(wanted.get(name)) for name in update.of)
        if is_gone:
            self._call(update.when_removed, _taken(self._kind.service, update.when_removed, keys))
            return
        values = self._parameters(update.operation, wanted, update.members)
        for node in nodes(self._kind):
            if node.name in update.emptied and is_empty(wanted.get(node.name)) and not is_empty(state.get(node.name)):
                values[node.members[0]] = {} if node.children else ""
        self._call(update.operation, keys | values)

    def _parameters(self, operation: str, values: Object, members: Mapping[str, str]) -> Object:
        known: Callable[[str], bool] = partial(takes, self._kind.service, operation)
        return parameters(nodes(self._kind), values, takes=known, members=members)

    def _tags(self, known: Object, asked: Object) -> Object:
        if self._kind.tagging is None:
            return {}
        live = tags.read(self._call, self._kind.tagging, known, self._configuration.tags)
        own = tags.own_tags(live, asked.get(TAGS) or {}, self._configuration.tags)
        return ({TAGS: own} if own else {}) | {ALL_TAGS: live}

    def _is_it(self, answer: Object, state: Object) -> bool:
        """Tells whether an element of a list is the object; not every service looks for just one."""
        told = {member: answer[member] for member in self._kind.keys if member in answer}
        return all(told[member] == value for member, value in _filled(self._kind.keys, state).items() if member in told)

    def _identifying(self) -> tuple[str, ...]:
        used = [name for value in self._kind.keys.values() for name in ([value] if isinstance(value, str) else value)]
        return tuple(used)


def _filled(keys: Keys, state: Object) -> Object:
    """Fill in what identifies an object."""
    found: dict[str, Any] = {}
    for member, names in keys.items():
        found[member] = state[names] if isinstance(names, str) else [state[name] for name in names]
    return found


def _taken(service: str, operation: str, values: Object) -> Object:
    return {name: value for name, value in values.items() if takes(service, operation, name)}
