"""The definition of a feature store as it is deployed: a change that loses data is refused before anything is made.

It makes nothing. Its state is the one place that knows, on either target, which definition the data is of.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi
from pulumi import dynamic
from pulumi.runtime import rpc

from pulumi_mlops._shared import schema_change
from pulumi_mlops._shared.problems import told
from pulumi_mlops._shared.schema_change import Difference

FIRST = "first definition"
_TARGETS: Mapping[str, Callable[[Difference], str]] = {
    "kubernetes": lambda difference: difference.kubernetes,
    "sagemaker": lambda difference: difference.sagemaker,
}


class FeatureSchemaProvider(dynamic.ResourceProvider):
    """Holds a definition, and lets another take its place only if nothing is lost that nobody has acknowledged."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Refuse in a preview what would lose data, and name the class of what would not."""
        if news.get("definition") == rpc.UNKNOWN:
            return dynamic.CheckResult(news, [])
        if "definition" not in olds:
            return dynamic.CheckResult({**news, "change": FIRST}, [])
        found = schema_change.differences(olds["definition"], news["definition"])
        # Of a definition that stays, what was last said stays too: a second update has no difference.
        change = schema_change.summary(found, _TARGETS[news["target"]]) if found else olds.get("change", FIRST)
        failures = [dynamic.CheckFailure("definition", text) for text in _refusals(found, olds, news)]
        return dynamic.CheckResult({**news, "change": change}, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Update for another definition, or another acknowledgement; begin anew for another store."""
        changed = any(olds.get(key) != news.get(key) for key in ("definition", "acknowledged_changes", "change"))
        replaces = ["store"] if olds.get("store") != news.get("store") else []
        return dynamic.DiffResult(changes=changed or bool(replaces), replaces=replaces)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Note the definition."""
        return dynamic.CreateResult(props["store"], dict(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Note the definition that has taken its place."""
        return dynamic.UpdateResult(dict(news))


class FeatureSchema(dynamic.Resource, module="mlops", name="FeatureSchema"):
    """The definition that a feature store's data is of."""

    change: pulumi.Output[str]
    """Class of the last change, and what it was. A preview shows it."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare a definition. Whatever holds data of it depends on this.

        Args:
            name: The resource's name.
            properties: `store`, its name; `target`, `kubernetes` or `sagemaker`; `definition`, the document;
                `acknowledged_changes`, views as `weather_v1`; and `has_protected_views`, whether each view is a
                protected resource, which goes only in an update after the one that took its protection off.
            opts: The resource's options.
        """
        super().__init__(FeatureSchemaProvider(), name, {**properties, "change": None}, opts)


def _refusals(found: tuple[Difference, ...], olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[str]:
    place = f"mlops:feature_stores.{news['store']}"
    acknowledged = news.get("acknowledged_changes") or []
    for one in schema_change.unacknowledged(found, acknowledged):
        happens = _TARGETS[news["target"]](one)
        fix = f"{one.fix}; or, if it may be lost, add {one.view} to {place}.acknowledged_changes"
        expected = f"{_shown(one.old)} as it is deployed ({one.change.label}: {happens})"
        yield told(f"{place}.definition: {one.path}", _shown(one.new), expected, fix)
    if not news.get("has_protected_views"):
        return
    for view in sorted(schema_change.view_names(olds["definition"]) - schema_change.view_names(news["definition"])):
        if view in acknowledged and view not in (olds.get("acknowledged_changes") or []):
            expected = "it defined while its protection is taken off"
            fix = f"update once with {view} in acknowledged_changes and still defined, and then remove it"
            yield told(f"{place}.definition: views.{view}", "nothing", expected, fix)


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
