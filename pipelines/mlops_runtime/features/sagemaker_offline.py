"""Reads SageMaker's offline store for training sets, as `features.history.historical` reads any source.

Its Parquet files are read where AWS writes them (DescribeFeatureGroup, ResolvedOutputS3Uri), which is right for the
table format Glue, whose files are never rewritten. It needs no Athena.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mlops_runtime.features.definition import FeatureView, ValueType
from mlops_runtime.features.history import Read

PUT_TIME = "api_invocation_time"
_DTYPES = {
    ValueType.FLOAT32: "float32",
    ValueType.FLOAT64: "float64",
    ValueType.INT64: "Int64",
    ValueType.TEXT: "object",
}


def read_offline(folders: Mapping[str, str]) -> Read:
    """Return what reads views' offline stores.

    Args:
        folders: Where each view's files are, as `s3://…/data` or a path, by view with its version.
    """

    def read(view: FeatureView, columns: Sequence[str]) -> pd.DataFrame:
        return read_history(view, folders[view.versioned_name]).loc[:, list(columns)]

    return read


def read_history(view: FeatureView, folder: str) -> pd.DataFrame:
    """Return every event of a view in the order in which they were put, in the view's own types.

    Of an event that was put twice, the last one counts to whoever reads them in this order. A deletion is an event
    without features.

    Args:
        view: The view.
        folder: Where its feature group's files are.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.dataset as ds  # noqa: PLC0415

    from mlops_runtime.batch.location import location_of  # noqa: PLC0415

    columns = [*view.entity_names, view.event_time, *view.feature_names, PUT_TIME]
    place = location_of(folder)
    found = ds.dataset(place.path, filesystem=place.filesystem, format="parquet")
    # Files from before a feature was added do not have it.
    known = {field.name: field.type for fragment in found.get_fragments() for field in fragment.physical_schema}
    schema = pa.schema([(name, known.get(name, pa.string())) for name in columns])
    frame = found.replace_schema(schema).to_table(columns=columns).to_pandas()
    return _typed(view, frame.sort_values(PUT_TIME, kind="stable"))


def offline_folder(sagemaker: Any, feature_group: str) -> str:
    """Return where a feature group's offline files are, as AWS says it.

    Args:
        sagemaker: A boto3 client of sagemaker.
        feature_group: The feature group's name.
    """
    described = sagemaker.describe_feature_group(FeatureGroupName=feature_group)
    folder: str = described["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    return folder


def _typed(view: FeatureView, frame: pd.DataFrame) -> pd.DataFrame:
    """Return what the offline store holds in the view's own types: it knows numbers and texts alone."""
    typed = frame.copy()
    typed[view.event_time] = _moments(typed[view.event_time])
    for one in view.features:
        if one.value_type is ValueType.DATETIME:
            typed[one.name] = _moments(typed[one.name])
        elif one.value_type is ValueType.BOOL:
            typed[one.name] = typed[one.name].astype("Int64").astype("boolean")
        else:
            typed = typed.astype({one.name: _DTYPES[one.value_type]})
    return typed


def _moments(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, utc=True, format="ISO8601").astype("datetime64[ns, UTC]")
