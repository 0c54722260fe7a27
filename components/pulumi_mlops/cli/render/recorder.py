"""A monitor that takes Pulumi's place: it records each resource and answers with what can be known beforehand."""

from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from pulumi_mlops.cli.render.graph import RenderedResource
from pulumi_mlops.cli.render.values import read_values

STACK_TYPE = "pulumi:pulumi:Stack"
# Options of a registration that show in a graph, with the value that says nothing.
_OPTIONS = {
    "protect": False,
    "retainOnDelete": False,
    "deleteBeforeReplace": False,
    "ignoreChanges": [],
    "replaceOnChanges": [],
    "additionalSecretOutputs": [],
    "deletedWith": "",
    "importId": "",
}


class OfflineError(RuntimeError):
    """A program declares what cannot be shown offline, or what the engine would refuse."""


class _NoAnswers(mocks.Mocks):
    """What the base class asks for; the recorder answers by itself."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise OfflineError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise OfflineError(args.typ)


class Recorder(mocks.MockMonitor):
    """Records what one run of a program declares."""

    def __init__(self, stack: str, project: str) -> None:
        super().__init__(_NoAnswers())
        self._prefix = f"urn:pulumi:{stack}::{project}::"
        self._stack = f"{project}/{stack}"
        self.recorded: dict[str, RenderedResource] = {}
        self.outputs: dict[str, Any] = {}

    def features(self) -> list[int]:
        """Return what a program may use that this monitor understands."""
        answer: Any = super().GetDeploymentInfo(empty_pb2.Empty())  # type: ignore[no-untyped-call]
        return list(answer.supportedFeatures)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name and type of Pulumi's protocol
        """Record a resource, and answer with its inputs and placeholders for what a provider would compute."""
        urn = self._urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        path = self.path(urn)
        if path in self.recorded:
            raise OfflineError(f"{path}: got two resources of one name, expected one, fix: rename one of them")
        # How Pulumi packs the code of a dynamic resource: it differs from one Python to the next, and nobody reads it.
        request.object.fields.pop("__provider", None)
        sources = {key: [_name(urn) for urn in value.urns] for key, value in request.propertyDependencies.items()}
        self.recorded[path] = RenderedResource(
            path=path,
            parent=self.path(request.parent) if STACK_TYPE not in request.parent and request.parent else None,
            provider=_name(request.provider.rpartition("::")[0]) or None,
            depends_on=tuple(sorted({self.path(urn) for urn in request.dependencies})),
            inputs=read_values(request.object, sources),
            options=_options(request),
        )
        return resource_pb2.RegisterResourceResponse(urn=urn, id=self.identity(request), object=self.state(request))

    def identity(self, request: Any) -> str:
        """Return the id that a resource gets; empty for a component."""
        return f"<{request.name}.id>" if request.custom else ""

    def state(self, request: Any) -> struct_pb2.Struct:
        """Return what a provider would answer, as far as that is known beforehand."""
        known = f"<{request.name}"
        return with_computed(
            request, name=f"{known}.metadata.name>", uid=f"{known}.metadata.uid>", revision=f"{known}.revision>"
        )

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the name and type of Pulumi's protocol
        """Refuse to ask a provider: there is none."""
        raise OfflineError(
            f"{request.tok}: got a question to a provider, expected a graph that is known offline, "
            "fix: take the value from config"
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the name and type of Pulumi's protocol
        """Refuse to read what is deployed, which a graph cannot hold offline. The stack itself has no outputs yet."""
        if request.type == "pulumi:pulumi:StackReference" and request.id.endswith(f"/{self._stack}"):
            return resource_pb2.ReadResourceResponse(urn=f"{self._prefix}{request.type}::{request.name}")
        raise OfflineError(
            f"{request.type} {request.name}: got a resource that is read from its provider, "
            "expected a graph that is known offline, fix: take what is needed of it from config"
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name and type of Pulumi's protocol
        """Keep the stack's own outputs."""
        if STACK_TYPE in request.urn:
            self.outputs = read_values(request.outputs, {})
        return empty_pb2.Empty()

    def _urn(self, parent: str, kind: str, name: str) -> str:
        chain = "" if not parent or STACK_TYPE in parent else f"{parent.split('::')[2]}$"
        return f"{self._prefix}{chain}{kind}::{name}"

    def path(self, urn: str) -> str:
        """Return how a resource of this stack is called in a graph."""
        return urn.removeprefix(self._prefix)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _options(request: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, usual in _OPTIONS.items():
        value = getattr(request, name)
        value = value if isinstance(value, bool | str) else list(value)
        if value != usual:
            options[name] = value
    timeouts = {kind: getattr(request.customTimeouts, kind) for kind in ("create", "update", "delete")}
    if any(timeouts.values()):
        options["customTimeouts"] = {kind: text for kind, text in timeouts.items() if text}
    return options


def with_computed(request: Any, *, name: str, uid: str | None = None, revision: str | None = None) -> struct_pb2.Struct:
    """Return a resource's inputs, and what Kubernetes would compute beside them.

    Args:
        request: The registration.
        name: The object's name where the inputs have none.
        uid: Its uid. None: not known.
        revision: How often a Deployment has been rolled out. None: not known.
    """
    state = struct_pb2.Struct()
    state.CopyFrom(request.object)
    if not request.type.startswith("kubernetes:"):
        return state
    metadata = state.fields["metadata"].struct_value
    for key, value in (("name", name), ("uid", uid)):
        if value is not None and key not in metadata.fields:
            metadata.fields[key].string_value = value
    if revision is not None and request.type.endswith(":Deployment"):
        annotations = metadata.fields["annotations"].struct_value
        annotations.fields["deployment.kubernetes.io/revision"].string_value = revision
    return state
