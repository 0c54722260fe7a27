"""Finds every IAM policy in what a program declares, and what each of them allows beyond what it should.

What an action can be tied to is from AWS's service authorization reference, read for each action that is used here:
https://docs.aws.amazon.com/service-authorization/latest/reference/.
An action that is not in the table is a finding too: whoever adds it has looked it up.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.recording import Declared

_ARN = r"arn:aws(-cn|-us-gov)?"
_HERE = r"[a-z]{2}(-[a-z]+)+-[1-9]:[0-9]{12}"
_NAME = r"[A-Za-z0-9][\w.-]*"


def _sagemaker(kind: str, name: str = _NAME) -> str:
    return rf"{_ARN}:sagemaker:{_HERE}:{kind}/{name}"


_BUCKET = rf"{_ARN}:s3:::[a-z0-9][a-z0-9.-]+"
_OBJECTS = rf"{_BUCKET}/[^*?]+\*?"
_ROLE = rf"{_ARN}:iam::[0-9]{{12}}:role/[\w+=,.@/-]+"
_REPOSITORY = rf"{_ARN}:ecr:{_HERE}:repository/[a-z0-9._/-]+"
_LOG_GROUP = rf"{_ARN}:logs:{_HERE}:log-group:[\w./#-]+"
_LOG_STREAM = rf"{_LOG_GROUP}:(\*|log-stream:[^:]+)"
_KEY = rf"{_ARN}:kms:{_HERE}:key/[A-Za-z0-9-]+"
_INTERFACE = rf"{_ARN}:ec2:{_HERE}:network-interface/(\*|eni-[0-9a-f]+)"
_SUBNET = rf"{_ARN}:ec2:{_HERE}:subnet/subnet-[0-9a-f]+"
_SECURITY_GROUP = rf"{_ARN}:ec2:{_HERE}:security-group/sg-[0-9a-f]+"
_GROUP = _sagemaker("model-package-group")
_FEATURE_GROUP = _sagemaker("feature-group")
_FEATURE_TABLES = tuple(
    rf"{_ARN}:glue:{_HERE}:{what}"
    for what in ("catalog", "database/sagemaker_featurestore", r"table/sagemaker_featurestore/[a-z0-9_]+\*")
)
_VERSIONS = _sagemaker("model-package", rf"{_NAME}/(\*|[0-9]+)")
# SageMaker names a pipeline's jobs itself, `pipelines-<execution>-<step>-<random>`.
_PROCESSING = _sagemaker("processing-job", r"pipelines-[\w-]*\*")
_TRAINING = _sagemaker("training-job", r"pipelines-[\w-]*\*")

EVERYTHING = ("*",)
"""Stands for an action that AWS can tie to no resource."""

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "cloudwatch:DescribeAlarms": (rf"{_ARN}:cloudwatch:{_HERE}:alarm:[\w.-]+",),
    "cloudwatch:PutMetricData": EVERYTHING,
    "ec2:CreateNetworkInterface": (_INTERFACE, _SUBNET, _SECURITY_GROUP),
    "ec2:CreateNetworkInterfacePermission": (_INTERFACE,),
    "ec2:DeleteNetworkInterface": (_INTERFACE,),
    "ec2:DeleteNetworkInterfacePermission": (_INTERFACE,),
    "ec2:DescribeDhcpOptions": EVERYTHING,
    "ec2:DescribeNetworkInterfaces": EVERYTHING,
    "ec2:DescribeSecurityGroups": EVERYTHING,
    "ec2:DescribeSubnets": EVERYTHING,
    "ec2:DescribeVpcs": EVERYTHING,
    "ecr:BatchCheckLayerAvailability": (_REPOSITORY,),
    "ecr:BatchGetImage": (_REPOSITORY,),
    "ecr:GetAuthorizationToken": EVERYTHING,
    "ecr:GetDownloadUrlForLayer": (_REPOSITORY,),
    "glue:GetTable": _FEATURE_TABLES,
    "glue:UpdateTable": _FEATURE_TABLES,
    "iam:PassRole": (_ROLE,),
    "kms:CreateGrant": (_KEY,),
    "kms:Decrypt": (_KEY,),
    "kms:DescribeKey": (_KEY,),
    "kms:Encrypt": (_KEY,),
    "kms:GenerateDataKey": (_KEY,),
    "logs:CreateLogGroup": (_LOG_GROUP,),
    "logs:CreateLogStream": (_LOG_STREAM,),
    "logs:DescribeLogStreams": (_LOG_GROUP,),
    "logs:PutLogEvents": (_LOG_STREAM,),
    "s3:AbortMultipartUpload": (_OBJECTS,),
    "s3:DeleteObject": (_OBJECTS,),
    "s3:GetBucketAcl": (_BUCKET,),
    "s3:GetObject": (_OBJECTS,),
    "s3:ListBucket": (_BUCKET,),
    "s3:PutObject": (_OBJECTS,),
    "s3:PutObjectAcl": (_OBJECTS,),
    "sagemaker:AddTags": (_PROCESSING, _TRAINING, _VERSIONS),
    "sagemaker:CreateModelPackage": (_GROUP, _VERSIONS),
    "sagemaker:CreateProcessingJob": (_PROCESSING,),
    "sagemaker:CreateTrainingJob": (_TRAINING,),
    "sagemaker:DescribeModelPackage": (_VERSIONS,),
    "sagemaker:DescribeModelPackageGroup": (_GROUP,),
    "sagemaker:DescribeProcessingJob": (_PROCESSING,),
    "sagemaker:DescribeTrainingJob": (_TRAINING,),
    "sagemaker:ListModelPackages": (_GROUP, _VERSIONS),
    "sagemaker:PutRecord": (_FEATURE_GROUP,),
    "sagemaker:StartPipelineExecution": (_sagemaker("pipeline"),),
    "sagemaker:StopProcessingJob": (_PROCESSING,),
    "sagemaker:StopTrainingJob": (_TRAINING,),
    "sns:Publish": (rf"{_ARN}:sns:{_HERE}:[A-Za-z0-9_-]+",),
}
"""What each action may be allowed on: patterns of ARNs."""

CONDITIONS: Mapping[str, str] = {
    "cloudwatch:PutMetricData": "cloudwatch:namespace",
    "ec2:CreateNetworkInterfacePermission": "ec2:Subnet",
    "ec2:DeleteNetworkInterface": "ec2:Subnet",
    "ec2:DeleteNetworkInterfacePermission": "ec2:Subnet",
    "iam:PassRole": "iam:PassedToService",
    "kms:CreateGrant": "kms:GrantIsForAWSResource",
    "s3:ListBucket": "s3:prefix",
}
"""The condition that an action must have, because the ARNs alone would be too wide."""

POLICY_KEYS = frozenset(("assumeRolePolicy", "policy", "resourcePolicy"))
"""Arguments that must hold a policy."""
LONGEST = {"assumeRolePolicy": 2048, "policy": 10_240, "resourcePolicy": 20_480}
"""What AWS takes, in characters: of a trust policy, of all of a role's own policies, of a model package group's."""


@dataclass(frozen=True)
class Finding:
    """Something that a policy should not say."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class FoundPolicy:
    where: str
    key: str
    """The argument that it is in."""
    document: Mapping[str, Any]


def findings(resources: Iterable[Declared]) -> list[Finding]:
    """Everything wrong with the policies of declared resources."""
    return [found for one in resources for found in findings_in(f"{one.type}::{one.name}", one.inputs)]


def findings_in(where: str, value: object) -> list[Finding]:
    """Everything wrong with the policies anywhere in a value, such as a resource's arguments."""
    found = list(_unreadable(where, value))
    for policy in policies_in(where, value):
        found += _policy(policy)
    return found


def policies_in(where: str, value: object, key: str = "") -> Iterator[FoundPolicy]:
    """Find the policies in a value: as data, as JSON text, at any depth."""
    if isinstance(value, str):
        parsed = _parse(value)
        if parsed is not None:
            yield from policies_in(where, parsed, key)
    elif isinstance(value, Mapping):
        if "Statement" in value:
            yield FoundPolicy(where, key, value)
        else:
            for name, item in value.items():
                yield from policies_in(f"{where}.{name}", item, str(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from policies_in(f"{where}[{index}]", item, key)


def _parse(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unreadable(where: str, value: object) -> Iterator[Finding]:
    """Find what cannot be looked into: text that is no policy, and policies of AWS's or of somebody else."""
    if not isinstance(value, Mapping):
        return
    for key, item in value.items():
        if key in POLICY_KEYS and isinstance(item, str) and not list(policies_in(where, item)):
            yield Finding(f"{where}.{key}", f"is no policy: {item[:60]}")
        if key in ("managedPolicyArns", "policyArn") and item:
            yield Finding(f"{where}.{key}", f"is a policy that is written elsewhere: {item}")


def _policy(policy: FoundPolicy) -> Iterator[Finding]:
    if policy.document.get("Version") != "2012-10-17":
        yield Finding(policy.where, f"is of the version {policy.document.get('Version')}, not 2012-10-17")
    length = len(json.dumps(policy.document, separators=(",", ":")))
    if length > LONGEST.get(policy.key, length):
        yield Finding(policy.where, f"has {length} characters: AWS takes {LONGEST[policy.key]}")
    statements = _list(policy.document["Statement"])
    names = [statement.get("Sid") for statement in statements]
    if len(set(names)) != len(names):
        yield Finding(policy.where, f"has two statements of one name: {names}")
    for statement in statements:
        where = f"{policy.where} {statement.get('Sid', '(no Sid)')}"
        # What is denied cannot be denied too widely.
        if statement.get("Effect") != "Deny":
            yield from (Finding(where, what) for what in _statement(statement, policy.key))


def _statement(statement: Mapping[str, Any], key: str) -> Iterator[str]:
    for negated in ("NotAction", "NotResource", "NotPrincipal"):
        if negated in statement:
            yield f"allows everything but what it names ({negated})"
    if "Principal" in statement:
        yield from _principal(statement, statement["Principal"])
    actions, resources = _list(statement.get("Action")), _list(statement.get("Resource"))
    if key == "assumeRolePolicy":
        if actions != ["sts:AssumeRole"]:
            yield f"lets a role be taken on with {actions}, not with sts:AssumeRole alone"
    else:
        yield from _permission(statement, actions, resources)


def _permission(statement: Mapping[str, Any], actions: list[str], resources: list[str]) -> Iterator[str]:
    if not actions or not resources:
        yield "names no actions or no resources"
    for action in actions:
        yield from _action(action, actions, resources, _keys(statement))
    for resource in resources:
        known = [pattern for action in actions for pattern in ACTIONS.get(action, ())]
        if known and not any(_is(resource, pattern) for pattern in known):
            yield f"is about {resource}, which is wider than, or nothing to, what its actions may be allowed on"


def _action(action: str, actions: list[str], resources: list[str], conditions: set[str]) -> Iterator[str]:
    if "*" in action or "?" in action:
        yield f"allows {action}: name each action"
    elif action not in ACTIONS:
        yield f"allows {action}, which is not in the table of actions: look it up and add it"
    elif not any(_is(resource, pattern) for resource in resources for pattern in ACTIONS[action]):
        yield f"allows {action} on nothing that it works on: {resources}"
    elif "*" in resources and ACTIONS[action] != EVERYTHING:
        yield f"allows {action} on every resource"
    if action in CONDITIONS and CONDITIONS[action] not in conditions:
        yield f"allows {action} without the condition {CONDITIONS[action]}"
    if actions.count(action) > 1:
        yield f"names {action} twice"


def _principal(statement: Mapping[str, Any], principal: Any) -> Iterator[str]:
    named = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for kind, names in named.items():
        for name in _list(names):
            if kind == "Service":
                yield from _confused_deputy(name, statement.get("Condition", {}))
            elif kind != "AWS" or not re.fullmatch(rf"{_ARN}:iam::[0-9]{{12}}:(root|role/[\w+=,.@/-]+)", name):
                yield f"allows {kind} {name}: name accounts and roles by their ARNs"


def _confused_deputy(service: str, conditions: Mapping[str, Any]) -> Iterator[str]:
    """Find what lets a service act for what is in another account."""
    accounts = _list(conditions.get("StringEquals", {}).get("aws:SourceAccount"))
    if len(accounts) != 1 or not re.fullmatch(r"[0-9]{12}", accounts[0]):
        yield f"lets {service} act for any account: StringEquals aws:SourceAccount is {accounts}"
        return
    sources = [
        *_list(conditions.get("ArnLike", {}).get("aws:SourceArn")),
        *_list(conditions.get("ArnEquals", {}).get("aws:SourceArn")),
    ]
    if not sources:
        yield f"lets {service} act for anything in the account: ArnLike aws:SourceArn is missing"
    name = service.removesuffix(".cn").removesuffix(".amazonaws.com")
    for source in sources:
        if not _is(source, rf"{_ARN}:{name}:[a-z]{{2}}(-[a-z]+)+-[1-9]:{accounts[0]}:.+"):
            yield f"lets {service} act for {source}: not of that service, one region and account {accounts[0]}"
        elif name == "scheduler" and ":schedule-group/" not in source:
            yield f"lets {service} act for {source}: AWS asks for the schedule's group"


def _keys(statement: Mapping[str, Any]) -> set[str]:
    return {key for keys in statement.get("Condition", {}).values() for key in keys}


def _is(resource: str, pattern: str) -> bool:
    return resource == pattern or (pattern != "*" and re.fullmatch(pattern, resource) is not None)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
