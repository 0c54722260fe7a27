"""Which of a model's outputs is its number, its class and its probabilities: what quality is measured on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mlops_runtime.monitoring.baseline import Baseline, CategoryBaseline, NumberBaseline, ProbabilitiesBaseline
from mlops_runtime.monitoring.quality import Task
from mlops_runtime.serving.contract import ModelOutput


@dataclass(frozen=True)
class Roles:
    """The outputs by what they are.

    Attributes:
        number: The output that is a number.
        unit: Of that number.
        label: The output that is a class.
        probabilities: The output that has a number for each class.
        classes: The classes in their order.
    """

    number: str = ""
    unit: str = ""
    label: str = ""
    probabilities: str = ""
    classes: tuple[str, ...] = ()

    @property
    def task(self) -> Task | None:
        """What the model does; None where its outputs do not tell."""
        if self.label or self.probabilities:
            return "classification"
        return "regression" if self.number else None

    @classmethod
    def of_outputs(cls, outputs: Sequence[ModelOutput]) -> Self:
        """Return the roles of a contract's outputs, the first of each kind."""
        first = {output.kind: output for output in reversed(outputs)}
        number, label, probabilities = first.get("number"), first.get("label"), first.get("probabilities")
        of_classes = probabilities or label
        return cls(
            number=number.name if number else "",
            unit=number.unit if number else "",
            label=label.name if label else "",
            probabilities=probabilities.name if probabilities else "",
            classes=of_classes.class_names if of_classes else (),
        )

    @classmethod
    def of_baseline(cls, baseline: Baseline) -> Self:
        """Return the roles of a baseline's outputs: what is known of an endpoint that has no contract of ours."""
        outputs: list[ModelOutput] = []
        for name, output in baseline.outputs.items():
            if isinstance(output, NumberBaseline):
                outputs.append(ModelOutput(name=name, unit=output.unit))
            elif isinstance(output, CategoryBaseline):
                outputs.append(ModelOutput(name=name, kind="label", classes=tuple(output.counts)))
            elif isinstance(output, ProbabilitiesBaseline):
                outputs.append(ModelOutput(name=name, kind="probabilities", classes=tuple(output.classes)))
        return cls.of_outputs(outputs)
