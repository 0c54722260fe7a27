"""Where a run's pod has the volumes of its tables. Pure, and without Pulumi: the command line asks too."""

from pulumi_mlops._shared.locations import claim_path


def claims_of(input_location: str, output_location: str) -> list[tuple[str, str, bool]]:
    """Return each volume of a run's pod: its name there, its claim, and whether it is mounted read-only."""
    read, written = claim_path(input_location), claim_path(output_location)
    claims = []
    if read is not None and (written is None or read.claim != written.claim):
        claims.append(("input", read.claim, True))
    if written is not None:
        claims.append(("output", written.claim, False))
    return claims
