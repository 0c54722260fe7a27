"""The life of one object, told as what happens at each step."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.protocol.values import Object
from tests.unit.sandbox.plugins.aws.stack import Stack


@dataclass(frozen=True)
class Story:
    """A resource's inputs as they change.

    Attributes:
        token: The resource's type.
        inputs: What it begins with.
        changes: Inputs that change, and what they lead to, one after another; None takes an input away.
        stays: Whether AWS keeps it after its deletion, as a setting that cannot be taken back.
        needs: Resources that must be there before, as (token, name, inputs).
    """

    token: str
    inputs: Object
    changes: tuple[tuple[Object, str], ...]
    needs: tuple[tuple[str, str, Object], ...] = field(default=())
    stays: bool = False


def live(stack: Stack, story: Story) -> None:
    """Creates an object, changes it in every way that the story has, and deletes it; looks for drift in between."""
    for token, name, needed in story.needs:
        stack.up(token, name, **needed)
    inputs: dict[str, Any] = dict(story.inputs)
    assert stack.up(story.token, **inputs) == "created"
    _settled(stack, story.token, inputs)
    for changed, expected in story.changes:
        inputs |= changed
        inputs = {key: value for key, value in inputs.items() if value is not None}
        assert stack.up(story.token, **inputs) == expected
        _settled(stack, story.token, inputs)
    entry = stack.state["x"]
    stack.down(story.token)
    resource = stack.resource(story.token, "x", entry.id)
    left = stack.provider.read(resource, entry.id, entry.outputs, entry.inputs)
    assert (left is not None) == story.stays
    # What is gone already counts as deleted.
    stack.provider.delete(resource, entry.id, entry.outputs, entry.inputs)
    for token, name, _ in reversed(story.needs):
        stack.down(token, name)


def _settled(stack: Stack, token: str, inputs: Object) -> None:
    """Nothing changes by itself: not in a second update, nor after a refresh."""
    assert stack.up(token, **inputs) == "same"
    before = stack.state["x"]
    assert stack.refresh(token)
    assert stack.state["x"].outputs == before.outputs
    assert stack.state["x"].inputs == before.inputs
    assert stack.up(token, **inputs) == "same"
