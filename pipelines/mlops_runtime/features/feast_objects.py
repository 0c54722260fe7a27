"""A feature definition as Feast's objects. Feast is imported where it is asked for: no other image holds it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mlops_runtime.features.definition import Entity, FeatureStoreDefinition, FeatureView, ValueType

Locate = Callable[[str], str]
"""Returns where a view's source is, for the process that reads it."""


def objects_of(definition: FeatureStoreDefinition, locate: Locate) -> list[Any]:
    """Return Feast's entities and feature views.

    Args:
        definition: The definition. What is neither looked up nor brought online is left out.
        locate: Where sources are.
    """
    entities = {entity.name: entity_of(entity) for view in definition.views for entity in view.entities if view.online}
    return [*entities.values(), *(view_of(view, entities, locate) for view in definition.views if view.online)]


def entity_of(entity: Entity) -> Any:
    """Return Feast's entity, which is found by a key of the same name."""
    from feast import Entity as FeastEntity  # noqa: PLC0415 - see above
    from feast import ValueType as FeastValueType  # noqa: PLC0415

    kinds = {ValueType.TEXT: FeastValueType.STRING, ValueType.INT64: FeastValueType.INT64}
    return FeastEntity(
        name=entity.name, join_keys=[entity.name], value_type=kinds[entity.value_type], description=entity.description
    )


def view_of(view: FeatureView, entities: dict[str, Any], locate: Locate) -> Any:
    """Return Feast's feature view. Its schema is whole, so that Feast need not read the source to know it."""
    from feast import FeatureView as FeastView  # noqa: PLC0415 - see above
    from feast import Field, FileSource  # noqa: PLC0415
    from feast.data_format import ParquetFormat  # noqa: PLC0415

    keys = [Field(name=one.name, dtype=_types()[one.value_type], description=one.description) for one in view.entities]
    features = [
        Field(
            name=one.name,
            dtype=_types()[one.value_type],
            description=one.description,
            tags={"unit": one.unit} if one.unit else {},
        )
        for one in view.features
    ]
    return FeastView(
        name=view.versioned_name,
        entities=[entities[name] for name in view.entity_names],
        # Feast takes 0 for without end.
        ttl=timedelta(seconds=view.time_to_live_seconds or 0),
        schema=[*keys, *features],
        source=FileSource(
            name=f"{view.versioned_name}_source",
            path=locate(view.source),
            timestamp_field=view.event_time,
            file_format=ParquetFormat(),
        ),
        online=True,
    )


def _types() -> dict[ValueType, Any]:
    from feast import types  # noqa: PLC0415 - see above

    return {
        ValueType.FLOAT32: types.Float32,
        ValueType.FLOAT64: types.Float64,
        ValueType.INT64: types.Int64,
        ValueType.BOOL: types.Bool,
        ValueType.TEXT: types.String,
        ValueType.DATETIME: types.UnixTimestamp,
    }
