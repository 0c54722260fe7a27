"""What the offline AWS has beside moto's own."""

import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/hosting"


def an_endpoint(sagemaker: Any, name: str) -> None:
    for number in (1, 2):
        sagemaker.create_model(
            ModelName=f"{name}-{number}", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image", "Environment": {}}
        )
        variant = {
            "VariantName": "main",
            "ModelName": f"{name}-{number}",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
        }
        sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-{number}", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")


def ask_for(url: str, **fault: Any) -> None:
    httpx.post(f"{url}/_faults", json={"service": "SageMaker", **fault}).raise_for_status()


def test_an_endpoint_moves_to_its_new_configuration(aws: Any) -> None:
    sagemaker = aws("sagemaker")
    an_endpoint(sagemaker, "moves")
    sagemaker.update_endpoint(EndpointName="moves", EndpointConfigName="moves-2")
    assert sagemaker.describe_endpoint(EndpointName="moves")["EndpointConfigName"] == "moves-2"
    with pytest.raises(ClientError, match="already existing"):
        sagemaker.create_endpoint(EndpointName="moves", EndpointConfigName="moves-1")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.update_endpoint(EndpointName="moves", EndpointConfigName="nothing")


def test_an_update_can_be_turned_back_as_aws_does_it(aws: Any, offline_aws: str) -> None:
    sagemaker = aws("sagemaker")
    an_endpoint(sagemaker, "returns")
    ask_for(offline_aws, operation="UpdateEndpoint", kind="roll_back", reason="an alarm went off")
    sagemaker.update_endpoint(EndpointName="returns", EndpointConfigName="returns-2")
    found = sagemaker.describe_endpoint(EndpointName="returns")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "returns-1")
    assert found["FailureReason"] == "an alarm went off"
    sagemaker.update_endpoint(EndpointName="returns", EndpointConfigName="returns-2")
    assert "FailureReason" not in sagemaker.describe_endpoint(EndpointName="returns")


@pytest.mark.parametrize(("kind", "status", "code"), [("throttle", 400, "ThrottlingException"), ("fail", 500, "Inter")])
def test_requests_fail_as_often_as_was_asked_for(aws: Any, offline_aws: str, kind: str, status: int, code: str) -> None:
    ask_for(offline_aws, operation="ListModels", kind=kind, times=2)
    for _ in range(2):
        with pytest.raises(ClientError) as raised:
            aws("sagemaker").list_models()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert raised.value.response["Error"]["Code"].startswith(code)
    aws("sagemaker").list_models()


def test_a_group_keeps_its_policy_and_goes_when_it_is_empty(aws: Any) -> None:
    sagemaker = aws("sagemaker")
    arn = sagemaker.create_model_package_group(ModelPackageGroupName="group")["ModelPackageGroupArn"]
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        sagemaker.get_model_package_group_policy(ModelPackageGroupName="group")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    sagemaker.put_model_package_group_policy(ModelPackageGroupName="group", ResourcePolicy=policy)
    assert sagemaker.get_model_package_group_policy(ModelPackageGroupName=arn)["ResourcePolicy"] == policy
    package = sagemaker.create_model_package(
        ModelPackageGroupName=arn,
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={"mlops.digest": "sha256:1"},
        InferenceSpecification={
            "Containers": [{"Image": "image", "ModelDataUrl": "s3://bucket/model.tar.gz"}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    listed = sagemaker.list_model_packages(ModelPackageGroupName=arn)["ModelPackageSummaryList"]
    assert [each["ModelPackageVersion"] for each in listed] == [1]
    metadata = sagemaker.describe_model_package(ModelPackageName=package)["CustomerMetadataProperties"]
    assert metadata == {"mlops.digest": "sha256:1"}
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    described = sagemaker.describe_model_package(ModelPackageName=package)
    assert (described["ModelApprovalStatus"], described["CustomerMetadataProperties"]) == ("Approved", metadata)
    with pytest.raises(ClientError, match="cannot be deleted"):
        sagemaker.delete_model_package_group(ModelPackageGroupName="group")
    sagemaker.delete_model_package(ModelPackageName=package)
    sagemaker.delete_model_package_group(ModelPackageGroupName="group")
    with pytest.raises(ClientError):
        sagemaker.describe_model_package_group(ModelPackageGroupName="group")


def test_what_is_not_there_at_all_is_refused_at_once(aws: Any) -> None:
    with pytest.raises(ClientError) as raised:
        aws("sagemaker").list_inference_experiments()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_scalable_targets_keep_tags(aws: Any) -> None:
    scaling = aws("application-autoscaling")
    arn = "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/1"
    scaling.tag_resource(ResourceARN=arn, Tags={"owner": "team"})
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"owner": "team"}
    scaling.untag_resource(ResourceARN=arn, TagKeys=["owner"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {}


def test_a_role_keeps_the_description_that_an_update_does_not_name(aws: Any) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.update_role_description(RoleName="kept", Description="told")
    iam.update_role(RoleName="kept", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="kept")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("told", 7200)
    iam.update_role(RoleName="kept", Description="")
    assert not iam.get_role(RoleName="kept")["Role"].get("Description")
