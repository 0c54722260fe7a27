from typing import Any

import pytest

from sandbox.plugins.protocol.naming import Autonaming, NamingRequest
from sandbox.plugins.protocol.values import UNKNOWN, Secret
from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, REGION, Stack, configuration

MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
PIPELINE = "aws:sagemaker/pipeline:Pipeline"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/serving"
VARIANT = {"variantName": "main", "modelName": "flights-1", "instanceType": "ml.m5.large", "initialInstanceCount": 1}


@pytest.fixture
def stack(tmp_path: Any) -> Stack:
    """One whose services nobody may ask."""
    return Stack(configuration("http://127.0.0.1:1"), tmp_path)


def test_everything_left_open_is_filled_in(stack: Stack) -> None:
    stack.default_tags(owner="flights", environment="dev")
    inputs = stack.check(MODEL, "model", executionRoleArn=ROLE_ARN, primaryContainer={}, tags={"owner": "x"})
    assert inputs == {
        "__defaults": ["name"],
        "executionRoleArn": ROLE_ARN,
        "primaryContainer": {"__defaults": ["mode"], "mode": "SingleModel"},
        "name": inputs["name"],
        "region": REGION,
        "tags": {"owner": "x"},
        "tagsAll": {"owner": "x", "environment": "dev"},
    }


def test_an_automatic_name_has_seven_random_characters_and_stays(stack: Stack) -> None:
    request = NamingRequest("model", b"seed")
    resource = stack.resource(MODEL, "model")
    first, _ = stack.provider.check(resource, {"executionRoleArn": ROLE_ARN}, {}, request)
    assert first["name"].startswith("model-")
    assert len(first["name"]) == len("model-") + 7
    again, _ = stack.provider.check(resource, {"executionRoleArn": ROLE_ARN}, first, NamingRequest("model", b"other"))
    assert again["name"] == first["name"]
    given = {"executionRoleArn": ROLE_ARN, "name": "mine"}
    afterwards, _ = stack.provider.check(resource, {"executionRoleArn": ROLE_ARN}, given, request)
    assert afterwards["name"] == first["name"], "a name that the program gave before is not adopted"


def test_a_buckets_automatic_name_has_small_letters(stack: Stack) -> None:
    assert stack.check(BUCKET, "Flights")["bucket"].startswith("flights-")


def test_a_prefix_leaves_the_name_to_the_creation(stack: Stack) -> None:
    assert "name" not in stack.check(ROLE, "role", assumeRolePolicy={}, namePrefix="flights-")


def test_the_stack_may_propose_or_forbid_names(stack: Stack) -> None:
    resource, news = stack.resource(MODEL, "model"), {"executionRoleArn": ROLE_ARN}
    proposed, _ = stack.provider.check(resource, news, {}, NamingRequest("m", b"", Autonaming.ENFORCED, "chosen"))
    assert proposed["name"] == "chosen"
    _, failures = stack.provider.check(resource, news, {}, NamingRequest("m", b"", Autonaming.DISABLED))
    assert [failure.property for failure in failures] == ["name"]
    _, failures = stack.provider.check(
        stack.resource(ROLE, "r"), {"assumeRolePolicy": {}}, {}, NamingRequest("r" * 60, b"seed")
    )
    assert "68 of 64 characters" in failures[0].reason


def test_a_policy_may_be_an_object(stack: Stack) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    assert (
        stack.check(ROLE, "role", assumeRolePolicy=policy)["assumeRolePolicy"]
        == '{"Statement":[{"Effect":"Allow"}],"Version":"2012-10-17"}'
    )
    hidden = stack.check(ROLE, "role", assumeRolePolicy={"Statement": [Secret("x")]})
    assert hidden["assumeRolePolicy"] == Secret('{"Statement":["x"]}')
    open_ = stack.check(ROLE, "role", assumeRolePolicy={"Statement": [UNKNOWN]})
    assert open_["assumeRolePolicy"] is UNKNOWN


def test_what_is_not_known_yet_is_not_judged(stack: Stack) -> None:
    inputs = stack.check(
        CONFIGURATION,
        "c",
        productionVariants=[{**VARIANT, "modelName": UNKNOWN, "instanceType": UNKNOWN}],
        tags=UNKNOWN,
    )
    assert inputs["tagsAll"] is UNKNOWN
    assert stack.check(CONFIGURATION, "c", productionVariants=UNKNOWN)["productionVariants"] is UNKNOWN


@pytest.mark.parametrize(
    ("token", "news", "expected"),
    [
        (
            MODEL,
            {"executionRoleArn": ROLE_ARN, "primaryContainer": {"imge": "x"}},
            "primaryContainer.imge: unknown property; did you mean 'image'?",
        ),
        (MODEL, {}, "executionRoleArn: missing; it is required"),
        (MODEL, {"executionRoleArn": "serving"}, "executionRoleArn: got 'serving', expected an ARN"),
        (
            MODEL,
            {"executionRoleArn": ROLE_ARN, "name": "flights_1"},
            "name: got 'flights_1', expected text of",
        ),
        (MODEL, {"executionRoleArn": ROLE_ARN, "name": "x" * 64}, "name: got 64 characters, expected 0 to 63"),
        (MODEL, {"executionRoleArn": ROLE_ARN, "enableNetworkIsolation": "yes"}, "got 'yes', expected true or false"),
        (MODEL, {"executionRoleArn": ROLE_ARN, "primaryContainer": []}, "got [], expected an object"),
        (
            MODEL,
            {"executionRoleArn": ROLE_ARN, "primaryContainer": {"environment": {"WORKERS": 2}}},
            "primaryContainer.environment.WORKERS: got 2, expected a string",
        ),
        (
            CONFIGURATION,
            {"productionVariants": [{**VARIANT, "instanceType": "ml.m5.huge"}]},
            "productionVariants[0].instanceType: got 'ml.m5.huge', expected one like ml.m5.",
        ),
        (
            CONFIGURATION,
            {"productionVariants": [{**VARIANT, "initialInstanceCount": 0}]},
            "productionVariants[0].initialInstanceCount: got 0, expected 1 or more",
        ),
        (
            CONFIGURATION,
            {"productionVariants": [{**VARIANT, "initialInstanceCount": 1.5}]},
            "productionVariants[0].initialInstanceCount: got 1.5, expected a whole number",
        ),
        (
            CONFIGURATION,
            {
                "productionVariants": [
                    {"modelName": "x", "serverlessConfig": {"maxConcurrency": 1, "memorySizeInMb": 1500}}
                ]
            },
            "serverlessConfig.memorySizeInMb: got 1500, expected one of 1024, 2048",
        ),
        (CONFIGURATION, {"productionVariants": []}, "productionVariants: got 0 elements, expected 1 to 10"),
        (PIPELINE, {"pipelineName": "x", "pipelineDisplayName": "x"}, "got none, expected exactly one of"),
        (
            PIPELINE,
            {"pipelineName": "x", "pipelineDisplayName": "x", "pipelineDefinition": "{"},
            "pipelineDefinition: got '{', expected JSON",
        ),
        (ALARM, {"metricName": "x", "namespace": "y"}, "statistic: got none, expected exactly one of"),
        (ALARM, {"treatMissingData": "zero"}, "expected one of breaching, notBreaching, ignore, missing"),
        (
            BUCKET,
            {"versioning": {"enabled": True}},
            "not served by this plugin; use aws.s3.BucketVersioning",
        ),
        ("aws:ec2/instance:Instance", {}, "this plugin stands in for pulumi-aws with 16 resource types"),
    ],
)
def test_what_cannot_be_taken_is_told(stack: Stack, token: str, news: dict[str, Any], expected: str) -> None:
    told = stack.problems(token, **news)
    assert len(told) == 1
    assert expected in told[0]


def test_every_problem_is_told_at_once(stack: Stack) -> None:
    told = stack.problems(
        CONFIGURATION, kmsKeyArn="key", productionVariants=[{"instanceType": 5}, {"modelName": True, "weight": 1}]
    )
    assert len(told) == 4


def test_a_problem_does_not_tell_a_secret(stack: Stack) -> None:
    told = stack.problems(MODEL, executionRoleArn=Secret("not-an-arn-but-secret"))
    assert "not-an-arn-but-secret" not in told[0]
    assert "[secret]" in told[0]


def test_secrets_stay_secret(stack: Stack) -> None:
    inputs = stack.check(
        MODEL,
        "m",
        executionRoleArn=Secret(ROLE_ARN),
        primaryContainer={"environment": {"TOKEN": Secret("t"), "OTHER": "o"}},
        tags=Secret({"a": "b"}),
    )
    assert inputs["executionRoleArn"] == Secret(ROLE_ARN)
    assert inputs["primaryContainer"]["environment"] == {"TOKEN": Secret("t"), "OTHER": "o"}
    assert inputs["tagsAll"] == Secret({"a": "b"})


def test_a_service_without_an_endpoint_is_told_before_anything_happens(tmp_path: Any) -> None:
    stack = Stack(configuration("http://127.0.0.1:1"), tmp_path)
    stack.restart(endpoints={"sagemaker": "http://127.0.0.1:1"})
    assert "endpoints have none for s3" in stack.problems(BUCKET)[0]
