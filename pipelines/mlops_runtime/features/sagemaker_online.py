"""Looks features up in SageMaker's online store: BatchGetRecord, a hundred keys at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_runtime.features.definition import FeatureView
from mlops_runtime.features.sagemaker_records import key_column, key_of, values_of

MOST_KEYS = 100
"""Of one BatchGetRecord: dg/feature-store-quotas, "Can contain as many as 100 records"."""
ATTEMPTS = 3


class FeatureLookupError(RuntimeError):
    """The online store did not answer for a key. The text says why."""


def look_up(
    view: FeatureView, feature_group: str, keys: Sequence[Mapping[str, Any]], client: Any
) -> list[dict[str, Any]]:
    """Return the features of each key, in their own types: None for what is not there, deleted or expired.

    Args:
        view: The view.
        feature_group: Name of its feature group.
        keys: Of each row the keys of the view's entities, by name. One may be there twice.
        client: A boto3 client of sagemaker-featurestore-runtime.

    Raises:
        FeatureLookupError: When the store does not answer for a key.
        RowError: When a key is missing, or not of its type.
    """
    texts = [key_of(view, key) for key in keys]
    found: dict[str, list[dict[str, str]]] = {}
    different = list(dict.fromkeys(texts))
    for first in range(0, len(different), MOST_KEYS):
        found |= dict(_batch(view, feature_group, different[first : first + MOST_KEYS], client))
    return [values_of(view, found.get(text)) for text in texts]


def _batch(
    view: FeatureView, feature_group: str, keys: list[str], client: Any
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    names = [key_column(view), view.event_time, *view.feature_names]
    for _ in range(ATTEMPTS):
        asked = {"FeatureGroupName": feature_group, "RecordIdentifiersValueAsString": keys, "FeatureNames": names}
        answer = client.batch_get_record(Identifiers=[asked])
        if answer["Errors"]:
            first = answer["Errors"][0]
            raise FeatureLookupError(
                f"feature group {feature_group}, key {first['RecordIdentifierValueAsString']}: got "
                f"{first['ErrorCode']}: {first['ErrorMessage']}, expected a record or none"
            )
        yield from ((one["RecordIdentifierValueAsString"], one["Record"]) for one in answer["Records"])
        keys = [key for one in answer["UnprocessedIdentifiers"] for key in one["RecordIdentifiersValueAsString"]]
        if not keys:
            return
    raise FeatureLookupError(
        f"feature group {feature_group}: got no answer for {len(keys)} keys after {ATTEMPTS} requests, "
        "expected a record or none for each, fix: ask for fewer at a time, or provision more throughput"
    )
