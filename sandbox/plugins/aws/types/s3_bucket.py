"""What takes more than one operation for a bucket."""

from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.table import Caller
from sandbox.plugins.protocol.values import Object

_HOME_REGION = "us-east-1"
_NO_LOCK = ("ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound")


def create_constants(region: str) -> Object:
    """Return the parameters that place a bucket; in S3's home region there are none."""
    return {} if region == _HOME_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}


def read_bucket(call: Caller, state: Object) -> Object:
    """Read what is told of a bucket."""
    bucket = {"Bucket": state["bucket"]}
    call("HeadBucket", bucket)
    return bucket | {"ObjectLockEnabledForBucket": _is_locked(call, bucket)}


def empty_bucket(call: Caller, state: Object) -> None:
    """Remove every version of every object, where the program allows it."""
    if not state.get("forceDestroy"):
        return
    bucket = {"Bucket": state["bucket"]}
    while True:
        page = call("ListObjectVersions", bucket)
        found = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        if not found:
            return
        call("DeleteObjects", bucket | {"Delete": {"Objects": found, "Quiet": True}})


def _is_locked(call: Caller, bucket: Object) -> bool:
    try:
        found = call("GetObjectLockConfiguration", bucket)
    except AwsError as error:
        if error.code in _NO_LOCK:
            return False
        raise
    return bool(found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")
