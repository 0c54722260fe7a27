"""What hosting refuses, and training takes: images in OCI's format, and keys for disks that encrypt themselves.

Pages are those below https://docs.aws.amazon.com/sagemaker/latest/.
"""

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ecr.models import ecr_backends
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.moto_patches import replace

FAKED = (
    "SageMaker CreateModel: an image that its ECR has is refused if its manifest is OCI's; one it lacks is taken",
    "SageMaker CreateEndpointConfig: KmsKeyId beside an instance type with disks of its own (EC2's) is refused",
)
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[^@:]+)@(?P<digest>.+)"
)
_OCI = "application/vnd.oci."


def apply() -> None:
    """Put both into moto."""
    replace(
        SageMakerResponse,
        create_model=_after(_refuse_oci_images, SageMakerResponse.create_model),
        create_endpoint_config=_after(_refuse_keys, SageMakerResponse.create_endpoint_config),
    )


def _after(check: Callable[[Any], None], create: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    def created(self: Any) -> ActionResult:
        check(self)
        return create(self)

    return created


def _refuse_oci_images(self: SageMakerResponse) -> None:
    """Refuse images in OCI's format.

    aws/amazon-sagemaker-feedback#180 has the text; moby/buildkit#5480 and mlflow/mlflow#13834 met it too.
    """
    containers = [self._get_param("PrimaryContainer"), *(self._get_param("Containers") or [])]
    for image in [str(container["Image"]) for container in containers if container and "Image" in container]:
        kind = _manifest_type(image)
        if kind.startswith(_OCI):
            raise AWSValidationException(
                f"Unsupported manifest media type {kind} for image {image}. "
                "Ensure that valid manifest media type is used for specified image."
            )


def _manifest_type(image: str) -> str:
    """Return the media type of an image's manifest; empty where its ECR does not have it."""
    found = _IMAGE.fullmatch(image)
    if found is None:
        return ""
    repository = ecr_backends[found["account"]][found["region"]].repositories.get(found["repository"])
    for pushed in repository.images if repository else []:
        if pushed.get_image_digest() == found["digest"]:
            return str(pushed.image_manifest_media_type)
    return ""


def _refuse_keys(self: SageMakerResponse) -> None:
    """Refuse a key for machines that encrypt their disks themselves.

    APIReference/API_CreateEndpointConfig, KmsKeyId: "You can't request a KmsKeyId when using an instance type with
    local storage. [...] the call to CreateEndpointConfig fails."
    """
    if not self._get_param("KmsKeyId"):
        return
    members = ("ProductionVariants", "ShadowProductionVariants")
    variants = [variant for member in members for variant in self._get_param(member) or []]
    for machine in [str(variant.get("InstanceType", "")) for variant in variants]:
        if INSTANCE_TYPES.get(machine.removeprefix("ml."), {}).get("InstanceStorageSupported"):
            raise AWSValidationException(
                f"KmsKeyId cannot be specified for instance type {machine}, whose local storage is encrypted by a "
                "hardware module on the instance."
            )
