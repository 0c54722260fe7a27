"""Where files are: `s3://bucket/prefix`, or `pvc://claim/path` on a volume. Pure, and without Pulumi."""

from dataclasses import dataclass

S3 = "s3://"
CLAIM = "pvc://"
AWS_S3_URL = "https://s3.amazonaws.com"


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
