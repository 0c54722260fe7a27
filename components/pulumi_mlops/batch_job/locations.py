"""Where tables are: `s3://bucket/prefix`, or `pvc://claim/path` on a volume. Pure, and without Pulumi."""

from dataclasses import dataclass

S3 = "s3://"
CLAIM = "pvc://"


@dataclass(frozen=True)
class ClaimPath:
    """A place on the volume of a PersistentVolumeClaim.

    Attributes:
        claim: Name of the PersistentVolumeClaim.
        path: The path on its volume, without a slash at either end; empty for all of it.
    """

    claim: str
    path: str


def claim_path(location: str) -> ClaimPath | None:
    """Return the claim and the path of a location; None where it is no volume's."""
    if not location.startswith(CLAIM):
        return None
    claim, _, path = location.removeprefix(CLAIM).partition("/")
    return ClaimPath(claim, path.strip("/"))


def holds(location: str, other: str) -> bool:
    """Tell whether a location is another, or the other lies in it."""
    return f"{other.rstrip('/')}/".startswith(f"{location.rstrip('/')}/")


def problem_of(input_location: str, output_location: str) -> str | None:
    """Say what is wrong with two locations beside one another, or None."""
    if holds(input_location, output_location) or holds(output_location, input_location):
        return f"a place apart from the input ({input_location})"
    return None
