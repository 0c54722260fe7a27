"""Where a pod has what lies on a volume. Pure, and without Pulumi: the command line asks too."""

from pulumi_mlops._shared.locations import claim_path

DATA_FOLDER = "/data"


def path_in_pod(location: str) -> str:
    """Return where a pod finds a location: its path on a mounted volume, or the S3 URI as it is."""
    found = claim_path(location)
    return location if found is None else f"{DATA_FOLDER}/{found.claim}/{found.path}".rstrip("/")
