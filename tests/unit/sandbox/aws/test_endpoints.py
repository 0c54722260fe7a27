"""The offline AWS is as unkind about endpoints as AWS is."""

import json
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/hosting"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


def a_model(sagemaker: Any, name: str, image: str = "image") -> None:
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": image})


@pytest.fixture(autouse=True, scope="module")
def the_model(offline_aws: str) -> None:
    """The model that all configurations here are of."""
    session = boto3.session.Session(aws_access_key_id="offline", aws_secret_access_key="offline", region_name=REGION)
    a_model(session.client("sagemaker", endpoint_url=offline_aws), "m")


def a_configuration(sagemaker: Any, name: str, **variant: Any) -> None:
    main = {"VariantName": "main", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{**main, **variant}])


def an_endpoint(aws: Any, name: str) -> Any:
    """Serves from <name>-1; there is a <name>-2 like it, and a <name>-3 with other machines."""
    sagemaker = aws("sagemaker")
    for number, machine in (("1", "ml.m5.large"), ("2", "ml.m5.large"), ("3", "ml.c5.large")):
        a_configuration(sagemaker, f"{name}-{number}", InstanceType=machine)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    return sagemaker


def machines(sagemaker: Any, name: str) -> int:
    (variant,) = sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"]
    return int(variant["CurrentInstanceCount"])


def pushed(aws: Any, repository: str, kind: str) -> str:
    ecr = aws("ecr")
    ecr.create_repository(repositoryName=repository)
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [{"digest": repository}]})
    image = ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="1")["image"]
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}@{image['imageId']['imageDigest']}"


@pytest.mark.parametrize("kind", [OCI, OCI_INDEX])
def test_hosting_refuses_an_image_in_ocis_format(aws: Any, kind: str) -> None:
    image = pushed(aws, f"of-{kind.rsplit('.', 2)[1]}", kind)
    with pytest.raises(ClientError, match=f"Unsupported manifest media type {kind.replace('+', '.')} for image"):
        a_model(aws("sagemaker"), "oci", image)


def test_hosting_takes_an_image_in_dockers_format_and_one_that_it_cannot_look_at(aws: Any) -> None:
    a_model(aws("sagemaker"), "docker", pushed(aws, "of-docker", DOCKER))
    a_model(aws("sagemaker"), "unseen", f"210987654321.dkr.ecr.{REGION}.amazonaws.com/other@sha256:{'1' * 64}")


@pytest.mark.parametrize("shadow", [False, True])
def test_a_key_is_refused_beside_machines_with_disks_of_their_own(aws: Any, shadow: bool) -> None:
    variant = {"VariantName": "main", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    disks = {**variant, "InstanceType": "ml.g5.xlarge", "VariantName": "other"}
    given: dict[str, Any] = {"ProductionVariants": [variant if shadow else disks], "KmsKeyId": "key"}
    if shadow:
        given["ShadowProductionVariants"] = [disks]
    with pytest.raises(ClientError, match=r"KmsKeyId cannot be specified for instance type ml.g5.xlarge"):
        aws("sagemaker").create_endpoint_config(EndpointConfigName="encrypted", **given)
    aws("sagemaker").create_endpoint_config(
        EndpointConfigName=f"volume-{shadow}", ProductionVariants=[variant], KmsKeyId="key"
    )


def test_an_update_resets_the_machines_unless_it_is_told_to_keep_them(aws: Any) -> None:
    sagemaker = an_endpoint(aws, "resets")
    scaled = [{"VariantName": "main", "DesiredInstanceCount": 4}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="resets", DesiredWeightsAndCapacities=scaled)
    assert machines(sagemaker, "resets") == 4
    sagemaker.update_endpoint(EndpointName="resets", EndpointConfigName="resets-2", RetainAllVariantProperties=True)
    assert machines(sagemaker, "resets") == 4
    excluded = [{"VariantPropertyType": "DesiredInstanceCount"}]
    sagemaker.update_endpoint(
        EndpointName="resets",
        EndpointConfigName="resets-1",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=excluded,
    )
    assert machines(sagemaker, "resets") == 1
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="resets", DesiredWeightsAndCapacities=scaled)
    sagemaker.update_endpoint(EndpointName="resets", EndpointConfigName="resets-2")
    assert machines(sagemaker, "resets") == 1


def test_the_machines_of_a_scaled_variant_cannot_change(aws: Any) -> None:
    sagemaker, scaling = an_endpoint(aws, "scaled"), aws("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/scaled/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    policy = {"TargetValue": 5.0}
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.put_scaling_policy(**target, PolicyName="load", TargetTrackingScalingPolicyConfiguration=policy)
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(
        **target, PolicyName="load", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=policy
    )
    sagemaker.update_endpoint(EndpointName="scaled", EndpointConfigName="scaled-2")
    with pytest.raises(ClientError, match=r"from ml.m5.large to ml.c5.large while the variant is a scalable target"):
        sagemaker.update_endpoint(EndpointName="scaled", EndpointConfigName="scaled-3")
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(**target)
    sagemaker.update_endpoint(EndpointName="scaled", EndpointConfigName="scaled-3")


def test_a_first_deployment_that_fails_leaves_an_endpoint_that_can_only_be_deleted(aws: Any, offline_aws: str) -> None:
    fault = {"service": "SageMaker", "operation": "CreateEndpoint", "kind": "end_failed", "reason": "no ping"}
    httpx.post(f"{offline_aws}/_faults", json=fault).raise_for_status()
    sagemaker = an_endpoint(aws, "fails")
    described = sagemaker.describe_endpoint(EndpointName="fails")
    assert (described["EndpointStatus"], described["FailureReason"]) == ("Failed", "no ping")
    with pytest.raises(ClientError, match="its status is Failed"):
        sagemaker.update_endpoint(EndpointName="fails", EndpointConfigName="fails-2")
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        sagemaker.create_endpoint(EndpointName="fails", EndpointConfigName="fails-2")
    sagemaker.delete_endpoint(EndpointName="fails")
    sagemaker.create_endpoint(EndpointName="fails", EndpointConfigName="fails-2")
    assert sagemaker.describe_endpoint(EndpointName="fails")["EndpointStatus"] == "InService"
