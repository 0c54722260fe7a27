"""A text without quotes that YAML takes for a number: the advice is made of what stands in the file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import ConfigError, Problem
from pulumi_mlops.stack.pulumi_config import PulumiConfig, document_of
from pulumi_mlops.stack.validate import validate

# As it stands, and as a YAML reader has it.
WRITTEN = {"012345670123": 1402433619, "1.10": 1.1, "1e3": 1000, "0x1F": 31, "1_000": 1000, "TRUE": True}


def text_settings(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the path of each setting that is a text and nothing else; `*` is any name, `0` a place in a list."""
    if "$ref" in node:
        node = definitions[node["$ref"].removeprefix("#/$defs/")]
    branches = [branch for branch in node.get("anyOf", node.get("oneOf", [])) if branch.get("type") != "null"]
    # A number may be meant where another branch takes one.
    if all(branch.get("type") in (None, "string", "array", "object") for branch in branches):
        for branch in branches:
            yield from text_settings(branch, definitions)
    if node.get("type") == "string" and "enum" not in node and "const" not in node:
        yield ()
    for key, child in children(node):
        for path in text_settings(child, definitions):
            yield (key, *path)


def children(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from node.get("properties", {}).items()
    named = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    yield from (("*", child) for child in named if isinstance(child, Mapping))
    if isinstance(node.get("items"), Mapping):
        yield "0", node["items"]


SCHEMA = StackConfig.model_json_schema()
SETTINGS = sorted(set(text_settings(SCHEMA, SCHEMA["$defs"])))


# What says which branch of a union a setting belongs to.
COMPANIONS = {
    "kms_key_arn": {"account_id": "111122223333"},
    "namespace": {"account_id": "111122223333"},
    "credentials_secret": {"s3_uri": "s3://models"},
    "s3_endpoint_url": {"s3_uri": "s3://models"},
}


# Names that a mapping takes, where it does not take any.
NAMES = {"sources": "weather_v1", "environment": "WORKERS"}


def named(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path with a name in the place of each `*`."""
    return tuple(NAMES.get(path[at - 1], "a-name") if part == "*" else part for at, part in enumerate(path))


def nested(path: tuple[str, ...], value: object) -> object:
    """Return the settings that have a value at a path, and nothing else but what that needs."""
    inner = value
    for index in reversed(range(len(path))):
        part = path[index]
        is_in_union = path[index - 1] in ("registry", "artifacts") and index == len(path) - 1
        companions = COMPANIONS.get(part, {}) if is_in_union else {}
        inner = [inner] if part == "0" else {named(path)[index]: inner, **companions}
    return inner


def told(document: Any, path: tuple[str, ...]) -> Problem:
    with pytest.raises(ConfigError) as caught:
        validate(document)
    place = ".".join(named(path)).replace(".0", "[0]")
    return next(problem for problem in caught.value.problems if problem.path == f"mlops:{place}")


def test_the_walk_finds_the_settings() -> None:
    assert ("platform", "sagemaker", "account_id") in SETTINGS
    assert ("platform", "registry", "producer_account_ids", "0") in SETTINGS
    assert ("workloads", "*", "pipeline", "kubernetes", "resources", "*", "cpu") in SETTINGS
    assert len(SETTINGS) > 40


@pytest.mark.parametrize("path", SETTINGS, ids=".".join)
def test_advice_is_what_stands_in_the_file(path: tuple[str, ...], tmp_path: Path, small_graph: None) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    for written in WRITTEN:
        file.write_text(json.dumps({"config": nested(path, "@")}).replace('"@"', written))
        problem = told(read_document(file, "mlops"), path)
        assert (problem.expected, problem.fix) == ("a text", f'put it in quotes as it stands: "{written}"'), problem
        assert problem.line == 1


@pytest.mark.parametrize("path", SETTINGS, ids=".".join)
def test_within_pulumi_no_number_is_advised(path: tuple[str, ...], small_graph: None) -> None:
    for arrived in WRITTEN.values():
        settings = nested(path, arrived)
        assert isinstance(settings, dict)
        texts = {f"mlops:{key}": json.dumps(value) for key, value in settings.items()}
        problem = told(document_of(PulumiConfig("dev", "mlops", texts)), path)
        assert (problem.expected, problem.fix) == ("a text", "put it in quotes as it stands in the file"), problem
