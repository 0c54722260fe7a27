"""The image that an endpoint is to run: refused, before anything is made of it, where SageMaker's hosting refuses it.

Hosting takes images whose manifest is Docker's, and none in OCI's format, which Docker 29, Docker Desktop, buildah and
Podman push unless they are told otherwise: aws/amazon-sagemaker-feedback#180, moby/buildkit#5480, mlflow/mlflow#13834.
Training takes both.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

import sys
from typing import Any

import pulumi
from pulumi import dynamic

from pulumi_mlops._shared.aws.client import DeniedError, MissingError, ask, client
from pulumi_mlops._shared.aws.permissions import ECR_IMAGE

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_PREFIX = "application/vnd.oci."
# What ECR is asked for as it is: of a type that is not named here it would make another.
_ACCEPTED = [
    DOCKER_MANIFEST,
    "application/vnd.docker.distribution.manifest.list.v2+json",
    f"{OCI_PREFIX}image.manifest.v1+json",
    f"{OCI_PREFIX}image.index.v1+json",
]
FIX = (
    "build it in Docker's format and push that: `docker buildx build --platform linux/amd64 --provenance=false "
    "--sbom=false --output type=image,oci-mediatypes=false,push=true`, or `buildah build --format docker` and "
    "`buildah push --format v2s2`"
)


class HostingImageError(RuntimeError):
    """SageMaker's hosting does not take the image. The text says why, and how to build it."""


class HostingImageProvider(dynamic.ResourceProvider):
    """Looks at an image's manifest, and lets only one pass that hosting takes."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Look again at another image. One with the same digest is the same for ever."""
        return dynamic.DiffResult(changes=olds.get("image") != news.get("image"))

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Look at the image.

        Raises:
            HostingImageError: When hosting does not take it.
            AwsError: When AWS does not answer.
        """
        return dynamic.CreateResult(props["image"], _looked_at(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Look at the image that is asked for now, as `create` does."""
        return dynamic.UpdateResult(_looked_at(news))


class HostingImage(dynamic.Resource, module="mlops", name="HostingImage"):
    """An image that SageMaker's hosting takes."""

    manifest_type: pulumi.Output[str]
    """Media type of its manifest; empty where it could not be asked for."""

    def __init__(self, name: str, image: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        """Declare an image.

        Args:
            name: The resource's name.
            image: The image, in ECR and by its digest.
            opts: The resource's options.
        """
        super().__init__(HostingImageProvider(), name, {"image": image, "manifest_type": None}, opts)


def _looked_at(props: dict[str, Any]) -> dict[str, Any]:
    image = props["image"]
    try:
        kind = _manifest_type(image)
    except (DeniedError, MissingError) as error:
        # CreateModel says it of an image that is not there; and who deploys need not be allowed to look.
        _warn(f"image {image}: not looked at, so that it may turn out to be none that hosting takes: {error}")
        return {**props, "manifest_type": ""}
    if kind.startswith(OCI_PREFIX):
        raise HostingImageError(
            f"image {image}: got a manifest of type {kind}, which SageMaker's hosting refuses, "
            f"expected {DOCKER_MANIFEST}, fix: {FIX}"
        )
    return {**props, "manifest_type": kind}


def _manifest_type(image: str) -> str:
    found = ECR_IMAGE.fullmatch(image)
    if found is None:
        raise MissingError("got another registry's address, expected one of ECR, fix: push the image there")
    answer = ask(
        client("ecr", found["region"]),
        "batch_get_image",
        registryId=found["account_id"],
        repositoryName=found["repository"],
        imageIds=[{"imageDigest": image.partition("@")[2]}],
        acceptedMediaTypes=_ACCEPTED,
    )
    if not answer.get("images"):
        reasons = ", ".join(str(failure.get("failureReason")) for failure in answer.get("failures", []))
        got = f"no image ({reasons or 'no reason given'})"
        raise MissingError(f"ecr BatchGetImage: got {got}, expected one, fix: push it, or correct its pin")
    return str(answer["images"][0].get("imageManifestMediaType", ""))


def _warn(text: str) -> None:
    """Tell whoever deploys: Pulumi shows what a provider writes."""
    sys.stderr.write(f"warning: {text}\n")
    sys.stderr.flush()
