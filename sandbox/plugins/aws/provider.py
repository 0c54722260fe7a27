"""What the plugin does for each resource: apart from the protocol, which `server` speaks."""

import threading
from collections.abc import Callable

from sandbox.plugins.aws.accounts import Accounts
from sandbox.plugins.aws.check import check
from sandbox.plugins.aws.client import Cloud
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.diff import difference
from sandbox.plugins.aws.journal import Journal
from sandbox.plugins.aws.life import Life, Surroundings
from sandbox.plugins.aws.state import marked, previewed
from sandbox.plugins.aws.types import resource_type
from sandbox.plugins.protocol.changes import Difference
from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.naming import NamingRequest
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.resources import Failure, Outcome, Resource
from sandbox.plugins.protocol.values import Object, plain


class Provider:
    """A configured provider. Safe to be used by many threads."""

    def __init__(
        self, configuration: Configuration, engine: Engine, cancelled: threading.Event, journal: Journal
    ) -> None:
        """Prepare the provider; no service is asked before it is needed.

        Args:
            configuration: Where the services are, and how they are used.
            engine: Shows lines to the person.
            cancelled: Set once they ask to stop.
            journal: Remembers what was created.
        """

        def report(urn: str, redact: Callable[[str], str]) -> Report:
            return Report(engine, urn, redact)

        cloud = Cloud(configuration, cancelled)
        self._configuration = configuration
        self._accounts = Accounts(configuration, cloud)
        self._surroundings = Surroundings(configuration, cloud, journal, report)

    def check(
        self, resource: Resource, news: Object, olds: Object, naming: NamingRequest
    ) -> tuple[Object, list[Failure]]:
        """Completes and judges a program's inputs. The module `check` says how."""
        return check(resource.token, news, olds, naming, self._configuration)

    def diff(
        self,
        resource: Resource,
        old_inputs: Object,  # noqa: ARG002 - the state says what there is
        olds: Object,
        news: Object,
        ignored: list[str],
    ) -> Difference:
        """Compare what is asked for with the state. The module `diff` says how."""
        self._surroundings.journal.settle(resource.urn, resource.id)
        return difference(resource_type(resource.token), plain(olds), plain(news), ignored)

    def create(self, resource: Resource, news: Object, *, is_preview: bool) -> Outcome:
        """Create an object and wait for it; or tell what would come of that.

        Raises:
            ProviderError: It was not created.
            FailedOutcomeError: It was created, and has not become what was asked for.
        """
        if is_preview:
            return Outcome("", marked(previewed(resource_type(resource.token), news, {}), news), news)
        self._accounts.require()
        return self._life(resource, news).create(news)

    def update(
        self, resource: Resource, olds: Object, news: Object, ignored: list[str], *, is_preview: bool
    ) -> Outcome:
        """Update an object and wait for it; or tell what would come of that.

        Raises:
            ProviderError: It was not updated.
            FailedOutcomeError: It was updated, and has not become what was asked for.
        """
        if is_preview:
            outputs = previewed(resource_type(resource.token), news, plain(olds))
            return Outcome(resource.id, marked(outputs, news), news)
        self._accounts.require()
        return self._life(resource, olds, news).update(olds, news, ignored)

    def read(self, resource: Resource, identifier: str, olds: Object, old_inputs: Object) -> Outcome | None:
        """Read an object, for a refresh or an import; None for one that is not there."""
        return self._life(resource, olds, old_inputs).read(identifier, olds, old_inputs)

    def delete(self, resource: Resource, identifier: str, olds: Object, old_inputs: Object) -> None:
        """Delete an object and wait until it is gone. One that is not there counts as deleted.

        Raises:
            ProviderError: It is still there.
        """
        self._accounts.require()
        self._life(resource, olds, old_inputs).delete(identifier, olds)

    def _life(self, resource: Resource, *values: Object) -> Life:
        return Life(resource, resource_type(resource.token), self._surroundings, *values)
