"""Writes rendered stacks: canonical text for reviewers, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

from pulumi_mlops.cli.render.collector import resting_collector
from pulumi_mlops.cli.render.graph import RenderedStack


class _Dumper(yaml.CSafeDumper):
    """Writes texts of several lines as blocks, and everything else on one line."""


def _write_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)


@resting_collector()
def to_text(stacks: Sequence[RenderedStack]) -> str:
    """Return stacks as YAML for reviewers: a document for each stack's outputs, then one for each resource.

    The same graph is the same text, byte for byte.
    """
    documents: list[dict[str, Any]] = []
    for stack in stacks:
        documents.append({"stack": stack.stack, "outputs": _sorted(stack.outputs)})
        documents += [_with_sorted_inputs(resource.to_document()) for resource in stack.resources]
    return "".join("---\n" + _dump(document) for document in documents)


def to_json(stacks: Sequence[RenderedStack]) -> str:
    """Return stacks as one JSON document with sorted keys: `{"stacks": [{"stack", "outputs", "resources"}]}`."""
    document = {"stacks": [stack.to_document() for stack in stacks]}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _dump(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)


def _with_sorted_inputs(document: dict[str, Any]) -> dict[str, Any]:
    return {key: _sorted(value) if key == "inputs" else value for key, value in document.items()}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
