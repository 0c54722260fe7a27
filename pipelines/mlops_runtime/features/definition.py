"""What a feature store holds, as data: entities, features, event times, sources. The standard library is enough."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import combinations

from mlops_runtime.features.errors import FeatureDefinitionError

FORMAT = 1
"""Version of the document's form."""

# What every target takes. SageMaker: 64 characters, and no `_` at the end.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_FeatureDefinition.html
# Feast writes a feature as `view__feature`, so that no name holds two of them.
NAME = re.compile(r"[a-z](_?[a-z0-9])*")
NAME_CHARACTERS_MAX = 60
# Names that a target gives columns of its own:
# https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-create-feature-group.html, and Feast's.
RESERVED_NAMES = frozenset(
    {"is_deleted", "write_time", "api_invocation_time", "event_timestamp", "created", "year", "month", "day", "hour"}
)
SOURCE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/\S*)?|pvc://[a-z0-9][a-z0-9.-]*(/\S*)?|(?!\w+://)\S+")
FEATURES_MAX = 2500
"""At most as many as SageMaker lets a feature group have."""


class ValueType(StrEnum):
    """Type of a value."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT64 = "int64"
    BOOL = "bool"
    TEXT = "text"
    DATETIME = "datetime"


ENTITY_TYPES = (ValueType.TEXT, ValueType.INT64)
"""Types of a key: numbers with a fraction are no keys."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What features are of, such as an airport.

    Attributes:
        name: The column that holds its key, in the sources and in requests.
        value_type: Type of the key: text or int64.
        description: What it is.
    """

    name: str
    value_type: ValueType = ValueType.TEXT
    description: str


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One value that is known of an entity at a time.

    Attributes:
        name: The column that holds it.
        value_type: Its type.
        unit: Unit of a number, such as `minutes`; empty where it has none.
        description: What it is.
    """

    name: str
    value_type: ValueType
    unit: str = ""
    description: str


@dataclass(frozen=True, kw_only=True)
class FeatureView:
    """Features that come from one source, of the same entities and of the same time.

    Attributes:
        name: Unique among the views of the same version.
        version: From 1. A breaking change is a new version beside the old one.
        entities: At least one. The keys of all of them together name a row.
        features: At least one.
        event_time: The column that says, in UTC, from when on the row's features were known.
        time_to_live_seconds: For how long after that they are used. None: until the next ones.
        source: Parquet: `s3://bucket/prefix`, `pvc://claim/path`, or a path. A stack may name another.
        online: Whether they can be looked up by key.
        offline: Whether training sets can be made of their history.
    """

    name: str
    version: int = 1
    entities: tuple[Entity, ...]
    features: tuple[Feature, ...]
    event_time: str
    time_to_live_seconds: int | None = None
    source: str
    online: bool = True
    offline: bool = True

    @property
    def versioned_name(self) -> str:
        """Its name on every target, such as `weather_v1`: two versions stand beside one another."""
        return f"{self.name}_v{self.version}"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of its features, as they are written."""
        return tuple(feature.name for feature in self.features)

    @property
    def entity_names(self) -> tuple[str, ...]:
        """The names of its entities, as they are written."""
        return tuple(entity.name for entity in self.entities)

    def problems(self) -> Iterator[str]:
        """Yield what this view has wrong by itself."""
        place = f"view {self.name}"
        yield from _name_problems(place, self.name)
        if not self.entities:
            yield f"{place}: got no entity, expected at least one, fix: say whose features they are"
        if not 1 <= len(self.features) <= FEATURES_MAX:
            yield f"{place}: got {len(self.features)} features, expected 1 to {FEATURES_MAX}, fix: divide the view"
        if self.version < 1:
            yield f"{place}: version: got {self.version}, expected 1 or more, fix: count from 1"
        if self.time_to_live_seconds is not None and self.time_to_live_seconds < 1:
            yield (
                f"{place}: time_to_live_seconds: got {self.time_to_live_seconds}, expected 1 or more, "
                "fix: leave it out for features that are used until the next ones"
            )
        if not SOURCE.fullmatch(self.source):
            yield (
                f"{place}: source: got {self.source!r}, expected s3://bucket/prefix, pvc://claim/path or a path, "
                "fix: say where its Parquet files are"
            )
        if not (self.online or self.offline):
            yield f"{place}: got neither online nor offline, expected one of them, fix: set one, or remove the view"
        yield from self._column_problems(place)

    def _column_problems(self, place: str) -> Iterator[str]:
        columns = [*self.entity_names, *self.feature_names, self.event_time]
        for column in dict.fromkeys(columns):
            yield from _name_problems(f"{place}: column {column}", column)
            if columns.count(column) > 1:
                yield f"{place}: got {columns.count(column)} columns {column}, expected one, fix: rename the others"
            if column in RESERVED_NAMES and column != self.event_time:
                yield f"{place}: got column {column}, which feature stores use themselves, expected another name"
        for entity in self.entities:
            if entity.value_type not in ENTITY_TYPES:
                yield (
                    f"{place}: entity {entity.name}: got type {entity.value_type.value}, expected "
                    f"{' or '.join(ENTITY_TYPES)}, fix: give it a key of such a type"
                )


@dataclass(frozen=True, kw_only=True)
class FeatureStoreDefinition:
    """Everything that one feature store holds.

    Attributes:
        views: At least one, in any order.

    Raises:
        FeatureDefinitionError: With everything that is wrong with it.
    """

    views: tuple[FeatureView, ...]

    def __post_init__(self) -> None:
        problems = [problem for view in self.views for problem in view.problems()]
        if not self.views:
            problems.append("got no view, expected at least one, fix: define one")
        names = [view.versioned_name for view in self.views]
        problems += [
            f"view {name}: got {names.count(name)} views of this name and version, expected one, fix: rename the others"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        entities = {entity for view in self.views for entity in view.entities}
        problems += sorted(
            f"entity {one.name}: got two definitions of it, expected one, fix: use the same entity in all views"
            for one, other in combinations(sorted(entities, key=repr), 2)
            if one.name == other.name
        )
        if problems:
            raise FeatureDefinitionError(problems)

    def view(self, versioned_name: str) -> FeatureView:
        """Return a view by its name and version, such as `weather_v1`.

        Raises:
            FeatureDefinitionError: There is none.
        """
        for view in self.views:
            if view.versioned_name == versioned_name:
                return view
        known = ", ".join(view.versioned_name for view in self.views)
        raise FeatureDefinitionError([f"view: got {versioned_name!r}, expected one of {known}, fix: name one of them"])

    def document(self) -> dict[str, object]:
        """Return this definition as plain JSON values; the same one whatever the order of views and features."""
        views = sorted(self.views, key=lambda view: (view.name, view.version))
        return {"format": FORMAT, "views": [_document_of(view) for view in views]}

    def digest(self) -> str:
        """Return `sha256:` and the digest of the document."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "FeatureStoreDefinition":
        """Return the definition that a document holds.

        Args:
            document: What `document()` returned, by way of JSON or not.

        Raises:
            FeatureDefinitionError: With everything that is wrong with it.
        """
        from mlops_runtime.features.document import views_of  # noqa: PLC0415 - it reads what stands above

        return cls(views=views_of(document))


def _document_of(view: FeatureView) -> dict[str, object]:
    document = asdict(view)
    document["entities"] = [_plain(asdict(entity)) for entity in view.entities]
    document["features"] = [_plain(asdict(one)) for one in sorted(view.features, key=lambda feature: feature.name)]
    return dict(sorted(document.items()))


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {key: value.value if isinstance(value, ValueType) else value for key, value in sorted(values.items())}


def _name_problems(place: str, name: str) -> Iterator[str]:
    if not NAME.fullmatch(name) or len(name) > NAME_CHARACTERS_MAX:
        yield (
            f"{place}: got name {name!r}, expected lower-case letters, digits and single underscores between them, "
            f"at most {NAME_CHARACTERS_MAX} characters, fix: rename it"
        )
