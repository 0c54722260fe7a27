"""How an endpoint looks features up: checked against the store's definition before anything is deployed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from mlops_runtime.features.definition import FeatureStoreDefinition, FeatureView
from mlops_runtime.features.errors import FeatureDefinitionError
from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.rules import Setting
from pulumi_mlops.endpoint.args import FeaturesUnavailable

TIMEOUT_MILLISECONDS = Setting(1, 60_000, default=200)
"""A lookup within the cluster takes milliseconds; at 200 a request is late already, and something is wrong."""
_PATH = "features"


@dataclass(frozen=True, kw_only=True)
class LookupSettings:
    """Where features are looked up, and what of a request becomes of a lookup that fails."""

    url: pulumi.Input[str]
    definition: Mapping[str, Any]
    """The document, of the views that are looked up in alone."""
    timeout_milliseconds: int
    when_unavailable: str


def read_lookup(arguments: Arguments) -> LookupSettings | None:
    """Take how features are looked up; None where they are not, or where the definition is not sound."""
    read = arguments.read
    if read(_PATH) is None:
        return None
    url = read(f"{_PATH}.lookup_url", values.reachable_url)
    wanted = arguments.items(f"{_PATH}.views", values.view_name)
    timeout_milliseconds = arguments.number(f"{_PATH}.timeout_milliseconds", TIMEOUT_MILLISECONDS)
    when_unavailable = read(f"{_PATH}.when_unavailable", None, FeaturesUnavailable.REFUSE)
    try:
        document = values.whole_numbers(read(f"{_PATH}.definition", None, {}))
        definition = FeatureStoreDefinition.from_document(document)
    except FeatureDefinitionError as error:
        if arguments.sound(f"{_PATH}.definition"):
            expected = "the document of a feature definition"
            arguments.add(f"{_PATH}.definition", str(error).splitlines()[0], expected, "correct the definition")
        return None
    views = _views(arguments, definition, wanted)
    if not views:
        return None
    return LookupSettings(
        url=url,
        definition=FeatureStoreDefinition(views=tuple(views)).document(),
        timeout_milliseconds=timeout_milliseconds,
        when_unavailable=FeaturesUnavailable(when_unavailable).value,
    )


def _views(arguments: Arguments, definition: FeatureStoreDefinition, wanted: Sequence[str]) -> list[FeatureView]:
    online = {view.versioned_name: view for view in definition.views if view.online}
    for index, name in enumerate(wanted):
        if name not in online and arguments.sound(f"{_PATH}.views[{index}]"):
            expected = f"one of {', '.join(online) or 'none'}, the views that are online"
            arguments.add(f"{_PATH}.views[{index}]", name, expected, "name one of them")
    views = [online[name] for name in dict.fromkeys(wanted or online) if name in online]
    if not online:
        arguments.add(_PATH, "a definition without a view that is online", "one with such a view", "set online")
    names = [name for view in views for name in view.feature_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        expected = "views whose features have different names"
        arguments.add(f"{_PATH}.views", f"several with {', '.join(twice)}", expected, "name the views to look up in")
    return views
