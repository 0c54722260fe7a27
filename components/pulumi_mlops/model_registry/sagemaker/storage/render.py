"""The bucket and everything that is said about it, as the arguments of pulumi_aws' classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.model_data import MODELS_PREFIX
from pulumi_mlops._shared.aws.policies import policy, resource_statement
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.documents import Document, to_json
from pulumi_mlops.model_registry.sagemaker.storage import arguments
from pulumi_mlops.model_registry.sagemaker.storage.settings import StorageSettings

if TYPE_CHECKING:
    from pulumi_aws import s3

COMPONENT = "storage"
EXPIRING_PREFIXES = (names.ASYNCHRONOUS_PREFIX, names.DATA_CAPTURE_PREFIX, names.RUNS_PREFIX)
"""Answers of asynchronous endpoints, captured requests, and what the steps of a run hand on."""
ABORT_UPLOAD_DAYS = 7


def bucket(settings: StorageSettings) -> arguments.Bucket:
    """Return the bucket. One that is not protected is deleted with all that is in it."""
    return {
        "bucket": settings.bucket_name,
        "force_destroy": not settings.protect_data,
        "tags": component_tags(settings.common.tags, COMPONENT),
    }


def public_access_block(settings: StorageSettings) -> arguments.PublicAccessBlock:
    """Return the public access block: nothing in the bucket can be made public."""
    return {
        "bucket": settings.bucket_name,
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }


def ownership_controls(settings: StorageSettings) -> arguments.OwnershipControls:
    """Return that the bucket's owner owns all that is in it: access is a matter of policies alone."""
    return {"bucket": settings.bucket_name, "rule": {"object_ownership": "BucketOwnerEnforced"}}


def versioning(settings: StorageSettings) -> arguments.Versioning:
    """Return that what is replaced or deleted is kept."""
    return {"bucket": settings.bucket_name, "versioning_configuration": {"status": "Enabled"}}


def encryption(settings: StorageSettings) -> arguments.Encryption:
    """Return what objects are encrypted with that name no key themselves."""
    key = settings.common.kms_key_arn
    rule: s3.BucketServerSideEncryptionConfigurationRuleArgsDict = {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}
    }
    if key is not None:
        # The bucket's own key spares a call of KMS for each object.
        rule = {
            "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key},
            "bucket_key_enabled": True,
        }
    return {"bucket": settings.bucket_name, "rules": [rule]}


def lifecycle(settings: StorageSettings) -> arguments.Lifecycle:
    """Return what is deleted when."""
    everything: s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": "noncurrent",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "noncurrent_version_expiration": {"noncurrent_days": settings.noncurrent_version_days},
        "expiration": {"expired_object_delete_marker": True},
        "abort_incomplete_multipart_upload": {"days_after_initiation": ABORT_UPLOAD_DAYS},
    }
    expiring: list[s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": prefix.removesuffix("/"),
            "status": "Enabled",
            "filter": {"prefix": prefix},
            "expiration": {"days": settings.run_retention_days},
        }
        for prefix in EXPIRING_PREFIXES
    ]
    return {"bucket": settings.bucket_name, "rules": [everything, *expiring]}


def bucket_policy(settings: StorageSettings) -> arguments.BucketPolicy:
    """Return who may do what: nobody without TLS; other accounts, where they are named, may read models or add them."""
    account, others = settings.common.account, settings.others
    arn = account.arn("s3", settings.bucket_name)
    tls_only: Document = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    statements = [tls_only]
    if others.reader_ids:
        statements += _readers(account.roots(others.reader_ids), arn)
    if others.producer_ids:
        # The bucket keeps what is replaced, and an endpoint serves no bytes but those that its digest says.
        actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
        producers = account.roots(others.producer_ids)
        statements.append(resource_statement(producers, actions, [f"{arn}/{MODELS_PREFIX}*"], sid="WriteModels"))
    return {"bucket": settings.bucket_name, "policy": to_json(policy(statements))}


def _readers(roots: Sequence[str], arn: str) -> list[Document]:
    return [
        resource_statement(roots, ["s3:GetObject"], [f"{arn}/{MODELS_PREFIX}*"], sid="ReadModels"),
        resource_statement(
            roots,
            ["s3:ListBucket"],
            [arn],
            sid="ListModels",
            conditions={"StringLike": {"s3:prefix": f"{MODELS_PREFIX}*"}},
        ),
    ]
