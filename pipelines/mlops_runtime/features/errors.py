"""What goes wrong with features, and is the reader's to mend."""

from collections.abc import Sequence

from mlops_runtime.errors import PipelineError


class FeatureDefinitionError(PipelineError, ValueError):
    """A feature definition does not hold together, or does not have what is asked of it.

    Attributes:
        problems: Everything that is wrong, each with its place, what was found, what was expected, and the fix.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"feature definition: {problem}" for problem in problems))
