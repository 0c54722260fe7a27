"""Tags: a resource's own, those that the provider puts on everything, and how services take them."""

from typing import Any

from sandbox.plugins.aws.configuration import Tags
from sandbox.plugins.aws.convert import at
from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.table import Caller, Tagging
from sandbox.plugins.protocol.values import UNKNOWN, Object, Secret, has_secret, plain


def all_tags(tags: Any, configured: Tags) -> Any:
    """Return all the tags that a resource is to have, secret where its own or the provider's are.

    Args:
        tags: Its own, which may be marked as secret; None when there are none.
        configured: What the provider says.
    """
    own = tags.value if isinstance(tags, Secret) else tags
    if own is UNKNOWN:
        return UNKNOWN
    merged = {key: tag for key, tag in {**configured.default, **(own or {})}.items() if not configured.is_ignored(key)}
    return Secret(plain(merged)) if isinstance(tags, Secret) or has_secret(own) else merged


def own_tags(live: Object, asked: Object, configured: Tags) -> Object:
    """Return those of an object's tags that are not there because of the provider."""
    return {key: tag for key, tag in live.items() if key in asked or configured.default.get(key) != tag}


def read(call: Caller, tagging: Tagging, state: Object, configured: Tags) -> Object:
    """Read an object's tags; those that the provider ignores are left out."""
    try:
        answer = call(tagging.read, {tagging.target: state[tagging.of]})
    except AwsError as error:
        if error.says(tagging.absent):
            return {}
        raise
    live = at(answer, (tagging.read_member or tagging.member).split(".")) or {}
    found = {each["Key"]: each.get("Value", "") for each in live}
    return {key: found[key] for key in sorted(found) if not configured.is_ignored(key)}


def write(call: Caller, tagging: Tagging, state: Object, old: Object, new: Object) -> None:
    """Change an object's tags to the new ones."""
    target = {tagging.target: state[tagging.of]}
    gone = sorted(set(old) - set(new))
    if tagging.remove_all:
        if new:
            call(tagging.write, target | parameter(tagging, new))
        elif gone:
            call(tagging.remove_all, target)
        return
    if gone:
        call(tagging.remove, target | {"TagKeys": gone})
    changed = {key: tag for key, tag in new.items() if old.get(key) != tag}
    if changed:
        call(tagging.write, target | parameter(tagging, changed))


def parameter(tagging: Tagging, tags: Object) -> Object:
    """Return the parameter with which operations take tags."""
    value: Any = [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
    for step in reversed(tagging.member.split(".")):
        value = {step: value}
    found: Object = value
    return found
