"""Tags on everything that the components create at AWS."""

import re
from collections.abc import Mapping

import pulumi

from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.problems import Requirement

PREFIX = "mlops:"
LONGEST_KEY = 128
LONGEST_VALUE = 256
# AWS takes 50 tags; ours are among them.
MOST_TAGS = 46
# What every service takes: letters, digits and spaces of any alphabet, and these signs.
_TEXT = re.compile(r"[\w .:/=+\-@]*")


def read_tags(arguments: Arguments) -> Mapping[str, pulumi.Input[str]]:
    """Take the argument `tags`, checked against what AWS takes."""
    tags: Mapping[str, pulumi.Input[str]] = arguments.read("tags", None, {})
    if len(tags) > MOST_TAGS:
        arguments.add("tags", f"{len(tags)} tags", f"at most {MOST_TAGS}", "remove some")
    for key, value in tags.items():
        if not _key_is_right(key):
            expected = f"a key of 1 to {LONGEST_KEY} letters, digits and spaces and _.:/=+-@, not beginning with aws:"
            arguments.add(f"tags.{key}", key, expected, "choose such a key")
        arguments.check(f"tags.{key}", value, _value)
    return tags


def component_tags(
    tags: Mapping[str, pulumi.Input[str]], component: str, *, workload: str | None = None
) -> dict[str, pulumi.Input[str]]:
    """Return the tags of a component's resources: those given, and what they are a part of.

    Args:
        tags: Those given. Ours come before one of the same key.
        component: Kind of the component, such as `training-pipeline`.
        workload: Name of the model that it is for, where it is for one.
    """
    ours: dict[str, pulumi.Input[str]] = {f"{PREFIX}component": component, f"{PREFIX}managed-by": "pulumi"}
    if workload is not None:
        ours[f"{PREFIX}workload"] = workload
    return {**tags, **ours}


def _key_is_right(key: str) -> bool:
    return 0 < len(key) <= LONGEST_KEY and _TEXT.fullmatch(key) is not None and not key.lower().startswith("aws:")


def _value(value: str) -> Requirement | None:
    if len(value) <= LONGEST_VALUE and _TEXT.fullmatch(value):
        return None
    return Requirement(
        f"at most {LONGEST_VALUE} letters, digits and spaces and _.:/=+-@", "choose such a value: AWS takes no other"
    )
