"""What every component on SageMaker is told in its `sagemaker` argument, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import checks as names
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import checks
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.tags import read_tags

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html
MOST_SUBNETS = 16
MOST_SECURITY_GROUPS = 5
# Stands in for what is missing until `finish` has said that it is.
_UNKNOWN = AwsAccount("000000000000", "us-east-1")


@dataclass(frozen=True)
class CommonSettings:
    """Where a component's resources are, and what is true of all of them."""

    account: AwsAccount
    namespace: str
    permissions_boundary_arn: pulumi.Input[str] | None
    kms_key_arn: pulumi.Input[str] | None
    tags: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class NetworkSettings:
    """Subnets that something runs in, and the security groups that it has there."""

    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class OtherAccounts:
    """Accounts that models are shared with: some read them, some register theirs and read too."""

    consumer_ids: list[str]
    producer_ids: list[str]

    @property
    def reader_ids(self) -> list[str]:
        """Every account that may read."""
        return sorted({*self.consumer_ids, *self.producer_ids})


def read_common(arguments: Arguments) -> CommonSettings:
    """Take what every component has: `tags`, and of `sagemaker` the account, region, namespace, boundary and key."""
    read = arguments.read
    account = AwsAccount(
        read("sagemaker.account_id", checks.account_id, _UNKNOWN.account_id),
        read("sagemaker.region", checks.region, _UNKNOWN.region),
    )
    key = checks.kms_key_arn
    if arguments.sound("sagemaker.region"):
        key = checks.all_of(key, checks.of_region(account.region))
    return CommonSettings(
        account=account,
        namespace=read("sagemaker.namespace", names.namespace, ""),
        permissions_boundary_arn=read("sagemaker.permissions_boundary_arn", checks.policy_arn),
        kms_key_arn=read("sagemaker.kms_key_arn", key),
        tags=read_tags(arguments),
    )


def read_network(arguments: Arguments) -> NetworkSettings | None:
    """Take `sagemaker.subnet_ids` and `sagemaker.security_group_ids`: both, or none."""
    given = {}
    for key, check, most in (
        ("subnet_ids", checks.subnet_id, MOST_SUBNETS),
        ("security_group_ids", checks.security_group_id, MOST_SECURITY_GROUPS),
    ):
        path = f"sagemaker.{key}"
        given[key] = [
            arguments.check(f"{path}[{index}]", item, check)
            for index, item in enumerate(arguments.read(path, None, []))
        ]
        if len(given[key]) > most:
            arguments.add(path, f"{len(given[key])} of them", f"at most {most}", "leave some out")
    for key, other in (("subnet_ids", "security_group_ids"), ("security_group_ids", "subnet_ids")):
        if given[other] and not given[key] and arguments.sound(f"sagemaker.{key}"):
            arguments.add(f"sagemaker.{key}", None, f"at least one, as `{other}` is given", "give both, or neither")
    return NetworkSettings(**given) if given["subnet_ids"] else None


def resource_name(
    arguments: Arguments, common: CommonSettings, name: str, *, longest: int = 63, path: str = "name"
) -> str:
    """Return a name at AWS: the namespace, then the given name. One that AWS would refuse is a problem.

    Args:
        arguments: The component's arguments.
        common: Where it is.
        name: The component's name, and perhaps more, such as `fraud-jobs`.
        longest: How many characters AWS takes.
        path: The argument that the name is from.
    """
    whole = f"{common.namespace}-{name}"
    if arguments.sound("sagemaker.namespace") and (requirement := checks.aws_name(longest=longest)(whole)):
        arguments.add(path, whole, requirement.expected, requirement.fix)
    return whole


def read_other_accounts(arguments: Arguments) -> OtherAccounts:
    """Take `sagemaker.consumer_account_ids` and `sagemaker.producer_account_ids`: each account once, in order."""
    return OtherAccounts(_accounts(arguments, "consumer_account_ids"), _accounts(arguments, "producer_account_ids"))


def _accounts(arguments: Arguments, key: str) -> list[str]:
    path = f"sagemaker.{key}"
    own = arguments.read("sagemaker.account_id")
    given: list[str] = arguments.read(path, None, [])
    for index, account_id in enumerate(given):
        arguments.check(f"{path}[{index}]", account_id, checks.account_id)
        if account_id == own:
            arguments.add(f"{path}[{index}]", account_id, "another account than the stack's", "remove this entry")
    return sorted(set(given))
