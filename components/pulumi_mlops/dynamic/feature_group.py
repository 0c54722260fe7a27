"""A feature group on SageMaker: features are added in place, and what would lose its records is refused.

pulumi-aws has a feature group too. It replaces one to which a feature is added, and every record in its online store
goes with it (terraform-provider-aws #36784 and #26809). `docs/decisions/0049-feature-groups-of-our-own.md` weighs it.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic
from pulumi.runtime import rpc

from pulumi_mlops._shared.aws.client import client
from pulumi_mlops._shared.aws.identity import require_account
from pulumi_mlops._shared.problems import told
from pulumi_mlops._shared.schema_change import ChangeClass
from pulumi_mlops.dynamic import feature_group_shape as shape
from pulumi_mlops.dynamic.feature_group_life import FeatureGroup
from pulumi_mlops.dynamic.feature_group_status import CREATE_FAILED, Description, describe

NEW = "new"
# Another value of any of these is another group.
_IDENTITY = ("account_id", "region", "feature_group_name")
_COMPUTED = ("feature_group_arn", "offline_folder", "glue_table")


class ManagedFeatureGroupProvider(dynamic.ResourceProvider):
    """Brings a feature group to what is asked of it."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Refuse in a preview what only another group could have, and name the class of what an update can do."""
        if not olds:
            return dynamic.CheckResult({**news, "change": NEW}, [])
        news = {**news, "change": _change(olds, _known(olds, news)) or olds.get("change", NEW)}
        failures: list[dynamic.CheckFailure] = []
        if not _moved(olds, news) and not news.get("loss_acknowledged"):
            failures = [
                dynamic.CheckFailure(one.path.partition(".")[0], _refusal(news, one))
                for one in shape.fixed_changes(olds, _known(olds, news))
            ]
        return dynamic.CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Update for features, a time to live or tags; begin anew for another group, deleted first if of that name."""
        moved = _moved(olds, news)
        fixed = shape.fixed_changes(olds, _known(olds, news))
        replaces = moved or sorted({one.path.partition(".")[0] for one in fixed})
        changes = (
            bool(replaces)
            or bool(shape.added(olds, news))
            or any(olds.get(key) != news.get(key) for key in ("time_to_live_seconds", "tags"))
        )
        rebuilt = bool(fixed) and not moved
        return dynamic.DiffResult(changes=changes, replaces=replaces, delete_before_replace=rebuilt)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Create the group, or take up what an update that was broken off has left.

        Raises:
            FeatureGroupError: When it is not what was asked for, or the name is another's.
            AwsError: When AWS refuses, or does not answer.
        """
        asked = _whole(props)
        require_account(asked["region"], asked["account_id"])
        described = FeatureGroup(asked).bring_about(None)
        return dynamic.CreateResult(asked["feature_group_name"], {**asked, **_computed(described)})

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Add features, set the time to live and the tags, in place: no record is touched."""
        asked = _whole(news)
        require_account(asked["region"], asked["account_id"])
        described = FeatureGroup(asked).bring_about(_whole(olds))
        return dynamic.UpdateResult({**asked, **_computed(described)})

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Note what the group is made of, so that what somebody else has changed shows as a difference."""
        described = describe(client("sagemaker", props["region"]), props["feature_group_name"])
        if described is None or described["FeatureGroupStatus"] == CREATE_FAILED:
            return dynamic.ReadResult("", {})
        there = shape.in_order_of(shape.found(described), props)
        kept = {key: value for key, value in props.items() if key not in (*_COMPUTED, *shape.DESCRIBED)}
        inputs = {**kept, **there}
        return dynamic.ReadResult(id_, {**inputs, **_computed(described)}, inputs)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Delete the group and its online records. Its files in S3 and its Glue table stay, and it says so."""
        require_account(props["region"], props["account_id"])
        FeatureGroup(_whole(props)).delete()


class ManagedFeatureGroup(dynamic.Resource, module="mlops", name="FeatureGroup"):
    """A feature group that has the features that were asked for."""

    feature_group_name: pulumi.Output[str]
    """Its name. Whoever uses it waits for the group, and still knows it in a preview."""
    feature_group_arn: pulumi.Output[str]
    """Its ARN."""
    offline_folder: pulumi.Output[str]
    """Where AWS writes its offline records, like `s3://bucket/…/data`; empty without an offline store."""
    glue_table: pulumi.Output[str]
    """Its table in the Glue catalog, as `database.table`; empty without one."""
    change: pulumi.Output[str]
    """Class of the last change, and what it was. A preview shows it."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare a feature group.

        Args:
            name: The resource's name.
            properties: `account_id`, `region`, `feature_group_name`, `description` and `tags`; `features`, each with
                `name` and `type`, the API's; `record_identifier` and `event_time`, two of them; `online`, with
                `kms_key_arn`, or None; `time_to_live_seconds`, or None; `offline`, with `s3_uri`, `kms_key_arn`,
                `table_format` and `has_glue_table`, or None; `role_arn`; `wait_seconds` for each change; and
                `loss_acknowledged`, whether its records may be lost.
            opts: The resource's options.
        """
        computed = dict.fromkeys((*_COMPUTED, "change"))
        super().__init__(ManagedFeatureGroupProvider(), name, {**properties, **computed}, opts)


def _moved(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    return [key for key in _IDENTITY if olds.get(key) != news.get(key)]


def _known(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Take what is not known yet, in a preview, to be what it was."""
    return {key: olds.get(key) if value == rpc.UNKNOWN else value for key, value in news.items()}


def _change(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Return the class of a change and what it is; empty where nothing changes."""
    if fixed := shape.fixed_changes(olds, news):
        what = "; ".join(f"{one.path}: {one.old} -> {one.new}" for one in fixed)
        return f"{ChangeClass.BREAKING.label}: {what}: deleted and created anew, its online records are lost"
    if added := shape.added(olds, news):
        return f"{ChangeClass.ADDITIVE.label}: {', '.join(added)}: added in place, every record stays"
    old, new = (props.get("time_to_live_seconds") for props in (olds, news))
    if old != new:
        is_shorter = new is not None and (old is None or new < old)
        kind = ChangeClass.BREAKING if is_shorter else ChangeClass.COMPATIBLE
        return f"{kind.label}: time to live: {_seconds(old)} -> {_seconds(new)}: of the records put from then on"
    return ""


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.0f} seconds"


def _refusal(news: Mapping[str, Any], one: shape.Fixed) -> str:
    expected = f"{one.old} as it is deployed (breaking: only a new group could have it; the online records are lost)"
    fix = "define it as a new version of the view beside this one; or acknowledge the loss of this one"
    return told(f"feature group {news['feature_group_name']}: {one.path}", one.new, expected, fix)


def _computed(described: Description) -> dict[str, str]:
    offline = described.get("OfflineStoreConfig", {})
    catalog = offline.get("DataCatalogConfig")
    return {
        "feature_group_arn": described["FeatureGroupArn"],
        "offline_folder": offline.get("S3StorageConfig", {}).get("ResolvedOutputS3Uri", ""),
        "glue_table": f"{catalog['Database']}.{catalog['TableName']}" if catalog else "",
    }


def _whole(value: Any) -> Any:
    """Give whole numbers back what Pulumi's protocol takes from them: 2.0 is 2, and botocore insists on it."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
