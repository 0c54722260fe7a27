"""Which features of which views are meant: `weather_v1:wind_speed`, or `weather_v1` for all of a view's."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_runtime.features.definition import Feature, FeatureStoreDefinition, FeatureView
from mlops_runtime.features.errors import FeatureDefinitionError


@dataclass(frozen=True)
class FeatureReference:
    """One feature of one view."""

    view: FeatureView
    feature: Feature

    @property
    def name(self) -> str:
        """The feature's name, which is the column's and the model's."""
        return self.feature.name

    def __str__(self) -> str:
        """Return it as Feast and everybody here writes it."""
        return f"{self.view.versioned_name}:{self.name}"


def references_of(definition: FeatureStoreDefinition, written: Sequence[str]) -> list[FeatureReference]:
    """Return the features that are meant.

    Args:
        definition: The definition.
        written: `view:feature`, or `view` for all of its features; views have their version.

    Raises:
        FeatureDefinitionError: With everything that is not defined, or would have the name of another.
    """
    problems: list[str] = []
    found: list[FeatureReference] = []
    known = {view.versioned_name: view for view in definition.views}
    for text in written:
        name, _, feature = text.partition(":")
        view = known.get(name)
        if view is None:
            problems.append(f"feature {text}: got no view {name}, expected one of {', '.join(known)}, fix: correct it")
        elif not feature:
            found += [FeatureReference(view, one) for one in view.features]
        elif feature not in view.feature_names:
            expected = f"one of {', '.join(view.feature_names)}"
            problems.append(f"feature {text}: got no feature {feature}, expected {expected}, fix: correct it")
        else:
            found += [FeatureReference(view, one) for one in view.features if one.name == feature]
    found = list(dict.fromkeys(found))
    names = [one.name for one in found]
    problems += [
        f"feature {one}: got the name {one.name} for several features, expected it once, fix: name one of them"
        for one in found
        if names.count(one.name) > 1
    ]
    if problems:
        raise FeatureDefinitionError(problems)
    return found
