"""A stack file made from one of the checkout's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sandbox import paths

_DIGEST = "sha256:" + "a" * 64


def write_stack_file(path: Path, template: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """Writes a stack file.

    Args:
        path: The file.
        template: The stack whose file it is made from.
        edit: What changes its config.
    """
    document = YAML().load(paths.checkout() / "stacks" / f"Pulumi.{template}.yaml")
    edit(document["config"])
    YAML().dump(document, path)


def pin_models(config: dict[str, Any]) -> None:
    """Pins a version of each workload's model, so that its endpoint has all that a serving one has."""
    for workload in config["mlops:workloads"].values():
        workload["model"] = {"version": 1, "digest": _DIGEST}
