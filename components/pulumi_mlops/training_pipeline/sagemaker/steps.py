"""What each step of a graph becomes on SageMaker, and what of a graph SageMaker cannot run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_mlops.training_pipeline.sagemaker.definition import StepKind
from pulumi_mlops.training_pipeline.sagemaker.definition.folders import CHAMPION
from pulumi_mlops.training_pipeline.sagemaker.definition.registration import condition_name

Steps = Sequence[Mapping[str, Any]]
"""A graph's steps, each after those that it needs."""

# A processing job's inputs, the champion among them; a training job may have more.
MOST_INPUTS = 9
# What AWS takes of one version, less what is recorded besides.
MOST_PARAMETERS = 38


def kind_of(step: Mapping[str, Any]) -> StepKind:
    """Return what a step becomes."""
    if step.get("model_output"):
        return StepKind.TRAINING
    return StepKind.REGISTRATION if step.get("registers_model") else StepKind.PROCESSING


def after(step: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the steps that a step reads from."""
    return tuple(step.get("after") or ())


def result_step(steps: Steps) -> str | None:
    """Return the step whose result decides about the registration.

    It is the gate's; without one, the last before the registration that knows the model. A graph without a registration
    has none that decides, and the gate's result is kept for whoever asks.
    """
    gate = next((step["name"] for step in steps if step.get("is_gate")), None)
    registration = _only(steps, StepKind.REGISTRATION)
    training = _only(steps, StepKind.TRAINING)
    if gate is not None or registration is None or training is None:
        return gate
    candidates = [
        step["name"]
        for step in steps
        if kind_of(step) is StepKind.PROCESSING
        and training in _ancestors(steps, step["name"])
        and step["name"] in _ancestors(steps, registration)
    ]
    return candidates[-1] if candidates else None


def problems(graph: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what of a graph SageMaker cannot run: what was got, what was expected, the fix."""
    steps: Steps = graph["steps"]
    yield from _registration_problems(steps)
    names = [step["name"] for step in steps]
    decides = result_step(steps)
    for step in steps:
        inputs = _inputs(steps, step, decides)
        if len(inputs) > MOST_INPUTS:
            got = f"step {step['name']}, which reads from {len(inputs)} steps"
            yield got, f"at most {MOST_INPUTS}, as a job on SageMaker has no more inputs", "let one step gather some"
        if step["name"] == CHAMPION:
            yield "a step champion", "another name: the folder of that name holds the serving version", "rename it"
    if decides is not None and condition_name(decides) in names:
        got = f"a step {condition_name(decides)}"
        yield got, "another name: the condition on which a model is registered has it", "rename it"
    if _only(steps, StepKind.REGISTRATION) and len(graph["parameters"]) > MOST_PARAMETERS:
        got = f"{len(graph['parameters'])} parameters"
        yield got, f"at most {MOST_PARAMETERS}, as SageMaker records no more with a version", "join or remove some"


def _inputs(steps: Steps, step: Mapping[str, Any], decides: str | None) -> set[str]:
    """Return the steps that a job reads from. The one that decides hands the model on, and so reads it in any case."""
    training = _only(steps, StepKind.TRAINING)
    hands_on = step["name"] == decides and training is not None and _only(steps, StepKind.REGISTRATION) is not None
    return {*after(step), *([training] if hands_on and training else [])}


def _registration_problems(steps: Steps) -> Iterator[tuple[str, str, str]]:
    registration, training = _only(steps, StepKind.REGISTRATION), _only(steps, StepKind.TRAINING)
    if registration is None:
        return
    later = [step["name"] for step in steps if registration in after(step)]
    if later:
        got = f"step {', '.join(later)} after {registration}"
        yield got, "nothing after the registration, which is no job on SageMaker", "let it come before"
    if training is None:
        expected = "a step with a model_output, which SageMaker runs as a training job"
        yield f"a graph that registers a model, step {registration}", expected, "mark the step that trains"
        return
    decides = result_step(steps)
    if decides is None:
        got = f"step {registration} right after {training}"
        expected = "a step between them, such as one that evaluates, of which SageMaker learns the model's digest"
        yield got, expected, "add such a step"
    elif training not in _ancestors(steps, decides):
        got = f"the gate {decides}, which does not come after {training}"
        yield (
            got,
            "a gate that knows the model: its digest is recorded with the version",
            f"let it come after {training}",
        )


def _only(steps: Steps, kind: StepKind) -> str | None:
    return next((step["name"] for step in steps if kind_of(step) is kind), None)


def _ancestors(steps: Steps, name: str) -> set[str]:
    """Return the steps before a step, directly or not."""
    by_name = {step["name"]: step for step in steps}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in after(by_name.get(waiting.pop(), {})):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
