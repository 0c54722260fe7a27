"""Which model answers: what the endpoint says about itself, and what a truth check holds it to."""

from dataclasses import asdict, dataclass

from .golden import GoldenScore


@dataclass(frozen=True, slots=True)
class Identity:
    """The registered model's name and version, the digest of the files that were loaded, and their golden score."""

    name: str
    version: str
    digest: str
    golden: GoldenScore

    def to_document(self) -> dict[str, object]:
        """The answer of `GET /mlops/identity`."""
        return asdict(self)
