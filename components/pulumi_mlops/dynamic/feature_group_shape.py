"""What a feature group is made of, as a stack asks for it and as AWS describes it, and what differs.

Pure. AWS can add features to a group, and set its time to live; all else is another group:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateFeatureGroup.html, "Features cannot be removed from
a feature group", and OnlineStoreConfigUpdate, which turns no store on or off and changes no key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_mlops._shared.documents import without_none

FIXED = ("record_identifier", "event_time", "online", "offline", "role_arn")
"""Properties that no update changes."""
DESCRIBED = (*FIXED, "features", "time_to_live_seconds")
"""Properties that AWS describes."""
_SECONDS: Mapping[str, int] = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
DEFAULT_TABLE_FORMAT = "Glue"


@dataclass(frozen=True)
class Fixed:
    """Something that is to be otherwise, and that no update changes."""

    path: str
    old: str
    new: str


def fixed_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Fixed]:
    """Return what only another group could have, of the same name."""
    return [*_features_lost(features_of(old), features_of(new)), *_fixed(old, new)]


def added(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the features that are new, in the order in which they were asked for."""
    there = features_of(old)
    return [name for name in features_of(new) if name not in there]


def features_of(props: Mapping[str, Any]) -> dict[str, str]:
    """Return the type of each feature."""
    return {one["name"]: one["type"] for one in props.get("features") or []}


def definitions(props: Mapping[str, Any], names: list[str]) -> list[dict[str, str]]:
    """Return features in the API's words."""
    types = features_of(props)
    return [{"FeatureName": name, "FeatureType": types[name]} for name in names]


def online_config(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return CreateFeatureGroup's OnlineStoreConfig, as keyword arguments; none without an online store."""
    online = props.get("online")
    if online is None:
        return {}
    config: dict[str, Any] = {"EnableOnlineStore": True}
    if online.get("kms_key_arn"):
        config["SecurityConfig"] = {"KmsKeyId": online["kms_key_arn"]}
    if props.get("time_to_live_seconds") is not None:
        config["TtlDuration"] = time_to_live(props)
    return {"OnlineStoreConfig": config}


def offline_config(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return CreateFeatureGroup's OfflineStoreConfig, as keyword arguments; none without an offline store."""
    offline = props.get("offline")
    if offline is None:
        return {}
    storage = {"S3Uri": offline["s3_uri"]}
    if offline.get("kms_key_arn"):
        storage["KmsKeyId"] = offline["kms_key_arn"]
    config: dict[str, Any] = {"S3StorageConfig": storage, "TableFormat": offline["table_format"]}
    if not offline["has_glue_table"]:
        config["DisableGlueTableCreation"] = True
    return {"OfflineStoreConfig": config}


def time_to_live(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's TtlDuration. One without unit and value takes the time to live away."""
    seconds = props.get("time_to_live_seconds")
    return {} if seconds is None else {"Unit": "Seconds", "Value": int(seconds)}


def found(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return what AWS describes in the words of the resource's properties."""
    online, offline = described.get("OnlineStoreConfig", {}), described.get("OfflineStoreConfig")
    ttl = online.get("TtlDuration") or {}
    shape: dict[str, Any] = {
        "record_identifier": described["RecordIdentifierFeatureName"],
        "event_time": described["EventTimeFeatureName"],
        "features": [
            {"name": one["FeatureName"], "type": one["FeatureType"]} for one in described["FeatureDefinitions"]
        ],
        "time_to_live_seconds": _SECONDS[ttl["Unit"]] * ttl["Value"] if ttl.get("Unit") else None,
        "role_arn": described.get("RoleArn"),
        "online": None,
        "offline": None,
    }
    if online.get("EnableOnlineStore"):
        shape["online"] = without_none({"kms_key_arn": online.get("SecurityConfig", {}).get("KmsKeyId")})
    if offline is not None:
        storage = offline["S3StorageConfig"]
        shape["offline"] = without_none(
            {
                "s3_uri": storage["S3Uri"],
                "kms_key_arn": storage.get("KmsKeyId"),
                "table_format": offline.get("TableFormat") or DEFAULT_TABLE_FORMAT,
                "has_glue_table": not offline.get("DisableGlueTableCreation", False),
            }
        )
    # A state has no key for what is not there.
    return without_none(shape)


def in_order_of(shape: dict[str, Any], props: Mapping[str, Any]) -> dict[str, Any]:
    """Return a shape with its features as they are in the properties, and then those that are only there.

    AWS puts what is added last; the order says nothing.
    """
    types = features_of(shape)
    order = [name for name in features_of(props) if name in types]
    order += [name for name in types if name not in order]
    return {**shape, "features": [{"name": name, "type": types[name]} for name in order]}


def _features_lost(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Fixed]:
    for name, kind in old.items():
        if name not in new:
            yield Fixed(f"features.{name}", kind, "nothing")
        elif new[name] != kind:
            yield Fixed(f"features.{name}", kind, new[name])


def _fixed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Fixed]:
    for key in FIXED:
        before, now = _plain(old.get(key)), _plain(new.get(key))
        if before != now:
            yield Fixed(key, _shown(before), _shown(now))


def _plain(value: Any) -> Any:
    """Leave out what is None, which Pulumi's protocol does too."""
    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if item is not None}
    return value


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
