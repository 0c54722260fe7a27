import json

import pytest

from tests.unit.sandbox.plugins.aws.life import Story, live
from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, REGION, Stack

BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
NEEDED = ((BUCKET, "bucket", {"bucket": "flights-a"}), (BUCKET, "other", {"bucket": "flights-b"}))

TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": ["arn:aws:s3:::flights-a/*", "arn:aws:s3:::flights-a"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
NONCURRENT = {
    "id": "noncurrent",
    "status": "Enabled",
    "filter": {},
    "noncurrentVersionExpiration": {"noncurrentDays": 30},
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
}
RUNS = {"id": "runs", "status": "Enabled", "filter": {"prefix": "runs/"}, "expiration": {"days": 90}}


BY_DEFAULT = "rules[0].applyServerSideEncryptionByDefault"


def encrypted(**rule: object) -> dict[str, object]:
    return {"rules": [rule]}


STORIES = {
    "bucket": Story(
        BUCKET,
        {"bucket": "flights-x", "tags": {"owner": "flights"}},
        (
            (
                {"tags": {"owner": "delays", "environment": "dev"}},
                "updated tags.environment tags.owner tagsAll.environment tagsAll.owner",
            ),
            ({"tags": None}, "updated tags tagsAll.environment tagsAll.owner"),
            ({"forceDestroy": True}, "updated forceDestroy"),
            ({"bucket": "flights-y"}, "replaced bucket"),
            ({"objectLockEnabled": True}, "replaced objectLockEnabled"),
        ),
    ),
    "versioning": Story(
        VERSIONING,
        {"bucket": "flights-a", "versioningConfiguration": {"status": "Enabled"}},
        (
            ({"versioningConfiguration": {"status": "Suspended"}}, "updated versioningConfiguration.status"),
            ({"bucket": "flights-b"}, "replaced bucket"),
        ),
        NEEDED,
        stays=True,
    ),
    "encryption": Story(
        ENCRYPTION,
        {"bucket": "flights-a", **encrypted(applyServerSideEncryptionByDefault={"sseAlgorithm": "AES256"})},
        (
            (
                encrypted(
                    applyServerSideEncryptionByDefault={"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
                    bucketKeyEnabled=True,
                ),
                f"updated {BY_DEFAULT}.kmsMasterKeyId {BY_DEFAULT}.sseAlgorithm rules[0].bucketKeyEnabled",
            ),
            ({"bucket": "flights-b"}, "replaced bucket"),
        ),
        NEEDED,
    ),
    "public access block": Story(
        PUBLIC_ACCESS,
        {"bucket": "flights-a", "blockPublicAcls": True, "blockPublicPolicy": True},
        (
            (
                {"restrictPublicBuckets": True, "ignorePublicAcls": True},
                "updated ignorePublicAcls restrictPublicBuckets",
            ),
            ({"blockPublicAcls": None}, "updated blockPublicAcls"),
            ({"bucket": "flights-b"}, "replaced bucket"),
        ),
        NEEDED,
    ),
    "ownership controls": Story(
        OWNERSHIP,
        {"bucket": "flights-a", "rule": {"objectOwnership": "BucketOwnerPreferred"}},
        (
            ({"rule": {"objectOwnership": "BucketOwnerEnforced"}}, "updated rule.objectOwnership"),
            ({"bucket": "flights-b"}, "replaced bucket"),
        ),
        NEEDED,
    ),
    "lifecycle": Story(
        LIFECYCLE,
        {"bucket": "flights-a", "rules": [NONCURRENT, RUNS]},
        (
            (
                {"rules": [NONCURRENT, {**RUNS, "expiration": {"days": 30}}]},
                "updated rules[1].expiration.days",
            ),
            ({"rules": [NONCURRENT]}, "updated rules[1]"),
            ({"rules": [NONCURRENT, RUNS]}, "updated rules[1]"),
            ({"bucket": "flights-b"}, "replaced bucket"),
        ),
        NEEDED,
    ),
    "bucket policy": Story(
        POLICY,
        {"bucket": "flights-a", "policy": json.dumps(TLS_ONLY)},
        (
            ({"policy": json.dumps(TLS_ONLY, indent=4, sort_keys=True)}, "same"),
            ({"policy": TLS_ONLY}, "same"),
            ({"policy": {**TLS_ONLY, "Statement": []}}, "updated policy"),
            ({"bucket": "flights-b"}, "replaced bucket"),
        ),
        NEEDED,
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_life_of(story: Story, stack: Stack) -> None:
    live(stack, story)
