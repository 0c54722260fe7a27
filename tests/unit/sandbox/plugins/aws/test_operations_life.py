import json

import pytest

from tests.unit.sandbox.plugins.aws.life import Story, live
from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, REGION, Stack

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
SCHEDULE = "aws:scheduler/schedule:Schedule"

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/flights"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
PIPELINE_ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/flights"


def trust(service: str) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allowing(action: str) -> str:
    statement = {"Effect": "Allow", "Action": [action], "Resource": ["arn:aws:s3:::flights/*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ERRORS = {
    "name": "flights-errors",
    "namespace": "AWS/SageMaker",
    "metricName": "Invocation5XXErrors",
    "dimensions": {"EndpointName": "flights", "VariantName": "main"},
    "statistic": "Average",
    "period": 60,
    "evaluationPeriods": 3,
    "threshold": 0.05,
    "comparisonOperator": "GreaterThanThreshold",
    "alarmActions": [TOPIC, f"{TOPIC}-2"],
    "tags": {"owner": "flights"},
}
WEEKLY = {
    "name": "flights-weekly",
    "scheduleExpression": "cron(0 4 ? * 2 *)",
    "flexibleTimeWindow": {"mode": "OFF"},
    "target": {
        "arn": PIPELINE_ARN,
        "roleArn": ROLE_ARN,
        "sagemakerPipelineParameters": {
            "pipelineParameters": [{"name": "b", "value": "2"}, {"name": "a", "value": "1"}],
        },
    },
}

STORIES = {
    "role": Story(
        ROLE,
        {"name": "flights", "assumeRolePolicy": json.dumps(trust("sagemaker.amazonaws.com")), "tags": {"owner": "x"}},
        (
            ({"assumeRolePolicy": trust("sagemaker.amazonaws.com")}, "same"),
            ({"assumeRolePolicy": trust("scheduler.amazonaws.com")}, "updated assumeRolePolicy"),
            ({"description": "serves flights"}, "updated description"),
            ({"description": None}, "updated description"),
            ({"maxSessionDuration": 7200}, "updated maxSessionDuration"),
            ({"maxSessionDuration": None}, "updated maxSessionDuration"),
            ({"permissionsBoundary": BOUNDARY}, "updated permissionsBoundary"),
            ({"permissionsBoundary": None}, "updated permissionsBoundary"),
            ({"tags": {"owner": "y"}}, "updated tags.owner tagsAll.owner"),
            ({"forceDetachPolicies": True}, "updated forceDetachPolicies"),
            ({"path": "/mlops/"}, "replaced path"),
            ({"name": "delays"}, "replaced name"),
        ),
    ),
    "role policy": Story(
        ROLE_POLICY,
        {"role": "flights", "name": "reads", "policy": allowing("s3:GetObject")},
        (
            ({"policy": json.dumps(json.loads(allowing("s3:GetObject")), indent=2)}, "same"),
            ({"policy": allowing("s3:PutObject")}, "updated policy"),
            ({"name": "writes"}, "replaced name"),
            ({"role": "delays"}, "replaced role"),
        ),
        (
            (ROLE, "role", {"name": "flights", "assumeRolePolicy": trust("sagemaker.amazonaws.com")}),
            (ROLE, "other", {"name": "delays", "assumeRolePolicy": trust("sagemaker.amazonaws.com")}),
        ),
    ),
    "alarm": Story(
        ALARM,
        ERRORS,
        (
            ({"alarmActions": [f"{TOPIC}-2", TOPIC]}, "same"),
            ({"threshold": 0.1}, "updated threshold"),
            ({"alarmActions": None}, "updated alarmActions"),
            ({"treatMissingData": "notBreaching"}, "updated treatMissingData"),
            ({"dimensions": {"EndpointName": "flights"}}, "updated dimensions.VariantName"),
            ({"statistic": None, "extendedStatistic": "p99"}, "updated extendedStatistic statistic"),
            ({"alarmDescription": "too many errors"}, "updated alarmDescription"),
            ({"tags": {"owner": "delays"}}, "updated tags.owner tagsAll.owner"),
            ({"name": "delays-errors"}, "replaced name"),
        ),
    ),
    "alarm over an expression": Story(
        ALARM,
        {
            "name": "flights-error-rate",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "threshold": 5,
            "metricQueries": [
                {"id": "rate", "expression": "100 * errors", "label": "rate", "returnData": True},
                {
                    "id": "errors",
                    "metric": {
                        "namespace": "AWS/SageMaker",
                        "metricName": "Invocation5XXErrors",
                        "dimensions": {"EndpointName": "flights"},
                        "period": 60,
                        "stat": "Average",
                    },
                },
            ],
        },
        (({"threshold": 10}, "updated threshold"),),
    ),
    "schedule": Story(
        SCHEDULE,
        WEEKLY,
        (
            ({"scheduleExpression": "cron(0 5 ? * 2 *)"}, "updated scheduleExpression"),
            ({"state": "DISABLED"}, "updated state"),
            ({"description": "trains weekly"}, "updated description"),
            (
                {"flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15}},
                "updated flexibleTimeWindow.maximumWindowInMinutes flexibleTimeWindow.mode",
            ),
            ({"target": {"arn": PIPELINE_ARN, "roleArn": ROLE_ARN}}, "updated target.sagemakerPipelineParameters"),
            ({"name": "delays-weekly"}, "replaced name"),
        ),
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_life_of(story: Story, stack: Stack) -> None:
    live(stack, story)
