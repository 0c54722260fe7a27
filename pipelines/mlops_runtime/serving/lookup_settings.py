"""Which features a server looks up, and where: what its command line says of the feature store."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from mlops_runtime.features.definition import FeatureStoreDefinition
from mlops_runtime.features.errors import FeatureDefinitionError
from mlops_runtime.features.lookup import OnlineFeatures, WhenUnavailable
from mlops_runtime.features.references import FeatureReference

from .contract import ServingContract
from .feature_lookup import FeatureLookup, ViewLookup, mismatches
from .lookup_metrics import LookupMetrics
from .served_model import ServedModel, UnservableModelError

VARIABLE = "MLOPS_FEATURES"
"""JSON with `url`, `definition` (of the views that are looked up in), `timeout_milliseconds`, `when_unavailable`."""

MakeFeatures = Callable[..., OnlineFeatures]


def lookup_of(
    served: ServedModel, environment: Mapping[str, str], make: MakeFeatures = OnlineFeatures
) -> FeatureLookup | None:
    """Return what looks features up for a model; None where nothing is said of a feature store.

    Args:
        served: The model.
        environment: The process's environment.
        make: Makes what asks the feature server.

    Raises:
        UnservableModelError: The model takes none of the features, or takes one as another type.
    """
    if not (text := environment.get(VARIABLE)):
        return None
    identity = served.identity
    place = f"{identity.name} version {identity.version}: {VARIABLE}"
    try:
        settings: Any = json.loads(text)
        definition = FeatureStoreDefinition.from_document(settings["definition"])
        timeout_seconds = int(settings["timeout_milliseconds"]) / 1000
        when_unavailable = WhenUnavailable(settings["when_unavailable"])
        url = str(settings["url"])
    except (ValueError, KeyError, TypeError, FeatureDefinitionError) as error:
        raise UnservableModelError(f"{place}: got {error}, expected the settings of a feature store") from error
    _check(place, definition, served.contract)
    taken = {feature.name for feature in served.contract.features}
    views = []
    for view in definition.views:
        references = [FeatureReference(view, one) for one in view.features if one.name in taken]
        if references:
            features = make(references, url, timeout_seconds=timeout_seconds, when_unavailable=when_unavailable)
            views.append(ViewLookup(view, served.contract, features))
    return FeatureLookup(views, LookupMetrics(identity.name, identity.version))


def _check(place: str, definition: FeatureStoreDefinition, contract: ServingContract) -> None:
    problems = [problem for view in definition.views for problem in mismatches(view, contract)]
    taken = [feature.name for feature in contract.features]
    if not any(name in taken for view in definition.views for name in view.feature_names):
        known = ", ".join(name for view in definition.views for name in view.feature_names)
        problems.append(
            f"got the features {known}, expected some that the model takes ({', '.join(taken)}), fix: name the views "
            "that it was trained with, or leave the feature store out"
        )
    if problems:
        raise UnservableModelError(f"{place}: {'; '.join(problems)}")
