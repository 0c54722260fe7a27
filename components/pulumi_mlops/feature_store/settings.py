"""What a feature store's arguments come to on every target: each setting's range and default, once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from mlops_runtime.features.definition import FeatureStoreDefinition, FeatureView
from mlops_runtime.features.errors import FeatureDefinitionError
from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.problems import Check, Problem
from pulumi_mlops._shared.rules import Pattern, Setting

DEFINITION_REFERENCE = Pattern(
    r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
    "a feature definition as module:name",
    "write it like churn.feature_definitions:FEATURES",
)
LATENESS_HOURS = Setting(0, 24 * 366, default=24)
RUN_TIMEOUT_SECONDS = Setting(60, 9 * 24 * 3600, default=3600)
"""At most nine days: what AWS lets a processing job run."""

REPLICAS = Setting(1, 1000, default=1)
TARGET_CPU_PERCENT = Setting(10, 100, default=70)
VOLUME_GIB = Setting(1, 16384, default=2)
DEFAULT_CPU = "500m"
DEFAULT_MEMORY = "1Gi"
DEFAULT_ONLINE_STORE_CPU = "100m"
DEFAULT_ONLINE_STORE_MEMORY = "512Mi"
DEFAULT_MATERIALISATION_CPU = "1"
DEFAULT_MATERIALISATION_MEMORY = "2Gi"

JOB_VOLUME_GIB = Setting(1, 16384, default=5)
DEFAULT_INSTANCE_TYPE = "ml.m5.large"

READY = "ready"

# How every problem of a definition is told: `place: got X, expected Y, fix: Z`.
_TOLD = re.compile(r"(?:(?P<place>.+?): )?got (?P<got>.+?), expected (?P<expected>.+?)(?:, fix: (?P<fix>.+))?")


@dataclass(frozen=True, kw_only=True)
class NeutralFeatureStoreSettings:
    """Settings of a feature store on every target."""

    name: str
    definition: FeatureStoreDefinition
    """Each view's source is the one that the store was told, where it was told one."""
    schedule: str | None
    """Five cron fields, in UTC; None: it runs when someone asks."""
    lateness_hours: int
    run_timeout_seconds: int
    protect_data: bool
    acknowledged_changes: Sequence[str]
    """Views with their versions, in alphabetical order."""
    tags: Mapping[str, pulumi.Input[str]]

    @property
    def online_views(self) -> tuple[FeatureView, ...]:
        """The views that can be looked up by key."""
        return tuple(view for view in self.definition.views if view.online)


def read_neutral(arguments: Arguments, name: str, *, location: Check) -> NeutralFeatureStoreSettings | None:
    """Take what a feature store has on every target.

    Args:
        arguments: The component's arguments.
        name: The component's name.
        location: What a source must satisfy on the target.

    Returns:
        The settings; None where there is no sound definition, which has been noted.
    """
    arguments.check("name", name, values.store_name)
    read = arguments.read
    given = arguments.mapping("sources", values.view_name, location)
    acknowledged = arguments.items("acknowledged_changes", values.view_name)
    schedule = read("schedule", values.schedule)
    lateness_hours = arguments.number("lateness_hours", LATENESS_HOURS)
    run_timeout_seconds = arguments.number("run_timeout_seconds", RUN_TIMEOUT_SECONDS)
    definition = _definition(arguments)
    if definition is None:
        return None
    _check_sources(arguments, definition, given, location)
    # What is wrong with a source has been noted; the definition itself would refuse it once more.
    sound = {view: source for view, source in given.items() if location(source) is None}
    return NeutralFeatureStoreSettings(
        name=name,
        definition=with_sources(definition, sound),
        schedule=schedule,
        lateness_hours=lateness_hours,
        run_timeout_seconds=run_timeout_seconds,
        protect_data=bool(read("protect_data", default=True)),
        acknowledged_changes=sorted(set(acknowledged)),
        tags=read("tags", None, {}),
    )


def with_sources(definition: FeatureStoreDefinition, sources: Mapping[str, str]) -> FeatureStoreDefinition:
    """Return a definition whose views read from where they are told to; from their own sources otherwise."""
    document = definition.document()
    views: Any = document["views"]
    for view in views:
        view["source"] = sources.get(f"{view['name']}_v{view['version']}", view["source"])
    return FeatureStoreDefinition.from_document(document)


def _definition(arguments: Arguments) -> FeatureStoreDefinition | None:
    given = arguments.read("definition")
    if given is None:
        return None
    try:
        return FeatureStoreDefinition.from_document(values.whole_numbers(given))
    except FeatureDefinitionError as error:
        arguments.adopt(map(_problem, error.problems))
    return None


def _problem(told: str) -> Problem:
    found = _TOLD.fullmatch(told)
    if found is None:
        return Problem("definition", told, "a feature definition that holds together", "correct it")
    got = ": ".join(part for part in (found["place"], found["got"]) if part)
    return Problem("definition", got, found["expected"], found["fix"] or "correct it")


def _check_sources(
    arguments: Arguments, definition: FeatureStoreDefinition, given: Mapping[str, str], location: Check
) -> None:
    known = [view.versioned_name for view in definition.views]
    for name in given:
        if name not in known and arguments.sound(f"sources.{name}"):
            expected = f"one of {', '.join(known)}, the views of the definition"
            arguments.add_unknown_key(f"sources.{name}", expected)
    for view in definition.views:
        if view.versioned_name not in given and (found := location(view.source)):
            expected = f"{found.expected}, of view {view.versioned_name}"
            arguments.add("sources", view.source, expected, f"add {view.versioned_name}: <where its files are>")
