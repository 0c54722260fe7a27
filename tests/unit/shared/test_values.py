from typing import Any

import pytest
from pydantic import TypeAdapter

from pulumi_mlops._shared import values
from pulumi_mlops._shared.problems import Check

DIGEST = "sha256:" + "0123456789abcdef" * 4
# A value, whether it is right, and by which check of ours and which type of the configuration.
CASES = [
    (values.image, values.ImageReference, f"registry.example/team/serving@{DIGEST}", True),
    (values.image, values.ImageReference, "localhost/pulumi-mlops/serving:0123456789abcdef", True),
    (values.image, values.ImageReference, "localhost/pulumi-mlops/serving:latest", False),
    (values.image, values.ImageReference, "registry.example/serving:0123456789abcdef", False),
    (values.image, values.ImageReference, "registry.example/serving@sha256:0123", False),
    (values.image, values.ImageReference, "serving", False),
    (values.digest, values.Digest, DIGEST, True),
    (values.digest, values.Digest, DIGEST.upper(), False),
    (values.digest, values.Digest, DIGEST + "\n", False),
    (values.namespace, values.Name, "flights-dev", True),
    (values.namespace, values.Name, "2013", True),
    (values.namespace, values.Name, "Flights", False),
    (values.namespace, values.Name, "flights-", False),
    (values.namespace, values.Name, "a" * 64, False),
    (values.name_of_at_most(40), values.WorkloadName, "flight-delay", True),
    (values.name_of_at_most(40), values.WorkloadName, "2-delays", False),
    (values.name_of_at_most(40), values.WorkloadName, "a" * 41, False),
    (values.cpu, values.CpuQuantity, "500m", True),
    (values.cpu, values.CpuQuantity, "2", True),
    (values.cpu, values.CpuQuantity, "0.25", True),
    (values.cpu, values.CpuQuantity, "0", False),
    (values.cpu, values.CpuQuantity, "0.0", False),
    (values.cpu, values.CpuQuantity, "two", False),
    (values.cpu, values.CpuQuantity, "010", False),
    (values.cpu, values.CpuQuantity, "0.12345", False),
    (values.memory, values.MemoryQuantity, "512Mi", True),
    (values.memory, values.MemoryQuantity, "1Mi", False),
    (values.memory, values.MemoryQuantity, "900Ti", False),
    (values.memory, values.MemoryQuantity, "512", False),
    (values.memory, values.MemoryQuantity, "1G", False),
    (values.memory, values.MemoryQuantity, "512k", False),
    (values.memory, values.MemoryQuantity, "0Gi", False),
    (values.memory, values.MemoryQuantity, "1.5Gi", False),
    (values.http_url, values.Url, "http://mlflow.flights-dev.svc.cluster.local:5000", True),
    (values.http_url, values.Url, "mlflow.flights-dev:5000", False),
    (values.http_url, values.Url, "ftp://mlflow", False),
    (values.http_url, values.Url, "http://mlflow:port", False),
    (values.http_url, values.Url, "http://mlflow:5000 ", False),
    (values.http_url, values.Url, "http://user:hunter2@mlflow:5000", False),
    (values.http_url, values.Url, "http://hunter2@mlflow:5000", False),
    (values.http_url, values.Url, "http://mlflow:5000/?token=hunter2", False),
    (values.http_url, values.Url, "http://mlflow:5000/#hunter2", False),
    (values.s3_uri, values.S3Uri, "s3://models/flights", True),
    (values.s3_uri, values.S3Uri, "s3://", False),
    (values.s3_uri, values.S3Uri, "s3://models/flights?", False),
    (values.s3_uri, values.S3Uri, "s3://models/*", False),
    (values.image, values.ImageReference, f"registry.example/Team/serving@{DIGEST}", False),
    (values.image, values.ImageReference, f"registry.example:5000/team/serving:1.2@{DIGEST}", True),
    (values.reachable_url, values.ReachableUrl, "http://localhost:5000", False),
    (values.reachable_url, values.ReachableUrl, "http://mlflow:5000", True),
    (values.object_name, values.ObjectName, "registry.login", True),
    (values.label_key, values.LabelKey, "cloud.google.com/gke-accelerator", True),
    (values.label_key, values.LabelKey, "pool", True),
    (values.label_key, values.LabelKey, "a/b/c", False),
    (values.label_key, values.LabelKey, f"example.com/{'a' * 64}", False),
    (values.label_key, values.LabelKey, f"{'a.' * 126}a/pool", True),
    (values.label_key, values.LabelKey, f"{'a.' * 126}aa/pool", False),
    (values.annotation_key, values.AnnotationKey, f"{'a.' * 126}aa/pool", False),
    (values.extended_resource, values.ExtendedResource, f"{'a.' * 121}aa/gpu", True),
    (values.extended_resource, values.ExtendedResource, f"{'a.' * 122}a/gpu", False),
    (values.label_value, values.LabelValue, "nvidia-l4", True),
    (values.label_value, values.LabelValue, "", True),
    (values.label_value, values.LabelValue, "two words", False),
    (values.label_value, values.LabelValue, "a" * 64, False),
    (values.extended_resource, values.ExtendedResource, "nvidia.com/gpu", True),
    (values.extended_resource, values.ExtendedResource, "nvidia.com/mig-1g.5gb", True),
    (values.extended_resource, values.ExtendedResource, "gpu", False),
    (values.extended_resource, values.ExtendedResource, "cpu", False),
    (values.extended_resource, values.ExtendedResource, "kubernetes.io/batch-cpu", False),
    (values.extended_resource, values.ExtendedResource, "node.kubernetes.io/gpu", False),
    (values.extended_resource, values.ExtendedResource, "requests.nvidia.com/gpu", False),
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
    requirement = values.http_url(url)
    assert requirement is not None
    assert requirement.got == "an address with credentials or a query (not shown)"
    assert "hunter2" not in str(requirement)
