"""The walker over policies finds what is planted."""

import json
from typing import Any

import pulumi_aws as aws
import pytest

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.policies import EVERY_RESOURCE_ACTIONS, SAGEMAKER, endpoint_source, trust_policy
from tests import policies
from tests.recording import declare

ACCOUNT = AwsAccount("123456789012", "eu-west-1")
TRUST = trust_policy(SAGEMAKER, ACCOUNT, [endpoint_source(ACCOUNT)])
GOOD: dict[str, Any] = {
    "Sid": "ReadObjects",
    "Effect": "Allow",
    "Action": ["s3:GetObject"],
    "Resource": ["arn:aws:s3:::bucket/runs/flights/*"],
}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/a-1"
OTHER = "arn:aws:sagemaker:eu-west-1:210987654321:*"


def found(statement: dict[str, Any], *, key: str = "policy", version: str = "2012-10-17") -> list[str]:
    document = {"Version": version, "Statement": [statement]}
    return [finding.what for finding in policies.findings_in("here", {key: json.dumps(document)})]


def trusting(**change: Any) -> dict[str, Any]:
    (statement,) = TRUST["Statement"]
    return {**statement, **change}


def condition(account: str | None, source: str | None) -> dict[str, Any]:
    equals = {} if account is None else {"StringEquals": {"aws:SourceAccount": account}}
    like = {} if source is None else {"ArnLike": {"aws:SourceArn": source}}
    return {**equals, **like}


def test_says_nothing_of_what_is_right() -> None:
    assert found(GOOD) == []
    assert found(trusting(), key="assumeRolePolicy") == []
    assert found({"Sid": "Token", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}) == []
    assert found({"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Action": "s3:*"}, "name each action"),
        ({"Action": ["s3:GetObject", "s3:Get*"]}, "name each action"),
        ({"Action": "*", "Resource": "*"}, "name each action"),
        ({"Action": ["s3:HeadObject"]}, "not in the table"),
        ({"Resource": "*"}, "nothing that it works on"),
        ({"Resource": ["arn:aws:s3:::bucket/runs/*", "*"]}, "s3:GetObject on every resource"),
        ({"Resource": ["arn:aws:s3:::*"]}, "wider than"),
        ({"Resource": ["arn:aws:s3:::bucket/*"]}, "wider than"),
        ({"Resource": ["arn:aws:s3:::bucket"]}, "nothing that it works on"),
        ({"Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::bucket"]}, "without the condition s3:prefix"),
        ({"Action": ["iam:PassRole"], "Resource": ["arn:aws:iam::123456789012:role/a"]}, "iam:PassedToService"),
        (
            {
                "Action": ["iam:PassRole"],
                "Resource": ["arn:aws:iam::123456789012:role/*"],
                "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            },
            "nothing that it works on",
        ),
        ({"Action": ["cloudwatch:PutMetricData"], "Resource": ["*"]}, "without the condition cloudwatch:namespace"),
        ({"Action": ["kms:CreateGrant"], "Resource": [KEY]}, "kms:GrantIsForAWSResource"),
        (
            {
                "Action": ["sagemaker:StartPipelineExecution"],
                "Resource": ["arn:aws:sagemaker:*:123456789012:pipeline/a"],
            },
            "nothing that it works on",
        ),
        ({"Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "Resource": ["*"]}, "nothing that it works on"),
        ({"NotAction": ["s3:GetObject"]}, "NotAction"),
        ({"NotResource": ["arn:aws:s3:::bucket/*"]}, "NotResource"),
        ({"Resource": []}, "names no actions or no resources"),
        ({"Action": ["s3:GetObject", "s3:GetObject"]}, "twice"),
        ({"Principal": "*"}, "name accounts"),
        ({"Principal": {"AWS": "*"}}, "name accounts"),
        ({"Principal": {"AWS": ["123456789012"]}}, "name accounts"),
        ({"Principal": {"Federated": "accounts.example"}}, "name accounts"),
        ({"Principal": {"Service": "sagemaker.amazonaws.com"}}, "any account"),
    ],
)
def test_finds_what_allows_too_much(change: dict[str, Any], expected: str) -> None:
    whats = found({**GOOD, **change})
    assert any(expected in what for what in whats), whats


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Condition": {}}, "any account"),
        ({"Condition": condition(None, endpoint_source(ACCOUNT))}, "any account"),
        ({"Condition": condition("*", endpoint_source(ACCOUNT))}, "any account"),
        ({"Condition": condition("123456789012", None)}, "anything in the account"),
        ({"Condition": condition("123456789012", "*")}, "not of that service"),
        ({"Condition": condition("123456789012", OTHER)}, "account 123456789012"),
        ({"Condition": condition("123456789012", "arn:aws:sagemaker:*:123456789012:*")}, "one region"),
        (
            {
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Condition": condition("123456789012", "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/a"),
            },
            "the schedule's group",
        ),
        ({"Action": ["sts:AssumeRole", "sts:TagSession"]}, "sts:AssumeRole alone"),
        ({"Principal": {"AWS": "*"}}, "name accounts"),
    ],
)
def test_finds_who_could_borrow_a_role(change: dict[str, Any], expected: str) -> None:
    whats = found(trusting(**change), key="assumeRolePolicy")
    assert any(expected in what for what in whats), whats


def test_finds_what_aws_would_refuse() -> None:
    assert "is of the version 2008-10-17, not 2012-10-17" in found(GOOD, version="2008-10-17")
    many = {**GOOD, "Resource": [f"arn:aws:s3:::bucket/runs/{number}/*" for number in range(500)]}
    assert any("AWS takes 10240" in what for what in found(many))
    twice = {"Version": "2012-10-17", "Statement": [GOOD, GOOD]}
    assert any("one name" in str(finding) for finding in policies.findings_in("here", {"policy": twice}))


def test_finds_what_it_cannot_look_into() -> None:
    assert "is no policy" in str(policies.findings_in("here", {"assumeRolePolicy": "soon"})[0])
    managed = {"managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]}
    assert "written elsewhere" in str(policies.findings_in("here", managed)[0])


def test_looks_everywhere_in_what_is_declared() -> None:
    bad = {"Version": "2012-10-17", "Statement": {**GOOD, "Action": "s3:*"}}

    def program() -> None:
        aws.iam.Role(
            "deputy", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trusting(Condition={})]})
        )
        aws.iam.RolePolicy("wide", role="deputy", policy=json.dumps(bad))
        aws.s3.BucketPolicy("nested", bucket="bucket", policy=json.dumps({"inside": [json.dumps(bad)]}))

    wheres = {finding.where.split(" ")[0] for finding in policies.findings(declare(program).resources)}
    assert wheres == {
        "aws:iam/role:Role::deputy.assumeRolePolicy",
        "aws:iam/rolePolicy:RolePolicy::wide.policy",
        "aws:s3/bucketPolicy:BucketPolicy::nested.policy.inside[0]",
    }


def test_every_resource_stands_only_where_aws_has_no_other() -> None:
    everything = {action for action, patterns in policies.ACTIONS.items() if patterns == policies.EVERYTHING}
    assert everything == EVERY_RESOURCE_ACTIONS
