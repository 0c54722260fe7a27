"""Training sets from SageMaker's offline store: each row with the features that were known at its time, and no later.

The store's Parquet files are read where AWS writes them (DescribeFeatureGroup, ResolvedOutputS3Uri), which is right for
the table format Glue, whose files are never rewritten. It needs no Athena.
"""

from typing import TYPE_CHECKING, Any

from mlops_runtime.features.definition import FeatureView, ValueType

if TYPE_CHECKING:
    import pandas as pd

API_TIME = "api_invocation_time"
DELETED = "is_deleted"
_ORDER = "__row"
_TIME = "__event_time"
_DTYPES = {
    ValueType.FLOAT32: "float32",
    ValueType.FLOAT64: "float64",
    ValueType.INT64: "Int64",
    ValueType.BOOL: "boolean",
    ValueType.TEXT: "string",
}


def read_history(view: FeatureView, folder: str) -> "pd.DataFrame":
    """Return every event of a view that is offline, with the marks of deletions, in the view's own types.

    Args:
        view: The view.
        folder: Where its feature group's files are, as `s3://…/data` or a path.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.dataset as ds  # noqa: PLC0415

    from mlops_runtime.batch.location import location_of  # noqa: PLC0415

    columns = [*view.entity_names, view.event_time, *view.feature_names, API_TIME, DELETED]
    place = location_of(folder)
    found = ds.dataset(place.path, filesystem=place.filesystem, format="parquet")
    # Files from before a feature was added do not have it.
    known = {field.name: field.type for fragment in found.get_fragments() for field in fragment.physical_schema}
    schema = pa.schema([(name, known.get(name, pa.string())) for name in columns])
    return typed_history(view, found.replace_schema(schema).to_table(columns=columns).to_pandas())


def typed_history(view: FeatureView, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return what the offline store holds in the view's own types: it knows numbers and texts alone."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    made = frame.copy()
    made[view.event_time] = pd.to_datetime(made[view.event_time], utc=True, format="ISO8601")
    for one in view.features:
        if one.value_type is ValueType.DATETIME:
            made[one.name] = pd.to_datetime(made[one.name], utc=True, format="ISO8601")
        elif one.value_type is ValueType.BOOL:
            made[one.name] = made[one.name].astype("Int64").astype("boolean")
        else:
            made[one.name] = made[one.name].astype(_DTYPES[one.value_type])
    return made


def point_in_time(
    view: FeatureView, history: "pd.DataFrame", rows: "pd.DataFrame", *, time_column: str
) -> "pd.DataFrame":
    """Return rows with the features that were known of their key at their time.

    An event counts from its event time on, that moment included, until the view's time to live is over, a later event,
    or a deletion. Of one that was put several times, the last put counts.

    Args:
        view: The view.
        history: What `read_history` returned.
        rows: With the entities' columns and a time. Their order and index stay.
        time_column: The column of their time; without a zone, it is UTC.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import

    keys = list(view.entity_names)
    events = history.sort_values([view.event_time, API_TIME], kind="stable")
    events = events.drop_duplicates([*keys, view.event_time], keep="last")
    events = events.rename(columns={view.event_time: _TIME})[[*keys, _TIME, *view.feature_names, DELETED]]
    left = rows[keys].copy()
    left[_TIME] = pd.to_datetime(rows[time_column], utc=True).astype("datetime64[ns, UTC]").to_numpy()
    left[_TIME] = pd.to_datetime(left[_TIME], utc=True)
    left[_ORDER] = range(len(left))
    events[_TIME] = events[_TIME].astype("datetime64[ns, UTC]")
    for key in keys:
        events[key] = events[key].astype(left[key].dtype)
    limit = None if view.time_to_live_seconds is None else pd.Timedelta(seconds=view.time_to_live_seconds)
    joined = pd.merge_asof(
        left.sort_values(_TIME, kind="stable"), events.sort_values(_TIME), on=_TIME, by=keys, tolerance=limit
    )
    names = list(view.feature_names)
    joined.loc[joined[DELETED].fillna(value=False).astype(bool), names] = None
    joined = joined.sort_values(_ORDER).set_index(rows.index)
    return pd.concat([rows, joined[names]], axis=1)


def offline_folder(sagemaker: Any, feature_group: str) -> str:
    """Return where a feature group's offline files are, as AWS says it."""
    described = sagemaker.describe_feature_group(FeatureGroupName=feature_group)
    folder: str = described["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    return folder
