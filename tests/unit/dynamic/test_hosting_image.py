import json

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from pulumi_mlops.dynamic.hosting_image import DOCKER_MANIFEST, HostingImageError, HostingImageProvider
from tests.moto_account import ACCOUNT, IMAGE, REGION, Aws

OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"


def pushed(aws: Aws, kind: str) -> str:
    """Push an image whose manifest has a media type, and return how it is named."""
    aws.ecr.create_repository(repositoryName="mlops/serving")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [{"digest": kind}]})
    image = aws.ecr.put_image(repositoryName="mlops/serving", imageManifest=manifest, imageTag="1")["image"]
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mlops/serving@{image['imageId']['imageDigest']}"


def test_an_image_in_dockers_format_passes(aws: Aws) -> None:
    image = pushed(aws, DOCKER_MANIFEST)
    result = HostingImageProvider().create({"image": image})
    assert (result.id, result.outs) == (image, {"image": image, "manifest_type": DOCKER_MANIFEST})


@pytest.mark.parametrize("kind", [OCI, OCI_INDEX])
def test_an_image_in_ocis_format_is_refused_and_how_to_build_it_is_told(aws: Aws, kind: str) -> None:
    image = pushed(aws, kind)
    for act in (HostingImageProvider().create, lambda props: HostingImageProvider().update("", {}, props)):
        with pytest.raises(HostingImageError) as caught:
            act({"image": image})
        assert f"image {image}: got a manifest of type {kind}" in str(caught.value)
        assert "--output type=image,oci-mediatypes=false,push=true" in str(caught.value)
        assert "buildah build --format docker" in str(caught.value)


def test_an_image_that_is_not_there_passes_with_a_warning(aws: Aws, capfd: pytest.CaptureFixture[str]) -> None:
    assert HostingImageProvider().create({"image": IMAGE}).outs == {"image": IMAGE, "manifest_type": ""}
    pushed(aws, DOCKER_MANIFEST)
    other = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mlops/serving@sha256:{'0' * 64}"
    HostingImageProvider().create({"image": other})
    warnings = capfd.readouterr().err.splitlines()
    assert [line.partition(": the manifest type was not")[0] for line in warnings] == [
        f"warning: image {IMAGE}",
        f"warning: image {other}",
    ]
    assert "Requested image not found" in warnings[1]


def test_who_may_not_ask_goes_on_with_a_warning(
    aws: Aws, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pushed(aws, OCI)

    def denied(_client: object, operation: str, _arguments: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", denied)
    assert HostingImageProvider().create({"image": image}).outs == {"image": image, "manifest_type": ""}
    assert "AccessDeniedException: not authorized" in capfd.readouterr().err


def test_an_image_is_looked_at_once() -> None:
    provider = HostingImageProvider()
    assert not provider.diff("", {"image": IMAGE, "manifest_type": ""}, {"image": IMAGE}).changes
    assert provider.diff("", {"image": IMAGE}, {"image": f"{IMAGE[:-1]}0"}).changes
