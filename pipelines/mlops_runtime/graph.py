"""A pipeline as a graph of steps: checked when it is made, read by the runner and by whoever deploys it."""

import re
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from mlops_runtime.errors import SettingsError
from mlops_runtime.gate import Gate
from mlops_runtime.parameters import PipelineParameters, describe_parameters, problems_of_parameters
from mlops_runtime.step import FUNCTION_REFERENCE, Step

GRAPH_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class StepGraphError(ValueError):
    """A step graph does not hold together; every problem in one message, a line each."""

    def __init__(self, graph: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"step graph {graph}: {problem}" for problem in problems))


@dataclass(frozen=True, kw_only=True)
class StepGraph:
    """The steps of one pipeline and its parameters.

    Attributes:
        name: The pipeline's name, such as `churn`.
        reference: Where this graph stands as `module:NAME`, so that a pod can import it.
        steps: At least one, in any order that reads well.
        parameters: The model of the parameters.

    Raises:
        StepGraphError: Names twice, unknown dependencies, a cycle, several gates, training or registering steps, a
            registering step that does not wait for gate and training, or parameters that are not plain: all of them at
            once.
    """

    name: str
    reference: str
    steps: tuple[Step, ...]
    parameters: type[PipelineParameters] = PipelineParameters

    def __post_init__(self) -> None:
        problems = [*self._own_problems(), *(problem for step in self.steps for problem in step.problems())]
        problems += self._dependency_problems() or self._order_problems()
        problems += problems_of_parameters(self.parameters)
        if problems:
            raise StepGraphError(self.name, problems)

    @cached_property
    def ordered_steps(self) -> tuple[Step, ...]:
        """The steps so that each comes after those that it needs; otherwise in the order in which they were written."""
        place = {step.name: number for number, step in enumerate(self.steps)}
        sorter = TopologicalSorter({step.name: step.after for step in self.steps})
        sorter.prepare()
        waiting: list[str] = []
        order: list[Step] = []
        while sorter.is_active():
            waiting = sorted([*waiting, *sorter.get_ready()], key=place.__getitem__)
            name = waiting.pop(0)
            order.append(self.steps[place[name]])
            sorter.done(name)
        return tuple(order)

    @property
    def gate_step(self) -> Step | None:
        """The step whose metrics the gate is held against."""
        return next((step for step in self.steps if step.is_gate), None)

    @property
    def training_step(self) -> Step | None:
        """The step whose output holds the model artifact."""
        return next((step for step in self.steps if step.model_output), None)

    def step(self, name: str) -> Step:
        """Return the step of that name.

        Raises:
            SettingsError: There is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise SettingsError(
            f"step: got {name!r}, expected one of {', '.join(step.name for step in self.ordered_steps)},"
            f" the steps of {self.reference}"
        )

    def ancestors(self, name: str) -> frozenset[str]:
        """Names of all the steps that must have succeeded before this one, directly or not."""
        found: set[str] = set()
        waiting = list(self.step(name).after)
        while waiting:
            ancestor = waiting.pop()
            if ancestor not in found:
                found.add(ancestor)
                waiting.extend(self.step(ancestor).after)
        return frozenset(found)

    def check_gate(self, gate: Gate) -> None:
        """Hold a gate against what the graph measures.

        Raises:
            SettingsError: The graph has no gate step, or that step does not record the metric.
        """
        step = self.gate_step
        if step is None:
            raise SettingsError(f"gate: got {gate}, expected none: {self.reference} has no gate step, fix: remove it")
        if gate.metric not in step.metrics:
            raise SettingsError(
                f"gate {gate}: got metric {gate.metric!r}, expected one of {', '.join(step.metrics)},"
                f" which step {step.name} of {self.reference} records"
            )

    def to_document(self) -> dict[str, object]:
        """Return this graph as plain JSON values: name, reference, parameters by name, steps in topological order."""
        return {
            "name": self.name,
            "reference": self.reference,
            "parameters": describe_parameters(self.parameters),
            "steps": [step.to_document() for step in self.ordered_steps],
        }

    def _own_problems(self) -> list[str]:
        problems = []
        if not GRAPH_NAME.fullmatch(self.name):
            problems.append(f"got name {self.name!r}, expected lower-case letters, digits and hyphens")
        if not FUNCTION_REFERENCE.fullmatch(self.reference):
            problems.append(f"got reference {self.reference!r}, expected module:NAME")
        if not self.steps:
            problems.append("got no step, expected at least one")
        return problems

    def _dependency_problems(self) -> list[str]:
        names = [step.name for step in self.steps]
        problems = [
            f"step {name}: got {names.count(name)} steps of this name, expected one"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        problems += [
            f"step {step.name}: got after {name!r}, expected one of {', '.join(names)}"
            for step in self.steps
            for name in step.after
            if name not in names
        ]
        try:
            TopologicalSorter({step.name: step.after for step in self.steps}).prepare()
        except CycleError as error:
            problems.append(f"got the cycle {' -> '.join(error.args[1])}, expected none")
        return problems

    def _order_problems(self) -> list[str]:
        gates = [step.name for step in self.steps if step.is_gate]
        training = [step.name for step in self.steps if step.model_output]
        registering = [step.name for step in self.steps if step.registers_model]
        problems = []
        if len(gates) > 1:
            problems.append(f"got the gates {', '.join(gates)}, expected at most one")
        if len(training) > 1:
            problems.append(f"got model_output in {', '.join(training)}, expected it in one step at most")
        if len(registering) > 1:
            problems.append(f"got the registering steps {', '.join(registering)}, expected at most one")
        problems += [
            f"step {name}: got after {', '.join(self.step(name).after)!r}, expected {role} {other} before it"
            for name in registering
            for role, others in (("the gate", gates), ("the training step", training))
            for other in others
            if other not in self.ancestors(name)
        ]
        return problems
