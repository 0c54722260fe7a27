"""Brings a feature group to what is asked of it: created, grown in place, deleted, each to its end.

What AWS describes is held against what is asked for, and not the state: an update that was broken off anywhere is
finished by the next.
"""

import sys
from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared.aws.client import AwsError, MissingError, ask, client
from pulumi_mlops.dynamic import feature_group_shape as shape
from pulumi_mlops.dynamic.endpoint_status import Deadline
from pulumi_mlops.dynamic.feature_group_status import (
    CREATE_FAILED,
    DELETE_FAILED,
    Description,
    FeatureGroupError,
    place,
    require_sound,
    require_updated,
    settled,
)
from pulumi_mlops.dynamic.sagemaker_tags import others_tags, set_tags

MOST_ADDITIONS = 100
"""Of one UpdateFeatureGroup: API_UpdateFeatureGroup, FeatureAdditions."""
_PAUSE_SECONDS = 5.0
# What passes by itself: a fifth creation at a time (dg/feature-store-quotas, "Maximum number of concurrent feature
# group creation workflows: 4"), and a role or its policy that IAM has not told every server of, for which pulumi-aws
# waits too (terraform-provider-aws, internal/service/sagemaker/feature_group.go).
_PASSING = ("concurrent feature group creation", "The execution role ARN is invalid", "Invalid S3Uri provided")


class FeatureGroup:
    """One feature group, on its way to what is asked of it."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Ask nothing yet.

        Args:
            asked: The properties of `ManagedFeatureGroup`, with whole numbers.
        """
        self._asked = asked
        self._name: str = asked["feature_group_name"]
        self._sagemaker = client("sagemaker", asked["region"])

    def bring_about(self, before: Mapping[str, Any] | None) -> Description:
        """Make the group, or make it what is asked for now.

        Args:
            before: The properties of the last update. None: it is to be new; one that an update of the same stack made
                before it was broken off is taken up.

        Returns:
            What AWS says of it in the end.

        Raises:
            FeatureGroupError: When it is not what was asked for, or the name is another's.
            AwsError: When AWS refuses, or does not answer.
        """
        described = self._settled()
        if described is not None and before is None:
            self._require_ours(described)
        if described is not None and described["FeatureGroupStatus"] in (CREATE_FAILED, DELETE_FAILED):
            self._delete()
            described = None
        if described is None:
            self._create()
            described = self._sound()
        self._require_alike(described)
        described = self._grow(described)
        set_tags(self._sagemaker, described["FeatureGroupArn"], self._asked["tags"], (before or {}).get("tags", {}))
        return described

    def delete(self) -> None:
        """Delete the group with its online records, wait until it is gone, and say what stays.

        Raises:
            FeatureGroupError: When it does not go.
        """
        described = self._settled()
        if described is not None:
            self._delete()
            _say_what_stays(self._name, described)

    def _create(self) -> None:
        asked = self._asked
        names = list(shape.features_of(asked))
        description = {"Description": asked["description"]} if asked.get("description") else {}
        request = {
            "FeatureGroupName": self._name,
            "RecordIdentifierFeatureName": asked["record_identifier"],
            "EventTimeFeatureName": asked["event_time"],
            "FeatureDefinitions": shape.definitions(asked, names),
            "RoleArn": asked["role_arn"],
            "Tags": [{"Key": key, "Value": value} for key, value in asked["tags"].items()],
            **shape.online_config(asked),
            **shape.offline_config(asked),
            **description,
        }
        deadline = self._deadline()
        while True:
            try:
                ask(self._sagemaker, "create_feature_group", **request)
            except AwsError as error:
                if not any(words in str(error) for words in _PASSING) or not deadline.pause(_PAUSE_SECONDS):
                    raise
            else:
                return

    def _grow(self, described: Description) -> Description:
        """Add what is new and set the time to live: one kind of change at a time, as UpdateFeatureGroup wants it."""
        asked, there = self._asked, shape.found(described)
        new = shape.added(there, asked)
        for first in range(0, len(new), MOST_ADDITIONS):
            described = self._update(FeatureAdditions=shape.definitions(asked, new[first : first + MOST_ADDITIONS]))
        if "online" in there and there.get("time_to_live_seconds") != asked.get("time_to_live_seconds"):
            described = self._update(OnlineStoreConfig={"TtlDuration": shape.time_to_live(asked)})
        return described

    def _update(self, **change: Any) -> Description:
        ask(self._sagemaker, "update_feature_group", FeatureGroupName=self._name, **change)
        described = self._sound()
        require_updated(self._sagemaker, self._name, described)
        return described

    def _require_alike(self, described: Description) -> None:
        """Refuse to go on with a group that no update can make what is asked for."""
        wrong = shape.fixed_changes(shape.found(described), self._asked)
        if wrong:
            told = "; ".join(f"{one.path}: got {one.old}, expected {one.new}" for one in wrong)
            fix = "run `pulumi refresh`, and define what is there; or define another version of the view"
            raise FeatureGroupError(f"{place(self._sagemaker, self._name)}: {told}, fix: {fix}")

    def _require_ours(self, described: Description) -> None:
        """Refuse a group that the same stack did not make: neither its deletion nor its update is ours."""
        other = others_tags(self._sagemaker, described["FeatureGroupArn"], self._asked["tags"])
        if other:
            told = ", ".join(f"{key} is {value or 'missing'}" for key, value in sorted(other.items()))
            got = f"one of this name ({described['FeatureGroupStatus']}) with other tags: {told}"
            fix = "choose another namespace or name; or, if nobody needs it, delete that feature group by hand"
            raise FeatureGroupError(
                f"{place(self._sagemaker, self._name)}: got {got}, expected none, or one that this stack made, "
                f"fix: {fix}"
            )

    def _delete(self) -> None:
        try:
            ask(self._sagemaker, "delete_feature_group", FeatureGroupName=self._name)
        except MissingError:
            return
        left = self._settled()
        if left is not None:
            got = f"{left['FeatureGroupStatus']} after it was deleted; reason: {left.get('FailureReason') or 'none'}"
            fix = "run the update again; if it stays, look at the feature group in the console"
            raise FeatureGroupError(f"{place(self._sagemaker, self._name)}: got {got}, expected it gone, fix: {fix}")

    def _sound(self) -> Description:
        return require_sound(self._sagemaker, self._name, self._settled())

    def _settled(self) -> Description | None:
        return settled(self._sagemaker, self._name, self._deadline())

    def _deadline(self) -> Deadline:
        return Deadline(float(self._asked["wait_seconds"]))


def _say_what_stays(name: str, described: Description) -> None:
    """Tell whoever deploys: Pulumi shows what a provider writes."""
    offline = described.get("OfflineStoreConfig")
    if offline is None:
        return
    catalog = offline.get("DataCatalogConfig")
    table = f", and the Glue table {catalog['Database']}.{catalog['TableName']}" if catalog else ""
    folder = offline["S3StorageConfig"].get("ResolvedOutputS3Uri", offline["S3StorageConfig"]["S3Uri"])
    sys.stderr.write(f"warning: feature group {name} is deleted; AWS keeps its offline records in {folder}{table}\n")
    sys.stderr.flush()
