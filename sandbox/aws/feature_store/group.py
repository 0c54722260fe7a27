"""One feature group: what it is made of, how it stands, and the records in its online store."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.feature_store import rules

CREATED = "Created"


@dataclass
class OnlineRecord:
    """The latest record of one identifier. A deleted one stays, so that an older one does not take its place."""

    moment: float
    """Event time, in seconds since 1970."""
    values: dict[str, str]
    expires_at: float | None
    is_deleted: bool = False

    def is_readable(self) -> bool:
        """Tell whether it is answered: neither deleted nor expired."""
        return not self.is_deleted and (self.expires_at is None or time.time() < self.expires_at)


@dataclass
class OfflineRow:
    """A record as the offline store has it."""

    moment: float
    values: dict[str, str]
    invoked_at: datetime
    is_deleted: bool


@dataclass
class Group:
    """A feature group. Attributes that moto reads have its names."""

    arn: str
    request: dict[str, Any]
    """CreateFeatureGroup's own members, but for the tags."""
    tags: list[dict[str, str]]
    creation_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "Creating"
    next_status: str = CREATED
    """What it turns into when it has been looked at once more: nothing at AWS is done at once."""
    failure_reason: str = ""
    last_update: dict[str, str] | None = None
    next_update: dict[str, str] | None = None
    last_modified_time: datetime | None = None
    catalog: dict[str, str] | None = None
    records: dict[str, OnlineRecord] = field(default_factory=dict)
    buffered: list[OfflineRow] = field(default_factory=list)
    blocked: str = ""
    """Why its offline store cannot be written; empty where it can."""

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.request["FeatureGroupName"])

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """Its features, in the order in which they were defined."""
        found: list[dict[str, Any]] = self.request["FeatureDefinitions"]
        return found

    @property
    def types(self) -> dict[str, str]:
        """The type of each of its features."""
        return {one["FeatureName"]: one["FeatureType"] for one in self.definitions}

    @property
    def identifier(self) -> str:
        """Name of the feature that holds a record's key."""
        return str(self.request["RecordIdentifierFeatureName"])

    @property
    def event_time(self) -> str:
        """Name of the feature that holds a record's event time."""
        return str(self.request["EventTimeFeatureName"])

    @property
    def is_online(self) -> bool:
        """Whether it has an online store."""
        return bool((self.request.get("OnlineStoreConfig") or {}).get("EnableOnlineStore"))

    @property
    def offline(self) -> Mapping[str, Any] | None:
        """Its OfflineStoreConfig; None where it has no offline store."""
        found: Mapping[str, Any] | None = self.request.get("OfflineStoreConfig")
        return found

    @property
    def folder(self) -> str:
        """Where its offline records are: ResolvedOutputS3Uri.

        https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-offline.html
        """
        if self.offline is None:
            return ""
        _, _, _, region, account, _ = self.arn.split(":", 5)
        made = int(self.creation_time.timestamp())
        start = str(self.offline["S3StorageConfig"]["S3Uri"]).rstrip("/")
        return f"{start}/{account}/sagemaker/{region}/offline-store/{self.name}-{made}/data"

    def describe(self) -> dict[str, Any]:
        """Return what DescribeFeatureGroup answers. The next time it stands where it was on its way to."""
        known = {key: value for key, value in self.request.items() if key != "OfflineStoreConfig"}
        answer: dict[str, Any] = {
            **known,
            "FeatureGroupArn": self.arn,
            "CreationTime": self.creation_time,
            "FeatureGroupStatus": self.status,
            "FailureReason": self.failure_reason if self.status.endswith("Failed") else None,
            "LastUpdateStatus": self.last_update,
            "LastModifiedTime": self.last_modified_time,
            "ThroughputConfig": self.request.get("ThroughputConfig") or {"ThroughputMode": "OnDemand"},
        }
        if self.offline is not None:
            storage = {**self.offline["S3StorageConfig"], "ResolvedOutputS3Uri": self.folder}
            answer["OfflineStoreConfig"] = {
                "DisableGlueTableCreation": False,
                "TableFormat": "Glue",
                **self.offline,
                "S3StorageConfig": storage,
                **({"DataCatalogConfig": self.catalog} if self.catalog else {}),
            }
            active = {"Status": "Active"}
            answer["OfflineStoreStatus"] = (
                {"Status": "Blocked", "BlockedReason": self.blocked} if self.blocked else active
            )
        self._move_on()
        return answer

    def begin_update(self, failure: str | None) -> None:
        """Note that an update has begun, and how it ends."""
        self.last_update = {"Status": "InProgress"}
        self.next_update = {"Status": "Failed", "FailureReason": failure} if failure else {"Status": "Successful"}
        self.last_modified_time = datetime.now(UTC)

    def put(self, values: dict[str, str], stores: frozenset[str], ttl: int | None, *, is_deleted: bool = False) -> None:
        """Put a record, or the mark of a deletion, into its stores.

        API_PutRecord: "If a new record's EventTime is greater, the new record is written to both the OnlineStore and
        OfflineStore. Otherwise, the record is a historic record and it is written only to the OfflineStore."
        """
        moment = rules.moment(values[self.event_time], self.types[self.event_time])
        if self.is_online and "OnlineStore" in stores:
            there = self.records.get(values[self.identifier])
            if there is None or moment > there.moment:
                expires = None if ttl is None else moment + ttl
                self.records[values[self.identifier]] = OnlineRecord(moment, values, expires, is_deleted)
        if self.offline is not None and "OfflineStore" in stores:
            self.buffered.append(OfflineRow(moment, values, datetime.now(UTC), is_deleted))

    def _move_on(self) -> None:
        self.status = self.next_status
        if self.next_update is not None:
            self.last_update, self.next_update = self.next_update, None
