"""What AWS refuses of a feature group, and of a record in one.

The rules are those of the service's own description (botocore, sagemaker/2017-07-24 and
sagemaker-featurestore-runtime/2020-07-01), and of
https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-quotas.html.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

GROUP_NAME = re.compile(r"[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}")
FEATURE_NAME = re.compile(r"[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}")
LONGEST_NAME = 64
LONGEST_DESCRIPTION = 128
RESERVED = frozenset(("is_deleted", "write_time", "api_invocation_time"))
TYPES = frozenset(("Integral", "Fractional", "String"))
EVENT_TIME_TYPES = frozenset(("Fractional", "String"))
MOST_FEATURES = 2500
MOST_ADDITIONS = 100
"""Of one UpdateFeatureGroup."""
MOST_CREATIONS = 4
""""Maximum number of concurrent feature group creation workflows: 4." """
LONGEST_RECORD_BYTES = 350 * 1024
LONGEST_IDENTIFIER_BYTES = 2 * 1024
EVENT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
"""CreateFeatureGroup, EventTimeFeatureName: "The following formats are supported yyyy-MM-dd'T'HH:mm:ssZ and
yyyy-MM-dd'T'HH:mm:ss.SSSZ"."""
SECONDS: Mapping[str, int] = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
_ROLE = re.compile(r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
_URI = re.compile(r"(https|s3)://([^/]+)/?(.*)")
_WHOLE = re.compile(r"[+-]?\d+")
_INT64 = 2**63


class Refused(Exception):  # noqa: N818 - what AWS does, and no fault of ours
    """AWS refuses a request. The text is its message."""


def definitions(wanted: Sequence[Mapping[str, Any]], there: Iterable[str] = ()) -> None:
    """Refuse feature definitions that a group cannot have beside those that are there."""
    known = list(there)
    for index, one in enumerate(wanted):
        name, kind = one.get("FeatureName", ""), one.get("FeatureType")
        if not FEATURE_NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise Refused(_constraint(name, f"featureDefinitions.{index + 1}.member.featureName", FEATURE_NAME.pattern))
        if name in RESERVED:
            raise Refused(f"Feature name {name} is reserved. Reserved: {', '.join(sorted(RESERVED))}.")
        if kind not in TYPES:
            place = f"featureDefinitions.{index + 1}.member.featureType"
            raise Refused(f"Value '{kind}' at '{place}' failed to satisfy constraint: one of {sorted(TYPES)}")
        if name in known:
            raise Refused(f"Feature {name} is already defined in the feature group.")
        known.append(name)
    if not wanted or len(known) > MOST_FEATURES:
        raise Refused(f"A feature group has 1 to {MOST_FEATURES} feature definitions, and not {len(known)}.")


def creation(request: Mapping[str, Any]) -> None:
    """Refuse a CreateFeatureGroup as AWS does."""
    name = request["FeatureGroupName"]
    if not GROUP_NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise Refused(_constraint(name, "featureGroupName", GROUP_NAME.pattern))
    definitions(request["FeatureDefinitions"])
    types = {one["FeatureName"]: one["FeatureType"] for one in request["FeatureDefinitions"]}
    for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if request[member] not in types:
            raise Refused(f"{member} {request[member]} must be one of the feature definitions.")
    if types[request["EventTimeFeatureName"]] not in EVENT_TIME_TYPES:
        raise Refused(f"EventTimeFeatureName must be of type {' or '.join(sorted(EVENT_TIME_TYPES))}.")
    if len(request.get("Description") or "") > LONGEST_DESCRIPTION:
        raise Refused(f"Value at 'description' failed to satisfy constraint: at most {LONGEST_DESCRIPTION} characters")
    online, offline = request.get("OnlineStoreConfig") or {}, request.get("OfflineStoreConfig")
    if not online.get("EnableOnlineStore") and not offline:
        raise Refused("You must include at least one of OnlineStoreConfig and OfflineStoreConfig.")
    time_to_live(online.get("TtlDuration"), enabled=bool(online.get("EnableOnlineStore")))
    if offline:
        _offline(offline, request.get("RoleArn"))


def time_to_live(duration: Mapping[str, Any] | None, *, enabled: bool) -> None:
    """Refuse a TtlDuration of a group without an online store, or in no unit of AWS."""
    if not duration or duration.get("Unit") is None:
        return
    if not enabled:
        raise Refused("TtlDuration can only be set for a feature group with an online store.")
    value = duration.get("Value")
    if duration["Unit"] not in SECONDS or not isinstance(value, int) or value < 1:
        raise Refused(f"TtlDuration {dict(duration)} is invalid.")


def update(request: Mapping[str, Any], there: Iterable[str], *, is_online: bool) -> None:
    """Refuse an UpdateFeatureGroup as AWS does."""
    given = [key for key in ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig") if request.get(key)]
    if len(given) != 1:
        # API_UpdateFeatureGroup: "Use one of the following request parameters at a time".
        raise Refused(f"Exactly one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig is expected: {given}")
    additions = request.get("FeatureAdditions")
    if additions:
        if len(additions) > MOST_ADDITIONS:
            raise Refused(f"'featureAdditions' must have length less than or equal to {MOST_ADDITIONS}")
        definitions(additions, there)
    if request.get("OnlineStoreConfig"):
        if not is_online:
            raise Refused("OnlineStoreConfig of a feature group without an online store cannot be updated.")
        time_to_live(request["OnlineStoreConfig"].get("TtlDuration"), enabled=True)


def record(values: Mapping[str, str], types: Mapping[str, str], identifier: str, event_time: str) -> None:
    """Refuse a record that does not fit its group."""
    unknown = sorted(set(values) - set(types))
    if unknown:
        raise Refused(f"Validation Error: FeatureNames {unknown} are not defined in the feature group.")
    for required in (identifier, event_time):
        if not values.get(required):
            raise Refused(f"Missing required feature value for feature name [{required}].")
    if len(values[identifier].encode()) > LONGEST_IDENTIFIER_BYTES:
        raise Refused(f"The record identifier is longer than {LONGEST_IDENTIFIER_BYTES} bytes.")
    if sum(len(name.encode()) + len(value.encode()) for name, value in values.items()) > LONGEST_RECORD_BYTES:
        raise Refused(f"The record is larger than {LONGEST_RECORD_BYTES} bytes.")
    for name, value in values.items():
        if not _fits(value, types[name]):
            raise Refused(f"Value '{value[:80]}' of feature {name} is not of type {types[name]}.")
    moment(values[event_time], types[event_time])


def moment(text: str, kind: str) -> float:
    """Return the seconds since 1970 of an event time.

    Raises:
        Refused: When AWS does not read it.
    """
    if kind == "Fractional":
        return float(text)
    if not EVENT_TIME.fullmatch(text):
        raise Refused(f"EventTime '{text[:80]}' must be of the form yyyy-MM-dd'T'HH:mm:ssZ or ...ss.SSSZ.")
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError as error:
        raise Refused(f"EventTime '{text}': {error}.") from error


def seconds(duration: Mapping[str, Any] | None) -> int | None:
    """Return a TtlDuration in seconds; None where there is none."""
    if not duration or duration.get("Unit") is None:
        return None
    return SECONDS[duration["Unit"]] * int(duration["Value"])


def names_of(listed: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the names of feature definitions."""
    return (str(one["FeatureName"]) for one in listed)


def _offline(config: Mapping[str, Any], role_arn: str | None) -> None:
    if not role_arn or not _ROLE.fullmatch(role_arn):
        raise Refused("The execution role ARN is invalid.")
    if not _URI.fullmatch(config["S3StorageConfig"]["S3Uri"]):
        raise Refused("Invalid S3Uri provided.")
    if config.get("TableFormat") not in (None, "Glue", "Iceberg"):
        raise Refused(f"TableFormat {config['TableFormat']} is not supported.")


def _fits(value: str, kind: str) -> bool:
    if kind == "Integral":
        return bool(_WHOLE.fullmatch(value)) and -_INT64 <= int(value) < _INT64
    if kind == "Fractional":
        try:
            return math.isfinite(float(value))
        except ValueError:
            return False
    return True


def _constraint(value: str, place: str, pattern: str) -> str:
    return (
        f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}"
    )
