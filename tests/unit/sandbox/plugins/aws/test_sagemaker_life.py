import json

import pytest

from tests.unit.sandbox.plugins.aws.life import Story, live
from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, REGION, Stack

ROLE = f"arn:aws:iam::{ACCOUNT}:role/serving"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serving@sha256:{'a' * 64}"
MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
GROUP_POLICY = "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy"
PIPELINE = "aws:sagemaker/pipeline:Pipeline"

ENVIRONMENT = "primaryContainer.environment"
CONTAINER = {
    "image": IMAGE,
    "modelDataUrl": "s3://flights/models/1/model.tar.gz",
    "environment": {"MLOPS_MODEL_VERSION": "1", "MLOPS_MODEL_NAME": "flight-delay"},
}
VARIANT = {"variantName": "main", "modelName": "flights-1", "instanceType": "ml.m5.large", "initialInstanceCount": 1}
TAGS = {"environment": "dev", "owner": "flights"}


MODEL_1 = (MODEL, "model", {"name": "flights-1", "executionRoleArn": ROLE, "primaryContainer": CONTAINER})


CONSUMER = "arn:aws:iam::210987654321:root"
ACTION = "sagemaker:DescribeModelPackage"
SHARED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ACTION, "Principal": {"AWS": CONSUMER}, "Resource": "*"}],
}
SHARED_OTHERWISE = {
    "Statement": {"Action": [ACTION], "Effect": "Allow", "Principal": {"AWS": [CONSUMER]}, "Resource": ["*"]},
    "Version": "2012-10-17",
}

STORIES = {
    "model": Story(
        MODEL,
        {"name": "flights-1", "executionRoleArn": ROLE, "primaryContainer": CONTAINER, "tags": TAGS},
        (
            (
                {"tags": {**TAGS, "owner": "delays", "extra": "1"}},
                "updated tags.extra tags.owner tagsAll.extra tagsAll.owner",
            ),
            ({"tags": None}, "updated tags tagsAll.environment tagsAll.extra tagsAll.owner"),
            (
                {"primaryContainer": {**CONTAINER, "environment": {"MLOPS_MODEL_VERSION": "2"}}},
                f"replaced {ENVIRONMENT}.MLOPS_MODEL_NAME {ENVIRONMENT}.MLOPS_MODEL_VERSION",
            ),
            ({"enableNetworkIsolation": True}, "replaced enableNetworkIsolation"),
            ({"vpcConfig": {"subnets": ["subnet-b", "subnet-a"], "securityGroupIds": ["sg-1"]}}, "replaced vpcConfig"),
            ({"vpcConfig": {"subnets": ["subnet-a", "subnet-b"], "securityGroupIds": ["sg-1"]}}, "same"),
            ({"name": "flights-2"}, "replaced name"),
        ),
    ),
    "endpoint configuration": Story(
        CONFIGURATION,
        {"name": "flights-1", "productionVariants": [VARIANT], "kmsKeyArn": KEY, "tags": TAGS},
        (
            (
                {"productionVariants": [{**VARIANT, "initialInstanceCount": 2}]},
                "replaced productionVariants[0].initialInstanceCount",
            ),
            (
                {
                    "dataCaptureConfig": {
                        "destinationS3Uri": "s3://flights/capture",
                        "initialSamplingPercentage": 100,
                        "enableCapture": True,
                        "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
                        "captureContentTypeHeader": {"jsonContentTypes": ["application/json"]},
                    }
                },
                "replaced dataCaptureConfig",
            ),
            (
                {"shadowProductionVariants": [{**VARIANT, "variantName": "shadow"}]},
                "replaced shadowProductionVariants",
            ),
            ({"kmsKeyArn": None}, "replaced kmsKeyArn"),
        ),
        (MODEL_1,),
    ),
    "serverless endpoint configuration": Story(
        CONFIGURATION,
        {
            "name": "flights-serverless",
            "productionVariants": [
                {
                    "variantName": "main",
                    "modelName": "flights-1",
                    "serverlessConfig": {"maxConcurrency": 5, "memorySizeInMb": 2048},
                }
            ],
        },
        (
            (
                {
                    "productionVariants": [
                        {
                            "variantName": "main",
                            "modelName": "flights-1",
                            "serverlessConfig": {"maxConcurrency": 5, "memorySizeInMb": 4096},
                        }
                    ]
                },
                "replaced productionVariants[0].serverlessConfig.memorySizeInMb",
            ),
        ),
        (MODEL_1,),
    ),
    "asynchronous endpoint configuration": Story(
        CONFIGURATION,
        {
            "name": "flights-async",
            "productionVariants": [VARIANT],
            "asyncInferenceConfig": {
                "clientConfig": {"maxConcurrentInvocationsPerInstance": 4},
                "outputConfig": {"s3OutputPath": "s3://flights/async/"},
            },
        },
        (
            (
                {"asyncInferenceConfig": {"outputConfig": {"s3OutputPath": "s3://flights/async/"}}},
                "replaced asyncInferenceConfig.clientConfig",
            ),
        ),
        (MODEL_1,),
    ),
    "model package group": Story(
        GROUP,
        {"modelPackageGroupName": "flights", "tags": TAGS},
        (
            ({"tags": {"owner": "delays"}}, "updated tags.environment tags.owner tagsAll.environment tagsAll.owner"),
            ({"modelPackageGroupName": "delays"}, "replaced modelPackageGroupName"),
        ),
    ),
    "model package group policy": Story(
        GROUP_POLICY,
        {
            "modelPackageGroupName": "flights",
            "resourcePolicy": json.dumps(SHARED),
        },
        (
            (
                {"resourcePolicy": json.dumps(SHARED_OTHERWISE, indent=2)},
                "same",
            ),
            ({"resourcePolicy": '{"Version":"2012-10-17","Statement":[]}'}, "updated resourcePolicy"),
        ),
        ((GROUP, "group", {"modelPackageGroupName": "flights"}),),
    ),
    "pipeline": Story(
        PIPELINE,
        {
            "pipelineName": "flights",
            "pipelineDisplayName": "flights",
            "pipelineDefinition": '{"Version": "2020-12-01", "Steps": []}',
            "roleArn": ROLE,
            "tags": TAGS,
        },
        (
            ({"pipelineDefinition": '{"Version":"2020-12-01","Steps":[]}'}, "updated pipelineDefinition"),
            ({"pipelineDescription": "trains"}, "updated pipelineDescription"),
            ({"pipelineDescription": None}, "updated pipelineDescription"),
            ({"parallelismConfiguration": {"maxParallelExecutionSteps": 2}}, "updated parallelismConfiguration"),
            ({"pipelineDisplayName": "delays"}, "updated pipelineDisplayName"),
            ({"pipelineName": "delays"}, "replaced pipelineName"),
        ),
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_life_of(story: Story, stack: Stack) -> None:
    live(stack, story)
