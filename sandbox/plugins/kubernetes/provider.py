"""What the plugin does for each resource: apart from the protocol, which `server` speaks."""

import threading
from dataclasses import replace

from sandbox.plugins.kubernetes import apply, remove, state
from sandbox.plugins.kubernetes.awaiters.observer import ClusterObserver
from sandbox.plugins.kubernetes.awaiters.registry import look_once
from sandbox.plugins.kubernetes.awaiters.wait import not_initialized
from sandbox.plugins.kubernetes.check import CheckRequest, check
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.diff import DiffRequest, difference
from sandbox.plugins.kubernetes.errors import InitializationError, NoMatchError
from sandbox.plugins.kubernetes.kinds import GroupKind, Kind, is_patch, token_kind
from sandbox.plugins.kubernetes.managed_fields import has_written
from sandbox.plugins.kubernetes.naming import field_manager
from sandbox.plugins.kubernetes.objects import (
    PATCH_FIELD_MANAGER,
    REPLACE_UNREADY,
    annotation,
    from_identity,
    identity,
    is_annotated,
    kind_of,
    list_at,
    name_of,
    namespace_of,
    text_at,
)
from sandbox.plugins.kubernetes.refresh import imported_inputs, refreshed_inputs
from sandbox.plugins.protocol.changes import Change, ChangeKind, Difference
from sandbox.plugins.protocol.engine import Engine, Severity
from sandbox.plugins.protocol.errors import FailedOutcomeError, ProviderError
from sandbox.plugins.protocol.naming import NamingRequest
from sandbox.plugins.protocol.property_path import parse as parse_path
from sandbox.plugins.protocol.redaction import Redactor
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.resources import Failure, Outcome, Resource
from sandbox.plugins.protocol.values import Object, has_unknown, marked_like, plain

_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_JOB = GroupKind("batch", "Job")
# The words of pulumi-kubernetes (provider/pkg/provider/provider.go, Create and Update).
_NOT_LIVE = "the Kubernetes API server reported that it failed to fully initialize or become live"
_NOT_CREATED = 'resource "{urn}" was not successfully created by the Kubernetes API server'
_NOT_UPDATED = 'the Kubernetes API server reported that "{name}" failed to fully initialize or become live'
_FORGET = "set PULUMI_K8S_DELETE_UNREACHABLE=true to forget the objects of a cluster that is gone for good"


class Provider:
    """A configured provider. Safe to be used by many threads."""

    def __init__(self, configuration: Configuration, engine: Engine, cancelled: threading.Event) -> None:
        """Prepare the provider; the cluster is asked only when it is needed.

        Args:
            configuration: Which cluster, and how.
            engine: Shows lines to the person.
            cancelled: Set once they ask to stop.
        """
        self._configuration = configuration
        self._engine = engine
        self._cluster = Cluster(configuration, cancelled)
        self._lock = threading.Lock()
        self._has_warned = False

    def check(
        self, resource: Resource, news: Object, olds: Object, naming: NamingRequest
    ) -> tuple[Object, list[Failure]]:
        """Completes and judges a program's inputs. The module `check` says how."""
        if olds and self._configuration.skip_update_unreachable and self._cluster.problem():
            self._warn_unreachable("its resources are left as they are (skipUpdateUnreachable)")
            return olds, []
        request = CheckRequest(resource.token, news, olds, naming, self._cluster.default_namespace)
        inputs, failures = check(request, self._cluster.is_namespaced)
        if not failures and kind_of(plain(inputs)).group_kind == _DEFINITION:
            self._cluster.plan_definition(plain(inputs))
        return inputs, failures

    def diff(
        self, resource: Resource, old_inputs: Object, olds: Object, news: Object, ignored: list[str]
    ) -> Difference:
        """Compare inputs with those before."""
        old = state.parse(olds)
        new = plain(news)
        request = DiffRequest(
            token=resource.token,
            old=plain(old_inputs) or old.inputs,
            new=new,
            live=old.live,
            is_applied=not list_at(old.live, "metadata", "managedFields") or has_written(old.live, old.manager),
            ignored=tuple(ignored),
        )
        found = difference(request, self._configuration)
        if is_annotated(new, REPLACE_UNREADY) and self._is_unready_job(new, old.live):
            path = ("metadata", "annotations", REPLACE_UNREADY)
            change = Change(path, ChangeKind.UPDATE, replaces=True)
            found = replace(found, changes=(*found.changes, change))
        return found

    def create(self, resource: Resource, news: Object, *, is_preview: bool) -> Outcome:
        """Create an object and wait for it; or tell what would come of that.

        Raises:
            ProviderError: It was not created.
            FailedOutcomeError: It was created, and has not become ready.
        """
        wanted = self._wanted(resource, news, manager="")
        if is_preview:
            return self._previewed_creation(resource, wanted, news)
        self._cluster.require()
        report = self._report(resource, news)
        api_version = text_at(wanted.body, "apiVersion")
        try:
            live = apply.create(self._cluster, wanted, report)
        except InitializationError as error:
            outputs = state.outputs(news, error.live, api_version, wanted.manager)
            headline = f'resource "{resource.urn}" was successfully created, but {_NOT_LIVE}'
            raise self._failed(Outcome(identity(error.live), outputs, news), headline, error, news) from error
        except ProviderError as error:
            raise self._refused(_NOT_CREATED.format(urn=resource.urn), error, news) from error
        return Outcome(identity(live), state.outputs(news, live, api_version, wanted.manager), news)

    def update(
        self, resource: Resource, olds: Object, news: Object, ignored: list[str], *, is_preview: bool
    ) -> Outcome:
        """Update an object and wait for it; or tell what would come of that.

        Raises:
            ProviderError: It was not updated.
            FailedOutcomeError: It was updated, and has not become ready.
        """
        old = state.parse(olds)
        wanted = self._wanted(resource, news, old.manager, tuple(parse_path(path) for path in ignored))
        if is_preview:
            return self._previewed_update(resource, wanted, old, news)
        self._cluster.require()
        report = self._report(resource, news, olds)
        try:
            live = apply.update(self._cluster, wanted, report)
            if old.manager and old.manager != wanted.manager:
                apply.relinquish(self._cluster, wanted.body, old.manager)
        except InitializationError as error:
            outputs = state.outputs(news, error.live, old.api_version, wanted.manager)
            headline = _NOT_UPDATED.format(name=identity(error.live))
            raise self._failed(Outcome(identity(error.live), outputs, news), headline, error, news, olds) from error
        except ProviderError as error:
            raise self._refused(_NOT_UPDATED.format(name=identity(wanted.body)), error, news, olds) from error
        return Outcome(identity(live), state.outputs(news, live, old.api_version, wanted.manager), news)

    def read(self, resource: Resource, identifier: str, olds: Object, old_inputs: Object) -> Outcome | None:
        """Read an object: to refresh the state, to import it, or to look it up.

        Returns:
            None when there is no such object.

        Raises:
            ProviderError: The cluster does not answer, or refuses.
            FailedOutcomeError: The object is not ready.
        """
        problem = self._cluster.problem()
        if problem:
            return self._unread(problem, identifier, olds, old_inputs)
        old = state.parse(olds)
        before = old_inputs or marked_like(old.inputs, olds.get(state.INPUTS))
        kind = kind_of(plain(before)) if before else _token_object_kind(resource.token)
        namespace, name = from_identity(identifier)
        try:
            live = self._cluster.get(kind, namespace or self._cluster.default_namespace, name)
        except NoMatchError:
            live = None
        if live is None:
            return None
        found = refreshed_inputs(plain(before), old.live, live) if before else imported_inputs(live)
        inputs = state.secretive(marked_like(found, before))
        manager = old.manager or field_manager()
        outputs = state.outputs(inputs, live, old.api_version or kind.api_version, manager)
        outcome = Outcome(identifier, outputs, inputs)
        if before and not is_patch(resource.token, kind.kind):
            self._require_ready(outcome, plain(inputs), live)
        return outcome

    def delete(self, resource: Resource, identifier: str, olds: Object, old_inputs: Object) -> None:
        """Delete an object and wait until it is gone.

        Raises:
            ProviderError: It is still there.
        """
        problem = self._cluster.problem()
        if problem and self._configuration.delete_unreachable:
            self._warn_unreachable("its resources are taken out of the state (deleteUnreachable)")
            return
        if problem:
            raise ProviderError(f"{problem}; {_FORGET}")
        old = state.parse(olds)
        inputs = state.to_kubernetes(old_inputs or old.inputs or old.live)
        report = self._report(resource, olds, old_inputs)
        try:
            if is_patch(resource.token, kind_of(inputs).kind):
                remove.remove_patch(self._cluster, inputs, old.manager or field_manager())
                return
            namespace, name = from_identity(identifier)
            removal = remove.Removal(
                inputs, namespace or self._cluster.default_namespace, name, resource.timeout_seconds
            )
            remove.remove(self._cluster, removal, report)
        except ProviderError as error:
            raise self._refused("", error, olds, old_inputs) from error

    def _wanted(
        self, resource: Resource, news: Object, manager: str, ignored: tuple[tuple[str | int, ...], ...] = ()
    ) -> apply.Application:
        body = state.body(news)
        return apply.Application(
            body=body,
            manager=annotation(body, PATCH_FIELD_MANAGER) or manager or field_manager(),
            is_patch=is_patch(resource.token, text_at(body, "kind")),
            timeout_seconds=resource.timeout_seconds,
            ignored=ignored,
        )

    def _previewed_creation(self, resource: Resource, wanted: apply.Application, news: Object) -> Outcome:
        """Return what the cluster makes of a trial, without its status; or the bare inputs where it cannot tell.

        So a new object's uid is absent while its namespace is still to come, and made up by the trial else; nothing
        is marked as unknown that the program does not leave open (pulumi-kubernetes, provider.go, Create).
        """
        if self._cluster.problem():
            self._warn_unreachable("the preview shows inputs alone")
        if has_unknown(wanted.body) or wanted.is_patch or not self._cluster.is_known(kind_of(wanted.body)):
            return Outcome("", news, news)
        try:
            answer = apply.try_create(self._cluster, wanted)
        except ProviderError as error:
            raise self._refused(_NOT_CREATED.format(urn=resource.urn), error, news) from error
        if answer is None:
            return Outcome("", news, news)
        self._report(resource, news).warn(answer.warnings)
        live = {key: value for key, value in answer.body.items() if key != "status"}
        outputs = state.outputs(news, live, text_at(wanted.body, "apiVersion"), wanted.manager)
        return Outcome("", outputs, news)

    def _previewed_update(
        self, resource: Resource, wanted: apply.Application, old: state.State, news: Object
    ) -> Outcome:
        """Return what the cluster makes of a trial, all of it known (pulumi-kubernetes, provider.go, Update)."""
        if has_unknown(wanted.body) or not self._cluster.is_known(kind_of(wanted.body)):
            return Outcome("", news, news)
        try:
            answer = apply.try_update(self._cluster, wanted)
        except ProviderError as error:
            raise self._refused(_NOT_UPDATED.format(name=identity(wanted.body)), error, news) from error
        if answer is None:
            return Outcome("", news, news)
        self._report(resource, news).warn(answer.warnings)
        return Outcome("", state.outputs(news, answer.body, old.api_version, wanted.manager), news)

    def _is_unready_job(self, new: Object, live: Object) -> bool:
        kind = kind_of(new)
        if kind.group_kind != _JOB or self._cluster.problem():
            return False
        current = self._cluster.get(kind, namespace_of(live), name_of(live))
        return current is not None and not look_once(new, current, ClusterObserver(self._cluster)).is_ready

    def _require_ready(self, outcome: Outcome, inputs: Object, live: Object) -> None:
        progress = look_once(state.to_kubernetes(inputs), live, ClusterObserver(self._cluster))
        if not progress.is_ready:
            reasons = [not_initialized(live), *progress.reasons]
            redact = Redactor(outcome.inputs, outcome.outputs)
            raise FailedOutcomeError(outcome, [redact(reason) for reason in reasons])

    def _unread(self, problem: str, identifier: str, olds: Object, old_inputs: Object) -> Outcome | None:
        """Answers a read without a cluster, as the configuration says."""
        if self._configuration.delete_unreachable:
            self._warn_unreachable("its resources are taken out of the state (deleteUnreachable)")
            return None
        if self._configuration.skip_update_unreachable:
            self._warn_unreachable("what is shown may be out of date (skipUpdateUnreachable)")
            return Outcome(identifier, olds, old_inputs)
        raise ProviderError(f"{problem}; {_FORGET}")

    def _warn_unreachable(self, what: str) -> None:
        with self._lock:
            is_first, self._has_warned = not self._has_warned, True
        if is_first:
            self._engine.log(Severity.WARNING, f"{self._cluster.problem()}: {what}")

    def _report(self, resource: Resource, *secrets: Object) -> Report:
        hides = self._configuration.suppress_deprecation_warnings
        return Report(self._engine, resource.urn, Redactor(*secrets), hides_deprecations=hides)

    def _failed(
        self, outcome: Outcome, headline: str, error: InitializationError, *secrets: Object
    ) -> FailedOutcomeError:
        redact = Redactor(*secrets)
        first, *others = [redact(reason) for reason in error.reasons]
        return FailedOutcomeError(outcome, [f"{redact(headline)}: {first}", *others])

    def _refused(self, headline: str, error: ProviderError, *secrets: Object) -> ProviderError:
        text = f"{headline}: {error}" if headline else str(error)
        return ProviderError(Redactor(*secrets)(text))


def _token_object_kind(token: str) -> Kind:
    kind = token_kind(token)
    return Kind(kind.api_version, kind.kind.removesuffix("Patch")) if is_patch(token, "") else kind
