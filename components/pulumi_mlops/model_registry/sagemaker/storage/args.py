"""The contract of a stack's storage."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.place import SageMakerAccountArgs


class SageMakerStorageSettingsArgs(SageMakerAccountArgs):
    """The bucket of a stack on SageMaker."""

    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key that everything in the bucket is encrypted with. Defaults to keys of S3's own (SSE-S3)."""
    consumer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may read the models, to serve them. Defaults to none.

    They need `kms_key_arn`, and the key's own policy must let them decrypt: what is encrypted with a key that AWS
    manages cannot be read from another account.
    """
    producer_account_ids: NotRequired[list[str]]
    """Other AWS accounts whose pipelines may put models here, and read them. Defaults to none.

    They need `kms_key_arn`, and the key's own policy must let them decrypt and generate data keys.
    """
    noncurrent_version_days: NotRequired[int]
    """Days for which what was replaced or deleted can be brought back. Defaults to 30."""
    run_retention_days: NotRequired[int]
    """Days after which results of runs, and requests to endpoints with their answers, are deleted. Models are kept.

    Defaults to 90.
    """
    protect_data: NotRequired[bool]
    """Whether the bucket is protected from being deleted with all that is in it. Defaults to true."""


class SageMakerStorageArgs(TypedDict):
    """Arguments of a stack's storage on SageMaker."""

    sagemaker: SageMakerStorageSettingsArgs
    """Settings of the bucket."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the bucket. Defaults to none."""
