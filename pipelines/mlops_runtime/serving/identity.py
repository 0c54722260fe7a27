"""Which model answers: what the endpoint says about itself, and what a truth check holds it to."""

from dataclasses import asdict, dataclass

from .golden import GoldenScore


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers.

    Attributes:
        name: The registered model's name.
        version: The registered version.
        digest: The digest of the files that were loaded.
        golden: Their golden score.
        runtime: What runs the model.
    """

    name: str
    version: str
    digest: str
    golden: GoldenScore
    runtime: str = "onnx"

    def to_document(self) -> dict[str, object]:
        """Return the answer of `GET /mlops/identity`."""
        return asdict(self)
