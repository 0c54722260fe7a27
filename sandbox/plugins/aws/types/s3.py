"""S3's buckets, and the settings of a bucket that are resources of their own."""

from sandbox.plugins.aws.arns import partition
from sandbox.plugins.aws.table import (
    Absence,
    Caller,
    Delete,
    Form,
    Naming,
    Property,
    Read,
    ResourceType,
    Tagging,
    Update,
)
from sandbox.plugins.aws.types.s3_bucket import create_constants, empty_bucket, read_bucket
from sandbox.plugins.aws.types.s3_lifecycle import LIFECYCLE_RULE
from sandbox.plugins.protocol.values import Object

_NO_BUCKET = Absence("NoSuchBucket")
_BUCKET = Property("bucket", required=True, replaces=True)
_OWNER = Property("expectedBucketOwner", readable=False, replaces=True)
_KEYS = {"Bucket": "bucket"}


def _derived(state: Object, region: str) -> Object:
    name = state["bucket"]
    return {
        "arn": f"arn:{partition(region)}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


BUCKET = ResourceType(
    pulumi_type="aws:s3/bucket:Bucket",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(
        Property("bucket", computed=True, replaces=True),
        Property("bucketNamespace", computed=True, readable=False, replaces=True),
        Property("bucketPrefix", is_local=True, computed=True, replaces=True),
        Property("forceDestroy", is_local=True, default=False),
        Property("objectLockEnabled", "ObjectLockEnabledForBucket", computed=True, replaces=True),
    ),
    create="CreateBucket",
    create_constants=create_constants,
    read=Read(function=read_bucket),
    delete=Delete("DeleteBucket", before=empty_bucket),
    absent=(_NO_BUCKET, Absence("404")),
    exists=(Absence("BucketAlreadyExists"), Absence("BucketAlreadyOwnedByYou")),
    derived=_derived,
    tagging=Tagging(
        target="Bucket",
        of="bucket",
        read="GetBucketTagging",
        write="PutBucketTagging",
        remove_all="DeleteBucketTagging",
        member="Tagging.TagSet",
        read_member="TagSet",
        with_creation=False,
        absent=(Absence("NoSuchTagSet"),),
    ),
    naming=Naming(property="bucket", longest=63, prefix_property="bucketPrefix", lower=True),
    refused={
        "accelerationStatus": "no acceleration is served here",
        "acl": "use aws.s3.BucketOwnershipControls and aws.s3.BucketPolicy",
        "corsRules": "no website is served here",
        "grants": "use aws.s3.BucketPolicy",
        "lifecycleRules": "use aws.s3.BucketLifecycleConfiguration",
        "logging": "no logging is served here",
        "objectLockConfiguration": "no object lock beyond objectLockEnabled is served here",
        "policy": "use aws.s3.BucketPolicy",
        "replicationConfiguration": "no replication is served here",
        "requestPayer": "no request payment is served here",
        "serverSideEncryptionConfiguration": "use aws.s3.BucketServerSideEncryptionConfiguration",
        "versioning": "use aws.s3.BucketVersioning",
        "website": "no website is served here",
    },
)


def _suspend(call: Caller, state: Object) -> None:
    """End versioning as far as AWS lets it end; a bucket that never had it is left alone."""
    if state.get("versioningConfiguration", {}).get("status") == "Enabled":
        suspended = {"Bucket": state["bucket"], "VersioningConfiguration": {"Status": "Suspended"}}
        call("PutBucketVersioning", suspended)


def _is_never_versioned(inputs: Object) -> bool:
    return bool(inputs["versioningConfiguration"]["status"] == "Disabled")


VERSIONING = ResourceType(
    pulumi_type="aws:s3/bucketVersioning:BucketVersioning",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(
        _BUCKET,
        _OWNER,
        Property("mfa", readable=False),
        Property(
            "versioningConfiguration",
            required=True,
            children=(
                Property("mfaDelete", computed=True),
                # AWS knows two statuses and shows none for a bucket that never had versions.
                Property("status", required=True, more_choices=("Disabled",)),
            ),
        ),
    ),
    create="PutBucketVersioning",
    create_skipped=_is_never_versioned,
    read=Read(
        "GetBucketVersioning",
        members={"versioningConfiguration": ""},
        empty={"versioningConfiguration.status": "Disabled"},
    ),
    updates=(Update("PutBucketVersioning"),),
    delete=Delete(before=_suspend),
    absent=(_NO_BUCKET,),
)

ENCRYPTION = ResourceType(
    pulumi_type="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(
        _BUCKET,
        _OWNER,
        Property(
            "rules",
            "ServerSideEncryptionConfiguration.Rules",
            required=True,
            unordered=True,
            children=(
                Property(
                    "applyServerSideEncryptionByDefault",
                    children=(Property("kmsMasterKeyId"), Property("sseAlgorithm", required=True)),
                ),
                Property("blockedEncryptionTypes", "BlockedEncryptionTypes.EncryptionType", computed=True),
                Property("bucketKeyEnabled"),
            ),
        ),
    ),
    create="PutBucketEncryption",
    read=Read("GetBucketEncryption"),
    updates=(Update("PutBucketEncryption"),),
    delete=Delete("DeleteBucketEncryption"),
    absent=(_NO_BUCKET, Absence("ServerSideEncryptionConfigurationNotFoundError")),
)

PUBLIC_ACCESS_BLOCK = ResourceType(
    pulumi_type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(
        Property("blockPublicAcls", "PublicAccessBlockConfiguration.BlockPublicAcls", default=False),
        Property("blockPublicPolicy", "PublicAccessBlockConfiguration.BlockPublicPolicy", default=False),
        _BUCKET,
        Property("ignorePublicAcls", "PublicAccessBlockConfiguration.IgnorePublicAcls", default=False),
        Property("restrictPublicBuckets", "PublicAccessBlockConfiguration.RestrictPublicBuckets", default=False),
        Property("skipDestroy", is_local=True),
    ),
    create="PutPublicAccessBlock",
    read=Read("GetPublicAccessBlock"),
    updates=(Update("PutPublicAccessBlock"),),
    delete=Delete("DeletePublicAccessBlock", skipped_by="skipDestroy"),
    absent=(_NO_BUCKET, Absence("NoSuchPublicAccessBlockConfiguration")),
)

OWNERSHIP_CONTROLS = ResourceType(
    pulumi_type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(
        _BUCKET,
        Property(
            "rule",
            "OwnershipControls.Rules",
            form=Form.ONLY,
            required=True,
            children=(Property("objectOwnership", required=True),),
        ),
    ),
    create="PutBucketOwnershipControls",
    read=Read("GetBucketOwnershipControls"),
    updates=(Update("PutBucketOwnershipControls"),),
    delete=Delete("DeleteBucketOwnershipControls"),
    absent=(_NO_BUCKET, Absence("OwnershipControlsNotFoundError")),
)

LIFECYCLE = ResourceType(
    pulumi_type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(
        _BUCKET,
        Property("expectedBucketOwner", computed=True, readable=False, replaces=True),
        Property("rules", "LifecycleConfiguration.Rules", children=LIFECYCLE_RULE),
        Property("transitionDefaultMinimumObjectSize", computed=True),
    ),
    create="PutBucketLifecycleConfiguration",
    read=Read("GetBucketLifecycleConfiguration", members={"rules": "Rules"}),
    updates=(Update("PutBucketLifecycleConfiguration"),),
    delete=Delete("DeleteBucketLifecycle"),
    absent=(_NO_BUCKET, Absence("NoSuchLifecycleConfiguration")),
    refused={"timeouts": "use the resource option custom_timeouts"},
)

POLICY = ResourceType(
    pulumi_type="aws:s3/bucketPolicy:BucketPolicy",
    service="s3",
    id_of=("bucket",),
    keys=_KEYS,
    properties=(_BUCKET, Property("policy", form=Form.POLICY, required=True)),
    create="PutBucketPolicy",
    read=Read("GetBucketPolicy"),
    updates=(Update("PutBucketPolicy"),),
    delete=Delete("DeleteBucketPolicy"),
    absent=(_NO_BUCKET, Absence("NoSuchBucketPolicy")),
)

TYPES = (
    BUCKET,
    VERSIONING,
    ENCRYPTION,
    PUBLIC_ACCESS_BLOCK,
    OWNERSHIP_CONTROLS,
    LIFECYCLE,
    POLICY,
)
