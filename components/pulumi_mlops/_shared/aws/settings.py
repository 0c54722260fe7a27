"""What every component on SageMaker is told in its `sagemaker` argument, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared import values as neutral
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.tags import read_tags
from pulumi_mlops._shared.problems import Check, Requirement
from pulumi_mlops._shared.rules import all_of

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
    is_located: bool
    """Whether the region is right. Of a wrong one nothing more is said."""
    allow_unlisted: bool

    @property
    def of_region(self) -> Check:
        """Accept ARNs of this region."""
        return values.of_region(self.account.region) if self.is_located else _anything

    @property
    def kms_key(self) -> Check:
        """Accept KMS keys of this region."""
        return all_of(values.kms_key_arn, self.of_region)

    @property
    def ecr_image(self) -> Check:
        """Accept images of this region's ECR."""
        here = values.ecr_of_region(self.account.region) if self.is_located else _anything
        return all_of(values.ecr_image, here)

    def instance_type(self, use: InstanceUse) -> Check:
        """Accept what the region offers for a use; any instance type where unlisted ones are allowed."""
        if self.allow_unlisted or not self.is_located:
            return values.instance_type
        return values.listed_instance_type(use, self.account.region)


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
    allow_unlisted = bool(read("sagemaker.allow_unlisted", default=False))
    region = values.region if allow_unlisted else all_of(values.region, values.listed_region)
    account = AwsAccount(
        read("sagemaker.account_id", values.account_id, _UNKNOWN.account_id),
        read("sagemaker.region", region, _UNKNOWN.region),
    )
    is_located = arguments.sound("sagemaker.region")
    boundary: Check = values.policy_arn
    if arguments.sound("sagemaker.account_id"):
        boundary = all_of(boundary, values.of_account(account.account_id))
    key: Check = all_of(values.kms_key_arn, values.of_region(account.region)) if is_located else values.kms_key_arn
    return CommonSettings(
        account=account,
        namespace=read("sagemaker.namespace", neutral.namespace, ""),
        permissions_boundary_arn=read("sagemaker.permissions_boundary_arn", boundary),
        kms_key_arn=read("sagemaker.kms_key_arn", key),
        tags=read_tags(arguments),
        is_located=is_located,
        allow_unlisted=allow_unlisted,
    )


def _anything(_: object) -> Requirement | None:
    return None


def read_network(arguments: Arguments) -> NetworkSettings | None:
    """Take `sagemaker.subnet_ids` and `sagemaker.security_group_ids`: both, or none."""
    given = {
        key: arguments.items(f"sagemaker.{key}", check)
        for key, check in (("subnet_ids", values.subnet_id), ("security_group_ids", values.security_group_id))
    }
    for key, most in (("subnet_ids", MOST_SUBNETS), ("security_group_ids", MOST_SECURITY_GROUPS)):
        if len(given[key]) > most:
            arguments.add(f"sagemaker.{key}", f"{len(given[key])} of them", f"at most {most}", "leave some out")
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
    whole = names.on_aws(common.namespace, name)
    if arguments.sound("sagemaker.namespace"):
        arguments.check(path, whole, values.aws_name(longest))
    return whole


def read_other_accounts(arguments: Arguments) -> OtherAccounts:
    """Take `sagemaker.consumer_account_ids` and `sagemaker.producer_account_ids`: each account once, in order."""
    return OtherAccounts(_accounts(arguments, "consumer_account_ids"), _accounts(arguments, "producer_account_ids"))


def _accounts(arguments: Arguments, key: str) -> list[str]:
    path = f"sagemaker.{key}"
    own = arguments.read("sagemaker.account_id")
    given: list[str] = arguments.read(path, None, [])
    for index, account_id in enumerate(given):
        arguments.check(f"{path}[{index}]", account_id, values.account_id)
        if account_id == own:
            arguments.add(f"{path}[{index}]", account_id, "another account than the stack's", "remove this entry")
    return sorted(set(given))
