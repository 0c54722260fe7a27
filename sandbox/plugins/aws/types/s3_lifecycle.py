"""The rules of a bucket's lifecycle."""

from sandbox.plugins.aws.table import Form, Property

_SIZES = (Property("objectSizeGreaterThan", computed=True), Property("objectSizeLessThan", computed=True))
_AGE = (
    Property("newerNoncurrentVersions", computed=True),
    Property("noncurrentDays", required=True),
)

_FILTER = (
    Property("and", children=(*_SIZES, Property("prefix", computed=True), Property("tags", form=Form.KEYS))),
    *_SIZES,
    Property("prefix", computed=True, keeps_empty=True),
    Property("tag", children=(Property("key", required=True), Property("value", required=True))),
)

LIFECYCLE_RULE = (
    Property("abortIncompleteMultipartUpload", children=(Property("daysAfterInitiation"),)),
    Property(
        "expiration",
        children=(
            Property("date"),
            Property("days", computed=True),
            Property("expiredObjectDeleteMarker", computed=True),
        ),
    ),
    Property("filter", children=_FILTER),
    Property("id", required=True),
    Property("noncurrentVersionExpiration", children=_AGE),
    Property("noncurrentVersionTransitions", unordered=True, children=(*_AGE, Property("storageClass", required=True))),
    Property("prefix", computed=True),
    Property("status", required=True),
    Property(
        "transitions",
        unordered=True,
        children=(Property("date"), Property("days", computed=True), Property("storageClass", required=True)),
    ),
)
