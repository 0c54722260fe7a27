"""One resource's object, from its creation to its end."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.plugins.aws.client import Cloud
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.diff import difference
from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.identity import id_of, identified, named
from sandbox.plugins.aws.journal import Journal
from sandbox.plugins.aws.operations import Objects
from sandbox.plugins.aws.shapes import nodes
from sandbox.plugins.aws.special import REGION, special_nodes
from sandbox.plugins.aws.state import imported, marked, refreshed, without_defaults
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.aws.waiting import UnfinishedError, Waiter
from sandbox.plugins.protocol.changes import Difference
from sandbox.plugins.protocol.errors import CancelledError, FailedOutcomeError, ProviderError
from sandbox.plugins.protocol.redaction import Redactor
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.resources import Outcome, Resource
from sandbox.plugins.protocol.values import Object, plain

_GLOBAL_REGION = "us-east-1"


@dataclass(frozen=True)
class Surroundings:
    """What the objects of all resources share.

    Attributes:
        configuration: The provider's.
        cloud: The services.
        journal: Remembers what was created.
        report: Makes what shows the lines about a resource, by its URN and what takes secrets out of them.
    """

    configuration: Configuration
    cloud: Cloud
    journal: Journal
    report: Callable[[str, Callable[[str], str]], Report]


class Life:
    """Creates, changes, reads and deletes the object of one resource, for one request."""

    def __init__(self, resource: Resource, kind: ResourceType, surroundings: Surroundings, *values: Object) -> None:
        """Prepare the operations.

        Args:
            resource: Whose object it is.
            kind: Its type.
            surroundings: What all share.
            values: Properties: the first that has one says in which region the object is; their secrets are kept.
        """
        self._resource = resource
        self._kind = kind
        self._around = surroundings
        regions = [plain(each)[REGION] for each in values if REGION in each]
        self._region = str(next(iter(regions), surroundings.configuration.region)) or _GLOBAL_REGION
        self._redact = Redactor(*values)
        self._objects = Objects(kind, surroundings.cloud, surroundings.configuration, self._region)
        self._waiter = Waiter(kind, self._objects, surroundings.cloud, surroundings.report(resource.urn, self._redact))

    def create(self, news: Object) -> Outcome:
        """Create the object and wait for it.

        Raises:
            ProviderError: It was not created.
            FailedOutcomeError: It was created, and has not become what was asked for.
        """
        inputs = named(self._kind, without_defaults(plain(news)))
        identifier = id_of(self._kind, inputs)
        try:
            is_found = self._begin(inputs, identifier)
        except ProviderError as error:
            raise self._told("creating", identifier, error) from error
        try:
            if is_found:
                self._catch_up(inputs)
            else:
                self._objects.complete(inputs)
            answer = self._waiter.until_ready(inputs, self._resource.timeout_seconds)
            state = self._objects.state(inputs, answer)
        except ProviderError as error:
            raise self._failed("created", identifier, error, inputs, news) from error
        return Outcome(identifier, marked(state, news), news)

    def update(self, olds: Object, news: Object, ignored: list[str]) -> Outcome:
        """Change the object and wait for it.

        Raises:
            ProviderError: It was not changed.
            FailedOutcomeError: It was changed, and has not become what was asked for.
        """
        state, inputs, identifier = plain(olds), without_defaults(plain(news)), self._resource.id
        changed = _names(difference(self._kind, state, inputs, ignored))
        asked = {node.name: state[node.name] for node in nodes(self._kind) if node.name in state} | inputs
        try:
            self._objects.update(state, inputs, changed)
        except ProviderError as error:
            raise self._half_updated(error, identifier, state, asked, news) from error
        try:
            answer = self._waiter.until_ready(state, self._resource.timeout_seconds)
            now = self._objects.state(asked, answer)
        except ProviderError as error:
            raise self._failed("updated", identifier, error, asked, news) from error
        return Outcome(identifier, marked(now, news), news)

    def read(self, identifier: str, olds: Object, old_inputs: Object) -> Outcome | None:
        """Read the object; None when it is not there."""
        before = self._known(identifier, olds)
        try:
            answer = self._objects.answer(before)
            if answer is None:
                return None
            state = self._objects.state(before, answer)
        except ProviderError as error:
            raise self._told("reading", identifier, error) from error
        if plain(old_inputs):
            described = (*nodes(self._kind), *special_nodes(self._kind))
            inputs = refreshed(described, plain(old_inputs), state)
        else:
            inputs = imported(self._kind, state)
        secret = old_inputs or olds
        return Outcome(str(state["id"]), marked(marked(state, secret), olds), marked(inputs, secret))

    def delete(self, identifier: str, olds: Object) -> None:
        """Delete the object and wait until it is gone.

        Raises:
            ProviderError: It is still there.
        """
        state = self._known(identifier, olds)
        try:
            self._objects.delete(state)
            if self._kind.waits_until_gone:
                self._waiter.until_gone(state, self._resource.timeout_seconds)
        except ProviderError as error:
            raise self._told("deleting", identifier, error) from error
        self._around.journal.forget(self._resource.urn)

    def _begin(self, inputs: Object, identifier: str) -> bool:
        """Has the object created. Returns whether this very resource had created it before, and lost sight of it."""
        journal, urn = self._around.journal, self._resource.urn
        if not self._kind.exists:
            self._objects.create(inputs)
            return False
        endpoint = self._around.configuration.endpoints.get(self._kind.service, "")
        is_ours = journal.has(urn, identifier, endpoint)
        journal.note(urn, identifier, endpoint)
        try:
            self._objects.create(inputs)
        except AwsError as error:
            if is_ours and error.says(self._kind.exists):
                return True
            if not is_ours:
                journal.forget(urn)
            raise
        return False

    def _catch_up(self, inputs: Object) -> None:
        """Make what is there already what is asked for."""
        answer = self._objects.answer(inputs)
        if answer is None:
            return
        state = self._objects.state(inputs, answer)
        found = difference(self._kind, state, inputs)
        if found.replaces:
            paths = ", ".join(change.text for change in found.changes if change.replaces)
            raise ProviderError(f"there is one already, and it differs in {paths}; delete it first")
        self._objects.update(state, inputs, _names(found))

    def _known(self, identifier: str, olds: Object) -> Object:
        """Return what is known of the object: from the state, else from its ID."""
        state: Object = plain(olds)
        if all(name in state for name in self._kind.id_of):
            return state
        return state | identified(self._kind, identifier, self._region)

    def _half_updated(
        self, error: ProviderError, identifier: str, state: Object, asked: Object, news: Object
    ) -> ProviderError:
        """Find out whether a failed update has changed anything; what has changed goes into the state."""
        told = self._told("updating", identifier, error)
        try:
            answer = self._objects.answer(state)
            now = self._objects.state(asked, answer) if answer is not None else state
        except ProviderError:
            return told
        if not difference(self._kind, state, now).changes:
            return told
        return FailedOutcomeError(Outcome(identifier, marked(now, news), news), [str(told)])

    def _failed(
        self, done: str, identifier: str, error: ProviderError, asked: Object, news: Object
    ) -> FailedOutcomeError:
        """Says that an object is there, but is not what was asked for."""
        state = asked | {"id": identifier}
        if isinstance(error, UnfinishedError) and error.answer is not None:
            try:
                state = self._objects.state(asked, error.answer)
            except ProviderError:
                state = asked | {"id": identifier}
        reason = self._redact(f"{self._kind.title} {identifier} was {done}, but is not ready: {error}")
        return FailedOutcomeError(Outcome(identifier, marked(state, news), news), [reason])

    def _told(self, doing: str, identifier: str, error: ProviderError) -> ProviderError:
        text = self._redact(f"{doing} {self._kind.title} {identifier}: {error}")
        return CancelledError(text) if isinstance(error, CancelledError) else ProviderError(text)


def _names(found: Difference) -> frozenset[str]:
    return frozenset(str(change.path[0]) for change in found.changes)
