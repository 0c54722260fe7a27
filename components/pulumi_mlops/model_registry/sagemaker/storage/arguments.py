"""The arguments of pulumi_aws' classes, for a checker: a key that is none of theirs is an error where it is written."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

import pulumi

if TYPE_CHECKING:
    from pulumi_aws import s3


class Bucket(TypedDict):
    """What `s3.Bucket` takes."""

    bucket: pulumi.Input[str]
    force_destroy: bool
    tags: Mapping[str, pulumi.Input[str]]


class PublicAccessBlock(TypedDict):
    """What `s3.BucketPublicAccessBlock` takes."""

    bucket: pulumi.Input[str]
    block_public_acls: bool
    block_public_policy: bool
    ignore_public_acls: bool
    restrict_public_buckets: bool


class OwnershipControls(TypedDict):
    """What `s3.BucketOwnershipControls` takes."""

    bucket: pulumi.Input[str]
    rule: "s3.BucketOwnershipControlsRuleArgsDict"


class Versioning(TypedDict):
    """What `s3.BucketVersioning` takes."""

    bucket: pulumi.Input[str]
    versioning_configuration: "s3.BucketVersioningVersioningConfigurationArgsDict"


class Encryption(TypedDict):
    """What `s3.BucketServerSideEncryptionConfiguration` takes."""

    bucket: pulumi.Input[str]
    rules: "Sequence[s3.BucketServerSideEncryptionConfigurationRuleArgsDict]"


class Lifecycle(TypedDict):
    """What `s3.BucketLifecycleConfiguration` takes."""

    bucket: pulumi.Input[str]
    rules: "Sequence[s3.BucketLifecycleConfigurationRuleArgsDict]"


class BucketPolicy(TypedDict):
    """What `s3.BucketPolicy` takes."""

    bucket: pulumi.Input[str]
    policy: pulumi.Input[str]
