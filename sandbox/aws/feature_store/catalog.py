"""The Glue table of a feature group's offline store, and its files: Parquet, an hour of event time a folder.

https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-offline.html
"""

import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.glue.models import glue_backends

from sandbox.aws.executions.store import client, split
from sandbox.aws.feature_store.group import Group, OfflineRow
from sandbox.aws.place import place

DATABASE = "sagemaker_featurestore"
# https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-quotas.html, "Data types".
_GLUE = {"String": "string", "Integral": "bigint", "Fractional": "double"}
_OWN = (("write_time", "timestamp"), ("api_invocation_time", "timestamp"), ("is_deleted", "boolean"))
_PARTITIONS = ("year", "month", "day", "hour")


def create_table(group: Group) -> None:
    """Make the table of a new group, and its database where there is none."""
    if group.offline is None or group.offline.get("DisableGlueTableCreation"):
        group.catalog = dict(group.offline["DataCatalogConfig"]) if group.offline and _given(group) else None
        return
    glue = _glue(group)
    group.catalog = dict(group.offline["DataCatalogConfig"]) if _given(group) else _default(group, glue)
    if group.catalog["Database"] not in glue.databases:
        glue.create_database(group.catalog["Database"], {"Name": group.catalog["Database"]})
    name = group.catalog["TableName"]
    glue.create_table(group.catalog["Database"], name, _table(group, name))


def update_table(group: Group) -> None:
    """Give the table the columns of features that were added."""
    if group.catalog is not None and not (group.offline or {}).get("DisableGlueTableCreation"):
        name = group.catalog["TableName"]
        _glue(group).update_table(group.catalog["Database"], name, _table(group, name))


def write(group: Group) -> int:
    """Write what is buffered to S3, which AWS does within 15 minutes; return how many rows it was."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    s3 = client("s3", place().url, group.arn.split(":")[3])
    if not group.buffered or not _may_write(group, s3):
        return 0
    rows, group.buffered = group.buffered, []
    by_hour: dict[datetime, list[OfflineRow]] = defaultdict(list)
    for row in rows:
        by_hour[datetime.fromtimestamp(row.moment, UTC).replace(minute=0, second=0, microsecond=0)].append(row)
    types = {"String": pa.string(), "Integral": pa.int64(), "Fractional": pa.float64()}
    stamp = pa.timestamp("ms", tz="UTC")
    schema = pa.schema(
        [
            *((name, types[kind]) for name, kind in group.types.items()),
            *(("write_time", stamp), ("api_invocation_time", stamp), ("is_deleted", pa.bool_())),
        ]
    )
    for hour, found in by_hour.items():
        latest = datetime.fromtimestamp(max(row.moment for row in found), UTC)
        name = f"{latest:%Y%m%dT%H%M%SZ}_{uuid.uuid4().hex[:16]}.parquet"
        bucket, key = split(f"{group.folder}/year={hour:%Y}/month={hour:%m}/day={hour:%d}/hour={hour:%H}/{name}")
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist([_columns(group, row) for row in found], schema=schema), sink)
        s3.put_object(Bucket=bucket, Key=key, Body=sink.getvalue().to_pybytes())
    return len(rows)


def _may_write(group: Group, s3: Any) -> bool:
    """Tell whether there is a bucket to write to. Without one the rows are kept, and the store is Blocked."""
    bucket, _ = split(group.folder)
    known = {one["Name"] for one in s3.list_buckets()["Buckets"]}
    group.blocked = "" if bucket in known else f"The bucket {bucket} does not exist."
    return not group.blocked


def _columns(group: Group, row: OfflineRow) -> dict[str, Any]:
    kinds = {"String": str, "Integral": int, "Fractional": float}
    values = {name: kinds[group.types[name]](value) for name, value in row.values.items()}
    now = datetime.now(UTC)
    return {**values, "write_time": now, "api_invocation_time": row.invoked_at, "is_deleted": row.is_deleted}


def _default(group: Group, glue: Any) -> dict[str, str]:
    """Name a table after its group and the second that it was created in.

    At AWS no group is deleted and created again within a second; here it is created in the next.
    """
    known = glue.databases[DATABASE].tables if DATABASE in glue.databases else {}
    while (name := f"{group.name.replace('-', '_').lower()}_{int(group.creation_time.timestamp())}") in known:
        group.creation_time += timedelta(seconds=1)
    return {"TableName": name, "Catalog": "AwsDataCatalog", "Database": DATABASE}


def _given(group: Group) -> bool:
    return bool(group.offline and group.offline.get("DataCatalogConfig"))


def _table(group: Group, name: str) -> dict[str, Any]:
    columns = [{"Name": name, "Type": _GLUE[kind]} for name, kind in group.types.items()]
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in _PARTITIONS],
        "StorageDescriptor": {
            "Columns": [*columns, *({"Name": name, "Type": kind} for name, kind in _OWN)],
            "Location": group.folder,
        },
    }


def _glue(group: Group) -> Any:
    _, _, _, region, account, _ = group.arn.split(":", 5)
    return glue_backends[account][region]
