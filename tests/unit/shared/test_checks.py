from typing import Any

import pytest
from pydantic import TypeAdapter

from pulumi_mlops._shared import checks, scalars
from pulumi_mlops._shared.arguments import Check

DIGEST = "sha256:" + "0123456789abcdef" * 4
# A value, whether it is right, and by which check of ours and which type of the configuration.
CASES = [
    (checks.image, scalars.ImageReference, f"registry.example/team/serving@{DIGEST}", True),
    (checks.image, scalars.ImageReference, "localhost/pulumi-mlops/serving:0123456789abcdef", True),
    (checks.image, scalars.ImageReference, "localhost/pulumi-mlops/serving:latest", False),
    (checks.image, scalars.ImageReference, "registry.example/serving:0123456789abcdef", False),
    (checks.image, scalars.ImageReference, "registry.example/serving@sha256:0123", False),
    (checks.image, scalars.ImageReference, "serving", False),
    (checks.digest, scalars.Digest, DIGEST, True),
    (checks.digest, scalars.Digest, DIGEST.upper(), False),
    (checks.digest, scalars.Digest, DIGEST + "\n", False),
    (checks.namespace, scalars.Name, "flights-dev", True),
    (checks.namespace, scalars.Name, "2013", True),
    (checks.namespace, scalars.Name, "Flights", False),
    (checks.namespace, scalars.Name, "flights-", False),
    (checks.namespace, scalars.Name, "a" * 64, False),
    (checks.name(longest=40), scalars.WorkloadName, "flight-delay", True),
    (checks.name(longest=40), scalars.WorkloadName, "2-delays", False),
    (checks.name(longest=40), scalars.WorkloadName, "a" * 41, False),
    (checks.cpu, scalars.CpuQuantity, "500m", True),
    (checks.cpu, scalars.CpuQuantity, "2", True),
    (checks.cpu, scalars.CpuQuantity, "0.25", True),
    (checks.cpu, scalars.CpuQuantity, "0", False),
    (checks.cpu, scalars.CpuQuantity, "0.0", False),
    (checks.cpu, scalars.CpuQuantity, "two", False),
    (checks.memory, scalars.MemoryQuantity, "512Mi", True),
    (checks.memory, scalars.MemoryQuantity, "0Gi", False),
    (checks.memory, scalars.MemoryQuantity, "1.5Gi", False),
    (checks.http_url, scalars.Url, "http://mlflow.flights-dev.svc.cluster.local:5000", True),
    (checks.http_url, scalars.Url, "mlflow.flights-dev:5000", False),
    (checks.http_url, scalars.Url, "ftp://mlflow", False),
    (checks.http_url, scalars.Url, "http://mlflow:port", False),
    (checks.http_url, scalars.Url, "http://mlflow:5000 ", False),
    (checks.http_url, scalars.Url, "http://user:hunter2@mlflow:5000", False),
    (checks.http_url, scalars.Url, "http://hunter2@mlflow:5000", False),
    (checks.http_url, scalars.Url, "http://mlflow:5000/?token=hunter2", False),
    (checks.http_url, scalars.Url, "http://mlflow:5000/#hunter2", False),
    (checks.s3_uri, scalars.S3Uri, "s3://models/flights", True),
    (checks.s3_uri, scalars.S3Uri, "s3://", False),
]


@pytest.mark.parametrize(("check", "kind", "value", "is_right"), CASES)
def test_components_and_configuration_agree(check: Check, kind: Any, value: str, is_right: bool) -> None:
    assert (check(value) is None) is is_right
    configured: TypeAdapter[str] = TypeAdapter(kind)
    if is_right:
        assert configured.validate_python(value) == value
    else:
        with pytest.raises(ValueError, match="expected"):
            configured.validate_python(value)


@pytest.mark.parametrize("url", ["http://user:hunter2@mlflow:5000", "https://mlflow/?token=hunter2"])
def test_an_address_with_a_secret_in_it_is_not_shown(url: str) -> None:
    requirement = checks.http_url(url)
    assert requirement is not None
    assert requirement.got == "an address with credentials or a query (not shown)"
    assert "hunter2" not in str(requirement)
