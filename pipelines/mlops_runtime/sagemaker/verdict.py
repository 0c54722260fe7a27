"""Which step's result decides whether a model is registered."""

from mlops_runtime.graph import StepGraph
from mlops_runtime.step import Step


def deciding_step(graph: StepGraph) -> Step | None:
    """Return the step whose result the pipeline's condition reads.

    It is the gate; in a graph without one, the last job before the registration that knows the model.
    """
    registering = next((step for step in graph.steps if step.registers_model), None)
    training = graph.training_step
    if graph.gate_step is not None or registering is None or training is None:
        return graph.gate_step
    before = graph.ancestors(registering.name)
    candidates = [
        step for step in graph.ordered_steps if step.name in before and training.name in graph.ancestors(step.name)
    ]
    return candidates[-1] if candidates else None


def keeps_model_back(graph: StepGraph, step: Step) -> bool:
    """Whether a model that this step turns down is not registered, though its job ends well."""
    if not any(each.registers_model for each in graph.steps):
        return True
    decides = deciding_step(graph)
    return decides is not None and (step is decides or step.name in graph.ancestors(decides.name))
