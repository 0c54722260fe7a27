"""Where an endpoint's payload log is on Kubernetes, checked, and as the pods see it."""

from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import locations, values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.rules import Setting

QUEUE_MIB = Setting(1, 1024, default=16)
PATH = "kubernetes.payloads"
_OF_S3 = ("s3_endpoint_url", "s3_region", "s3_credentials_secret_name")


@dataclass(frozen=True, kw_only=True)
class PayloadPlace:
    """Where the payload log is."""

    location: str
    s3_endpoint_url: str | None
    s3_region: str | None
    s3_credentials_secret_name: pulumi.Input[str] | None
    queue_mib: int

    @property
    def uses_s3(self) -> bool:
        """Whether it is in a bucket."""
        return self.location.startswith(locations.S3)


def read_payload_place(arguments: Arguments) -> PayloadPlace | None:
    """Take where the payload log is; None where there is none."""
    read = arguments.read
    is_stored = read("payloads") is not None or not arguments.sound("payloads")
    placed = read(PATH)
    if not is_stored and placed is not None:
        arguments.add(PATH, placed, "nothing without payloads: nothing is stored", "remove it, or add payloads: {}")
    if is_stored and placed is None and arguments.sound(PATH):
        fix = "add it, such as kubernetes: {payloads: {location: pvc://claim/path}}, or remove payloads"
        arguments.add(PATH, None, "where the payloads go", fix)
    if not is_stored or placed is None:
        return None
    place = PayloadPlace(
        location=read(f"{PATH}.location", values.table_location, ""),
        s3_endpoint_url=read(f"{PATH}.s3_endpoint_url", values.reachable_url),
        s3_region=read(f"{PATH}.s3_region", aws_values.region),
        s3_credentials_secret_name=read(f"{PATH}.s3_credentials_secret_name", values.object_name),
        queue_mib=arguments.number(f"{PATH}.queue_mib", QUEUE_MIB),
    )
    if not place.uses_s3 and arguments.sound(f"{PATH}.location"):
        for key in _OF_S3:
            if (given := read(f"{PATH}.{key}")) is not None:
                arguments.add(f"{PATH}.{key}", given, "no setting of S3: the location is a volume", "remove it")
    return place
