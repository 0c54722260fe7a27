"""Does with a provider what Pulumi's engine does with one."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.plugins.aws.client import Cloud
from sandbox.plugins.aws.configuration import Configuration, Tags
from sandbox.plugins.aws.journal import Journal
from sandbox.plugins.aws.provider import Provider
from sandbox.plugins.aws.table import Caller
from sandbox.plugins.protocol.changes import Difference
from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import FailedOutcomeError
from sandbox.plugins.protocol.naming import NamingRequest
from sandbox.plugins.protocol.resources import Resource
from sandbox.plugins.protocol.values import Object

REGION = "eu-west-1"
ACCOUNT = "123456789012"


def configuration(endpoint: str, **others: Any) -> Configuration:
    """A provider's configuration for an offline AWS."""
    services = ("application-autoscaling", "cloudwatch", "iam", "s3", "sagemaker", "scheduler", "sts")
    return Configuration(region=REGION, endpoints=dict.fromkeys(services, endpoint), **others)


@dataclass
class Entry:
    """What the state has of a resource."""

    id: str
    inputs: Object
    outputs: Object


class Stack:
    """Resources by name, each of one type."""

    timeout_seconds: float | None = None

    def __init__(self, settings: Configuration, journal: Path) -> None:
        self.settings = settings
        self.journal = journal
        self.cancelled = threading.Event()
        self.state: dict[str, Entry] = {}
        self.provider = self._provider()

    def _provider(self) -> Provider:
        return Provider(self.settings, Engine(), self.cancelled, Journal(self.journal))

    def restart(self, **settings: Any) -> None:
        """As the next update does, with other settings of the provider."""
        self.settings = replace(self.settings, **settings)
        self.provider = self._provider()

    def default_tags(self, **tags: str) -> None:
        self.restart(tags=Tags(tags))

    def resource(self, token: str, name: str, identifier: str = "") -> Resource:
        return Resource(f"urn:pulumi:dev::mlops::{token}::{name}", token, name, self.timeout_seconds, identifier)

    def caller(self, service: str) -> Caller:
        """Calls AWS behind the stack's back."""
        return Cloud(self.settings, threading.Event()).caller(service, REGION)

    def check(self, token: str, name: str, /, **news: Any) -> Object:
        """Returns checked inputs, and fails when they cannot be taken."""
        olds = self.state[name].inputs if name in self.state else {}
        inputs, failures = self.provider.check(self.resource(token, name), news, olds, NamingRequest(name, b"seed"))
        assert failures == []
        return inputs

    def problems(self, token: str, /, **news: Any) -> list[str]:
        """Returns what is wrong with inputs."""
        _, failures = self.provider.check(self.resource(token, "x"), news, {}, NamingRequest("x", b"seed"))
        return [failure.reason for failure in failures]

    def diff(self, token: str, name: str, inputs: Object) -> Difference:
        entry = self.state[name]
        return self.provider.diff(self.resource(token, name, entry.id), entry.inputs, entry.outputs, inputs, [])

    def up(self, token: str, name: str = "x", /, **news: Any) -> str:
        """Brings a resource up. Returns what was done: created, same, updated or replaced, and for what."""
        inputs = self.check(token, name, **news)
        if name not in self.state:
            self.preview(token, name, inputs)
            self._create(token, name, inputs)
            return "created"
        found = self.diff(token, name, inputs)
        if not found.changes:
            return "same"
        text = " ".join(change.text for change in found.changes if change.replaces or not found.replaces)
        if not found.replaces:
            self._update(token, name, inputs)
            return f"updated {text}"
        old = self.state[name]
        if found.deletes_first:
            self._delete(token, name, old)
        self.state.pop(name)
        self._create(token, name, inputs)
        if not found.deletes_first:
            self._delete(token, name, old)
        return f"replaced {text}"

    def preview(self, token: str, name: str, inputs: Object) -> Object:
        """What a preview shows; it must ask nobody."""
        working, self.provider = (
            self.provider,
            Provider(replace(self.settings, endpoints={}), Engine(), self.cancelled, Journal(self.journal)),
        )
        try:
            if name in self.state:
                entry = self.state[name]
                resource = self.resource(token, name, entry.id)
                return self.provider.update(resource, entry.outputs, inputs, [], is_preview=True).outputs
            return self.provider.create(self.resource(token, name), inputs, is_preview=True).outputs
        finally:
            self.provider = working

    def refresh(self, token: str, name: str = "x") -> bool:
        """Reads a resource. Returns whether it is still there."""
        entry = self.state[name]
        found = self.provider.read(self.resource(token, name, entry.id), entry.id, entry.outputs, entry.inputs)
        if found is None:
            del self.state[name]
            return False
        self.state[name] = Entry(found.id, found.inputs, found.outputs)
        return True

    def import_(self, token: str, identifier: str, name: str = "x") -> Entry:
        """Takes over an object that Pulumi has not made."""
        found = self.provider.read(self.resource(token, name, identifier), identifier, {}, {})
        assert found is not None
        self.state[name] = Entry(found.id, found.inputs, found.outputs)
        return self.state[name]

    def down(self, token: str, name: str = "x") -> None:
        """Deletes a resource."""
        self._delete(token, name, self.state.pop(name))

    def _create(self, token: str, name: str, inputs: Object) -> None:
        try:
            outcome = self.provider.create(self.resource(token, name), inputs, is_preview=False)
        except FailedOutcomeError as error:
            self.state[name] = Entry(error.outcome.id, inputs, error.outcome.outputs)
            raise
        self.state[name] = Entry(outcome.id, inputs, outcome.outputs)

    def _update(self, token: str, name: str, inputs: Object) -> None:
        entry = self.state[name]
        resource = self.resource(token, name, entry.id)
        self.preview(token, name, inputs)
        try:
            outcome = self.provider.update(resource, entry.outputs, inputs, [], is_preview=False)
        except FailedOutcomeError as error:
            self.state[name] = Entry(entry.id, inputs, error.outcome.outputs)
            raise
        self.state[name] = Entry(entry.id, inputs, outcome.outputs)

    def _delete(self, token: str, name: str, entry: Entry) -> None:
        resource = self.resource(token, name, entry.id)
        self.provider.delete(resource, entry.id, entry.outputs, entry.inputs)
