"""The plain programs that our own is held against: they declare what it declares, or the measurement is refused."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bench.preview.comparison import differences
from bench.preview.plain_aws import PlainAws
from bench.preview.plain_kubernetes import PlainKubernetes
from bench.preview.plain_program import PlainTarget, name_of, plain_program, token_of
from bench.stack_file import pin_models
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.stack.project import Project
from tests.stack_files import PROJECT

AWS = PlainAws("http://127.0.0.1:5000", "111111111111", "eu-west-1")
KUBERNETES = PlainKubernetes("mlops-sandbox")
Resources = Sequence[Mapping[str, Any]]


def nothing(config: dict[str, Any]) -> None:
    """Leaves a stack as it is."""


def rendered(project: Project, stack: str) -> Resources:
    return [resource.to_document() for resource in render_stack(project, stack).resources]


def ours(folder: Path, stack: str, edit: Callable[[dict[str, Any]], None]) -> Resources:
    document = YAML().load(PROJECT.stack_file(stack))
    edit(document["config"])
    YAML().dump(document, folder / f"Pulumi.{stack}.yaml")
    return rendered(replace(PROJECT, stacks=folder), stack)


def of_program(folder: Path, stack: str, program: str) -> Resources:
    (folder / "program").mkdir()
    (folder / "program" / "__main__.py").write_text(program)
    return rendered(replace(PROJECT, program=folder / "program", stacks=folder), stack)


def declared(resources: Resources, target: PlainTarget) -> dict[str, Any]:
    """What counts of resources: inputs, options and what they wait for, by type and name."""

    def short(path: str) -> str:
        return f"{token_of({'resource': path})}::{name_of(path)}"

    def inputs(values: object) -> Any:
        if isinstance(values, dict):
            return {key: inputs(value) for key, value in values.items()}
        if isinstance(values, list):
            return [inputs(value) for value in values]
        # What it becomes known after need not be told as in ours, where more lies on the way.
        return re.sub(r"^<known after .*flight-delay-package.*>$", "<unknown>", str(values))

    return {
        short(resource["resource"]): {
            **inputs(resource["inputs"]),
            "options": resource.get("options"),
            "after": {short(path) for path in resource.get("depends_on", [])},
        }
        for resource in resources
        if target.is_written(token_of(resource))
    }


@pytest.mark.parametrize(
    ("stack", "edit", "target", "kinds"),
    [
        ("dev-aws", nothing, AWS, {"aws:sagemaker/pipeline:Pipeline", "aws:s3/bucketPolicy:BucketPolicy"}),
        ("dev-aws", pin_models, AWS, {"aws:sagemaker/model:Model", "pulumi-python:dynamic/mlops:Endpoint"}),
        ("dev-local", pin_models, KUBERNETES, {"kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job"}),
    ],
)
def test_a_plain_program_declares_what_ours_declares(
    tmp_path: Path, stack: str, edit: Callable[[dict[str, Any]], None], target: PlainTarget, kinds: set[str]
) -> None:
    resources = ours(tmp_path, stack, edit)
    plain = of_program(tmp_path, stack, plain_program(resources, target))
    assert kinds <= {token_of(resource) for resource in plain}
    assert declared(plain, target) == declared(resources, target)
    assert "mlops:index:" not in str([resource["resource"] for resource in plain])


def test_a_program_that_declares_something_else_is_noticed(tmp_path: Path) -> None:
    resources = ours(tmp_path, "dev-aws", nothing)
    changed = [copy.deepcopy(dict(one)) for one in resources if not token_of(one).endswith(":BucketVersioning")]
    (policy,) = [one for one in changed if token_of(one).endswith(":BucketPolicy")]
    policy["inputs"]["policy"] = "{}"
    plain = of_program(tmp_path, "dev-aws", plain_program(changed, AWS))
    found = differences(declared(resources, AWS), declared(plain, AWS))
    assert "aws:s3/bucketVersioning:BucketVersioning::storage is only in ours" in found
    assert "aws:s3/bucketPolicy:BucketPolicy::storage has another policy" in found


def test_what_a_preview_does_not_know_may_be_anything_in_the_plain_program_only() -> None:
    unknown = {"a": {"name": ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"]}}
    known = {"a": {"name": ["flights-dev"]}}
    assert differences(unknown, known) == []
    assert differences(known, unknown) == ["a has another name"]
    assert differences(known, {"a": {"name": ["flights-dev", "more"]}}) == ["a has another name"]
    assert differences({}, known) == ["a is only in the plain one"]


def test_what_cannot_be_written_is_refused() -> None:
    path = "aws:s3/bucket:Bucket::storage"
    with pytest.raises(ValueError, match="circle"):
        plain_program([{"resource": path, "inputs": {}, "depends_on": [path]}], AWS)
    with pytest.raises(ValueError, match="bucket: got <known after other>"):
        plain_program([{"resource": path, "inputs": {"bucket": "<known after other>"}}], AWS)
