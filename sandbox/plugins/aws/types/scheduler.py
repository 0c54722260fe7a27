"""EventBridge Scheduler."""

from sandbox.plugins.aws.table import Absence, Delete, Naming, Property, Read, ResourceType, Update

_TARGET = (
    Property("arn", required=True, is_arn=True),
    Property("deadLetterConfig", children=(Property("arn", required=True, is_arn=True),)),
    Property(
        "eventbridgeParameters",
        children=(Property("detailType", required=True), Property("source", required=True)),
    ),
    Property("input"),
    Property("kinesisParameters", children=(Property("partitionKey", required=True),)),
    Property(
        "retryPolicy",
        computed=True,
        children=(
            Property("maximumEventAgeInSeconds", default=86400),
            Property("maximumRetryAttempts", default=185),
        ),
    ),
    Property("roleArn", required=True, is_arn=True),
    Property(
        "sagemakerPipelineParameters",
        children=(
            Property(
                "pipelineParameters",
                "PipelineParameterList",
                unordered=True,
                children=(Property("name", required=True, has_pattern=True), Property("value", required=True)),
            ),
        ),
    ),
    Property("sqsParameters", children=(Property("messageGroupId"),)),
)

SCHEDULE = ResourceType(
    pulumi_type="aws:scheduler/schedule:Schedule",
    service="scheduler",
    id_of=("groupName", "name"),
    keys={"Name": "name", "GroupName": "groupName"},
    properties=(
        Property("actionAfterCompletion", computed=True),
        Property("description"),
        Property("endDate"),
        Property(
            "flexibleTimeWindow",
            required=True,
            children=(Property("maximumWindowInMinutes"), Property("mode", required=True)),
        ),
        Property("groupName", computed=True, replaces=True, has_pattern=True),
        Property("kmsKeyArn", is_arn=True),
        Property("name", computed=True, replaces=True, has_pattern=True),
        Property("namePrefix", is_local=True, computed=True, replaces=True),
        Property("scheduleExpression", required=True),
        Property("scheduleExpressionTimezone", default="UTC"),
        Property("startDate"),
        Property("state", default="ENABLED"),
        Property("target", required=True, children=_TARGET),
    ),
    create="CreateSchedule",
    read=Read("GetSchedule"),
    updates=(Update("UpdateSchedule"),),
    delete=Delete("DeleteSchedule"),
    absent=(Absence("ResourceNotFoundException"),),
    exists=(Absence("ConflictException"),),
    outputs={"arn": "Arn"},
    naming=Naming(prefix_property="namePrefix"),
    completed=lambda inputs: {"groupName": "default", **inputs},
    refused={"target.ecsParameters": "no container service is served here"},
)

TYPES = (SCHEDULE,)
