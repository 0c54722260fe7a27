"""One step of a pipeline, as data: what runs, after what, with how much."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

STEP_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
FOLDER = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
FUNCTION_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
CPU_QUANTITY = re.compile(r"([1-9]\d*m|\d+(\.\d{1,3})?)")
MEMORY_QUANTITY = re.compile(r"[1-9]\d*(Ki|Mi|Gi|Ti)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The most that a step may use, as Kubernetes quantities. Defaults to one core and 1Gi of memory."""

    cpu: str = "1"
    memory: str = "1Gi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a function that reads the output folders of the steps before it and fills one of its own.

    The function is named and not given, so that a graph can be read without the libraries that its steps need.

    Attributes:
        name: Unique in its graph: lower case, digits and hyphens, at most 40 characters.
        run: The function as `module:function`; it takes a `StepContext`.
        after: Steps that must have succeeded before, and whose output folders this one may read.
        metrics: Metrics that it records and a gate may name.
        is_gate: Whether the run's gate is held against its metrics when it is done.
        registers_model: Whether it registers the model. It then must come after the gate, if there is one.
        model_output: Folder of its output that holds the model artifact; it marks the step that trains, which SageMaker
            runs as a training job. Such a step hands on its artifact and nothing beside it.
        resources: The most that it may use where a stack does not say otherwise.
        description: One line on what it does.
    """

    name: str
    run: str
    after: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    is_gate: bool = False
    registers_model: bool = False
    model_output: str = ""
    resources: Resources = field(default_factory=Resources)
    description: str = ""

    def problems(self) -> Iterator[str]:
        """Return what this step has wrong by itself."""
        if not STEP_NAME.fullmatch(self.name):
            yield f"step: got name {self.name!r}, expected lower-case letters, digits and hyphens, at most 40"
        if not FUNCTION_REFERENCE.fullmatch(self.run):
            yield f"step {self.name}: got run {self.run!r}, expected module:function"
        if len(set(self.after)) != len(self.after):
            yield f"step {self.name}: got after {', '.join(self.after)}, expected each step once"
        if self.is_gate and not self.metrics:
            yield f"step {self.name}: got no metrics, expected those that the gate records"
        if self.model_output and not FOLDER.fullmatch(self.model_output):
            expected = "a folder of its output such as 'model'"
            yield f"step {self.name}: got model_output {self.model_output!r}, expected {expected}"
        if self.model_output and (self.is_gate or self.registers_model):
            other = "gate" if self.is_gate else "registration"
            yield f"step {self.name}: got model_output and {other}, expected one of the two, fix: split the step"
        if not CPU_QUANTITY.fullmatch(self.resources.cpu):
            yield f"step {self.name}: got cpu {self.resources.cpu!r}, expected cores such as '2' or '500m'"
        if not MEMORY_QUANTITY.fullmatch(self.resources.memory):
            yield f"step {self.name}: got memory {self.resources.memory!r}, expected a quantity such as '2Gi'"

    def to_document(self) -> dict[str, object]:
        """Return this step as plain JSON values."""
        return {
            "name": self.name,
            "run": self.run,
            "after": list(self.after),
            "metrics": list(self.metrics),
            "is_gate": self.is_gate,
            "registers_model": self.registers_model,
            "model_output": self.model_output,
            "resources": {"cpu": self.resources.cpu, "memory": self.resources.memory},
            "description": self.description,
        }
