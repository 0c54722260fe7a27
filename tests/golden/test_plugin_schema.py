"""The schema of the component package: what programs in every Pulumi language are written against."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider

COMPONENTS = Path(__file__).parents[2] / "components"
GOLDEN = Path(__file__).parent / "components-schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    components = runpy.run_path(str(COMPONENTS / "__main__.py"))["COMPONENTS"]
    document: dict[str, Any] = json.loads(str(ComponentProvider(components, "mlops", "pulumi-mlops", "0.0.0").schema))
    return document


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every input property, and every type within one, with the path that leads to it."""
    owners = {
        **{token: resource["inputProperties"] for token, resource in schema["resources"].items()},
        **{token: kind["properties"] for token, kind in schema["types"].items() if "properties" in kind},
    }
    for owner, inputs in owners.items():
        for name, described in inputs.items():
            yield from nested(f"{owner}.{name}", described)


def nested(path: str, described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, described
    for key in ("items", "additionalProperties"):
        if key in described:
            yield from nested(f"{path}[{key}]", described[key])


def test_the_schema_is_the_reviewed_one(schema: dict[str, Any], update_golden: bool) -> None:
    text = json.dumps(schema, indent=2, sort_keys=True) + "\n"
    if update_golden:
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text(), "the schema is another one; see the diff with `make golden`"


def test_every_component_is_hosted(schema: dict[str, Any]) -> None:
    names = (
        "KubernetesBatchJob",
        "KubernetesEndpoint",
        "KubernetesFeatureStore",
        "KubernetesModelRegistry",
        "KubernetesMonitoring",
        "KubernetesTrainingPipeline",
        "SageMakerBatchJob",
        "SageMakerEndpoint",
        "SageMakerFeatureStore",
        "SageMakerModelRegistry",
        "SageMakerStorage",
        "SageMakerTrainingPipeline",
        "Workload",
    )
    assert sorted(schema["resources"]) == [f"mlops:index:{name}" for name in names]


def test_every_input_and_output_is_described(schema: dict[str, Any]) -> None:
    owners = {
        token: {**one.get("inputProperties", {}), **one.get("properties", {})}
        for token, one in {**schema["resources"], **schema["types"]}.items()
    }
    missing = [
        f"{token}.{name}"
        for token, described in owners.items()
        for name, each in described.items()
        if not each.get("description")
    ]
    assert missing == []


def unsafe(schema: dict[str, Any]) -> list[str]:
    """Inputs that the component host would convert wrongly when given an output, or silently empty."""
    enums = {f"#/types/{token}" for token, kind in schema["types"].items() if "enum" in kind}
    found = []
    for path, described in properties(schema):
        is_element = path.endswith("]")
        is_enum = described.get("$ref") in enums
        if described.get("type") in ("integer", "number") and not described.get("plain") and not is_element:
            found.append(f"{path}: a number that may be an output")
        if is_enum and (is_element or not described.get("plain")):
            found.append(f"{path}: an enum that may be an output or stands in a collection")
        if "$ref" in described and not is_enum and not described.get("plain") and not is_element:
            found.append(f"{path}: an object that may be an output")
    return found


def test_no_input_is_of_a_form_that_the_component_host_gets_wrong(schema: dict[str, Any]) -> None:
    assert unsafe(schema) == []


@pytest.mark.parametrize(
    "described",
    [
        {"type": "integer"},
        {"$ref": "#/types/mlops:index:RegistryDatabase"},
        {"type": "array", "items": {"$ref": "#/types/mlops:index:RegistryDatabase", "plain": True}},
        {"$ref": "#/types/mlops:index:ModelPinArgs"},
    ],
)
def test_fails_when_an_input_has_such_a_form(schema: dict[str, Any], described: dict[str, Any]) -> None:
    endpoint = schema["resources"]["mlops:index:KubernetesEndpoint"]
    planted = {**endpoint, "inputProperties": {"planted": described}}
    resources = {**schema["resources"], "mlops:index:KubernetesEndpoint": planted}
    (problem,) = unsafe({**schema, "resources": resources})
    assert problem.startswith("mlops:index:KubernetesEndpoint.planted")
