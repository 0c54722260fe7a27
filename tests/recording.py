"""A monitor that takes Pulumi's place in unit tests: it records what a program declares and answers like a provider."""

import asyncio
import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime import mocks, settings, stack
from pulumi.runtime.proto import resource_pb2

from pulumi_mlops.cli.render.recorder import STACK_TYPE, Recorder, with_computed

AUTOMATIC_SUFFIX = "0a1b2c3d"


@dataclass(frozen=True)
class Declared:
    """One resource as it was declared."""

    type: str
    name: str
    parent: str
    """Type and name of the parent, `type::name`; empty for none."""
    inputs: dict[str, Any]
    """As `mlops render` shows them: secrets and what is not yet known as placeholders."""
    depends_on: frozenset[str]
    """`type::name` of each resource that it waits for."""
    options: Any
    """The whole registration, in Pulumi's protocol."""


@dataclass
class Declaration:
    """Everything that a program declared."""

    resources: list[Declared] = field(default_factory=list)
    result: Any = None
    """What the program returned, its outputs resolved."""

    def children(self) -> list[tuple[str, str, str]]:
        """Type, name and parent of every resource, sorted."""
        return sorted((resource.type, resource.name, resource.parent) for resource in self.resources)

    def one(self, kind: str, name: str | None = None) -> Declared:
        """The only resource whose type ends so, and of that name if one is given."""
        found = [
            resource
            for resource in self.resources
            if resource.type.rsplit(":", 1)[-1] == kind and name in (None, resource.name)
        ]
        assert len(found) == 1, f"{kind} {name}: {[resource.name for resource in found]}"
        return found[0]

    def kinds(self) -> set[str]:
        return {resource.type.rsplit(":", 1)[-1] for resource in self.resources}


class RecordingMonitor(Recorder):
    """The recorder of `mlops render`, which answers as a provider does that creates or previews."""

    def __init__(self, failing: Callable[[str, str], bool], rollouts: int) -> None:
        super().__init__("test", "mlops")
        self.declared: list[Declared] = []
        self._failing = failing
        self._rollouts = rollouts

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name in Pulumi's protocol
        whole = resource_pb2.RegisterResourceRequest()
        whole.CopyFrom(request)
        answer = super().RegisterResource(request)
        if request.type == STACK_TYPE:
            return answer
        rendered = self.recorded[self.path(answer.urn)]
        self.declared.append(
            Declared(
                type=request.type,
                name=request.name,
                parent=_short(rendered.parent or ""),
                inputs=rendered.inputs,
                depends_on=frozenset(_short(path) for path in rendered.depends_on),
                options=whole,
            )
        )
        if self._failing(request.type, request.name):
            raise RuntimeError(f"{request.type} {request.name} failed")
        return answer

    def identity(self, request: Any) -> str:
        return f"id-of-{request.name}" if request.custom and not settings.is_dry_run() else ""

    def state(self, request: Any) -> struct_pb2.Struct:
        """What an update knows of what it has created; in a preview, the inputs and the name that the provider makes.

        That is what the official Kubernetes provider answers (pulumi-kubernetes, provider.go, Create with preview).
        """
        name = f"{request.name}-{AUTOMATIC_SUFFIX}"
        if settings.is_dry_run():
            return with_computed(request, name=name)
        state = with_computed(request, name=name, uid=f"uid-of-{request.name}", revision=str(self._rollouts))
        if request.type.endswith("batch/v1:Job"):
            state.fields["status"].struct_value.fields["succeeded"].number_value = 1
        if request.type == "pulumi-python:dynamic/mlops:Endpoint":
            state.fields["endpoint_arn"].string_value = f"arn-of-{request.name}"
        return state


def _short(path: str) -> str:
    return path.rpartition("$")[2]


def declare(
    program: Callable[[], object],
    *,
    preview: bool = False,
    failing: Callable[[str, str], bool] = lambda *_: False,
    rollouts: int = 1,
) -> Declaration:
    """Run a program as Pulumi would, without an engine.

    Args:
        program: Declares resources; what it returns is resolved.
        preview: Whether this is a preview.
        failing: Tells by type and name which resources cannot be created.
        rollouts: How often each Deployment has been rolled out.
    """
    monitor = RecordingMonitor(failing, rollouts)
    result = contextvars.Context().run(_run, monitor, program, preview)
    return Declaration(monitor.declared, result)


def _run(monitor: RecordingMonitor, program: Callable[[], object], preview: bool) -> Any:
    settings.configure(
        settings.Settings(
            monitor=monitor,
            engine=mocks.MockEngine(None),
            project="mlops",
            stack="test",
            root_directory=".",
            organization="organization",
            dry_run=preview,
            legacy_apply_enabled=False,
        )
    )
    settings.SETTINGS.monitor_features = set(monitor.features())

    async def run() -> Any:
        # A program that fails says so. What waits for its outputs besides would be reported whenever it is collected,
        # in the midst of anything: Python 3.11 has broken off an import for it ("AST constructor recursion depth").
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        results: list[object] = []
        await stack.run_in_stack(lambda: results.append(program()))
        return await pulumi.Output.from_input(results[0]).future()

    return asyncio.run(run())
