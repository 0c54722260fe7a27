import pytest

from pulumi_mlops._shared.aws.account import AwsAccount, partition_of

ACCOUNT = AwsAccount("123456789012", "eu-west-1")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_region_is_of_one_partition(region: str, partition: str) -> None:
    assert partition_of(region) == AwsAccount("123456789012", region).partition == partition


@pytest.mark.parametrize(
    ("service", "resource", "arn"),
    [
        ("sagemaker", "pipeline/flights", "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/flights"),
        ("iam", "role/flights", "arn:aws:iam::123456789012:role/flights"),
        ("s3", "bucket/runs/*", "arn:aws:s3:::bucket/runs/*"),
        (
            "logs",
            "log-group:/aws/sagemaker/TrainingJobs",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/TrainingJobs",
        ),
    ],
)
def test_an_arn_has_the_parts_that_its_service_knows(service: str, resource: str, arn: str) -> None:
    assert ACCOUNT.arn(service, resource) == arn


def test_an_arn_can_be_of_another_account_and_region() -> None:
    arn = ACCOUNT.arn("ecr", "repository/serving", region="us-east-1", account_id="210987654321")
    assert arn == "arn:aws:ecr:us-east-1:210987654321:repository/serving"
    assert ACCOUNT.root == "arn:aws:iam::123456789012:root"
    assert AwsAccount("123456789012", "cn-north-1").root == "arn:aws-cn:iam::123456789012:root"
