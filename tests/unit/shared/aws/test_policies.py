import json
from typing import Any

import pulumi
import pytest

from pulumi_mlops._shared.aws import permissions
from pulumi_mlops._shared.aws import policies as product
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.documents import Document
from tests import policies
from tests.recording import declare

ACCOUNT = AwsAccount("123456789012", "eu-west-1")
CHINA = AwsAccount("123456789012", "cn-north-1")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"210987654321.dkr.ecr.us-east-1.amazonaws.com/team/serving@{DIGEST}"


def everything(account: AwsAccount) -> list[Document]:
    """One of each statement that there is."""
    suffix = ".cn" if account.partition == "aws-cn" else ""
    host = f"123456789012.dkr.ecr.{account.region}.amazonaws.com{suffix}"
    return [
        *permissions.read_objects(account, "bucket", ["runs/flights/"]),
        permissions.write_objects(account, "bucket", ["runs/flights/", "models/flights/"]),
        *permissions.pull_images(account, [f"{host}/serving@{DIGEST}"]),
        permissions.write_logs(account, ["/aws/sagemaker/TrainingJobs"]),
        permissions.put_metrics(),
        *permissions.use_key(account.arn("kms", "key/1234"), volumes=True),
        *permissions.use_network(account, ["subnet-01234567"], ["sg-01234567"]),
        permissions.pass_role(account.arn("iam", "role/flights"), product.SAGEMAKER),
    ]


@pytest.mark.parametrize("account", [ACCOUNT, CHINA])
def test_every_permission_stays_within_what_it_names(account: AwsAccount) -> None:
    document = product.policy(everything(account))
    assert policies.findings_in("here", {"policy": json.dumps(document)}) == []


@pytest.mark.parametrize(
    "trust",
    [
        product.trust_policy(product.SAGEMAKER, ACCOUNT, [product.endpoint_source(ACCOUNT)]),
        product.trust_policy(product.SAGEMAKER, ACCOUNT, product.job_sources(ACCOUNT)),
        product.trust_policy(product.SAGEMAKER, ACCOUNT, [product.pipeline_source(ACCOUNT, "flights")]),
        product.trust_policy(product.SCHEDULER, ACCOUNT, [product.schedule_source(ACCOUNT)]),
        product.trust_policy(product.SAGEMAKER, CHINA, product.job_sources(CHINA)),
    ],
)
def test_no_role_can_be_borrowed_for_another_account(trust: Document) -> None:
    assert policies.findings_in("here", {"assumeRolePolicy": json.dumps(trust)}) == []


def test_a_role_is_trusted_for_what_aws_documents() -> None:
    """The forms in AWS's pages on the confused deputy, of SageMaker and of EventBridge Scheduler."""
    place = "eu-west-1:123456789012"
    assert product.endpoint_source(ACCOUNT) == f"arn:aws:sagemaker:{place}:*"
    assert product.pipeline_source(ACCOUNT, "flights") == f"arn:aws:sagemaker:{place}:pipeline/flights/*"
    assert product.job_sources(ACCOUNT) == [
        f"arn:aws:sagemaker:{place}:processing-job/*",
        f"arn:aws:sagemaker:{place}:training-job/*",
    ]
    assert product.schedule_source(ACCOUNT) == f"arn:aws:scheduler:{place}:schedule-group/default"


@pytest.mark.parametrize(
    ("actions", "resources", "expected"),
    [
        (["s3:*"], ["arn:aws:s3:::bucket/a"], "name each"),
        (["s3:GetObjec?"], ["arn:aws:s3:::bucket/a"], "name each"),
        (["s3:GetObject"], ["*"], "expected ARNs"),
        (["ecr:GetAuthorizationToken", "s3:GetObject"], ["*"], "s3:GetObject on every resource"),
        ([], ["arn:aws:s3:::bucket/a"], "expected actions and resources"),
        (["s3:GetObject"], [], "expected actions and resources"),
    ],
)
def test_fails_when_a_statement_allows_more_than_it_names(
    actions: list[str], resources: list[str], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        product.statement(actions, resources, sid="Wide")
    with pytest.raises(ValueError, match=expected):
        product.resource_statement([ACCOUNT.root], actions, resources, sid="Wide")


def test_fails_when_a_statement_has_a_name_that_iam_refuses() -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        product.statement(["s3:GetObject"], ["arn:aws:s3:::bucket/a"], sid="read objects")


def test_the_same_policy_is_the_same_text() -> None:
    one = product.statement(["s3:PutObject", "s3:GetObject"], ["arn:aws:s3:::b/x", "arn:aws:s3:::a/x"], sid="Both")
    other = product.statement(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"], sid="Both")
    assert product.policy_json(product.policy([one])) == product.policy_json(product.policy([other]))


def test_arns_may_be_known_later() -> None:
    def program() -> pulumi.Input[str]:
        bucket, image, key = (pulumi.Output.from_input(value) for value in ("bucket", IMAGE, KEY))
        subnet = pulumi.Output.from_input("subnet-01234567")
        statements = [
            *permissions.read_objects(ACCOUNT, bucket, ["runs/"]),
            permissions.write_objects(ACCOUNT, bucket, ["runs/"]),
            *permissions.pull_images(ACCOUNT, [image]),
            *permissions.use_key(key, volumes=False),
            *permissions.use_network(ACCOUNT, [subnet], ["sg-01234567"]),
        ]
        return product.policy_json(product.policy(statements))

    text = declare(program).result
    assert policies.findings_in("here", {"policy": text}) == []
    resources = {one["Sid"]: one["Resource"] for one in json.loads(text)["Statement"]}
    assert resources["ReadObjects"] == ["arn:aws:s3:::bucket/runs/*"]
    assert resources["PullImages"] == ["arn:aws:ecr:us-east-1:210987654321:repository/team/serving"]


def test_an_image_is_pulled_from_the_account_and_region_that_it_is_in() -> None:
    twice = permissions.pull_images(ACCOUNT, [IMAGE, IMAGE.replace(DIGEST, "sha256:" + "f" * 64)])
    assert twice[0]["Resource"] == ["arn:aws:ecr:us-east-1:210987654321:repository/team/serving"]
    with pytest.raises(ValueError, match="push it to ECR"):
        permissions.repository_arn(ACCOUNT, "registry.example/serving@sha256:0")


def statement_of(statements: list[Document], action: str) -> dict[str, Any]:
    (found,) = (one for one in statements if action in one["Action"])
    return found


def test_network_interfaces_are_put_into_the_named_subnets_alone() -> None:
    statements = permissions.use_network(ACCOUNT, ["subnet-01234567"], ["sg-01234567"])
    subnet = "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-01234567"
    created = statement_of(statements, "ec2:CreateNetworkInterface")["Resource"]
    assert [arn for arn in created if ":subnet/" in arn] == [subnet]
    for action in ("CreateNetworkInterfacePermission", "DeleteNetworkInterface", "DeleteNetworkInterfacePermission"):
        assert statement_of(statements, f"ec2:{action}")["Condition"] == {"ArnEquals": {"ec2:Subnet": [subnet]}}


def test_a_key_is_granted_for_volumes_where_there_are_volumes() -> None:
    assert len(permissions.use_key(KEY, volumes=False)) == 1
    granted = statement_of(permissions.use_key(KEY, volumes=True), "kms:CreateGrant")
    assert granted["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
