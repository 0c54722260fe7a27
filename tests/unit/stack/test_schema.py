import json
from pathlib import Path

from pulumi_mlops.stack.document import SECRET_KEYS
from pulumi_mlops.stack.project import find_project
from pulumi_mlops.stack.schema import stack_file_schema

PROJECT = find_project(Path(__file__).parent)


def test_the_schema_beside_the_stacks_is_the_models_own() -> None:
    """Update it with `mlops config schema > stacks/schema.json`."""
    committed = json.loads((PROJECT.stacks / "schema.json").read_text())
    assert committed == stack_file_schema(PROJECT.name)


def test_every_stack_file_names_its_schema_to_editors() -> None:
    assert PROJECT.stack_files()
    for path in PROJECT.stack_files():
        assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n"), path


def test_the_schema_knows_every_key_and_no_other() -> None:
    config = stack_file_schema("flights")["properties"]["config"]
    assert set(config["properties"]) == {"flights:platform", "flights:workloads", "flights:feature_stores"} | {
        f"flights:{key}" for key in SECRET_KEYS
    }
    assert config["additionalProperties"] is False
    assert config["required"] == ["flights:platform"]


def test_the_schema_says_what_each_setting_means() -> None:
    for name, model in stack_file_schema()["$defs"].items():
        for key, value in model.get("properties", {}).items():
            assert value.get("description"), f"{name}.{key} has no description"
