"""Kinds of all sorts: custom resources with their definitions, and patches."""

import secrets

import pytest
from kubernetes import client

from tests.e2e.conftest import ProjectFactory
from tests.e2e.kubernetes_world import World

pytestmark = pytest.mark.e2e

DEFINITION = """
schema = {"type": "object", "properties": {
    "spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True, "properties": {
        "size": {"type": "integer"}, "ratio": {"type": "number"}}},
    "status": {"type": "object", "x_kubernetes_preserve_unknown_fields": True},
}}
definition = kubernetes.apiextensions.v1.CustomResourceDefinition("definition",
    metadata={"name": "widgets.GROUP"}, spec={
        "group": "GROUP", "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}],
    }, opts=options)
"""


def test_a_custom_resource_follows_its_definition(new_project: ProjectFactory, world: World) -> None:
    group = f"t{secrets.token_hex(4)}.example.com"
    project = new_project("custom")
    program = (
        DEFINITION
        + """
widget = kubernetes.apiextensions.CustomResource("w", api_version="GROUP/v1", kind="Widget",
    spec={"size": 3, "ratio": 0.5, "deep": {"n": [1, 2.5, True]}},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[definition]))
pulumi.export("name", widget.metadata["name"])
"""
    )
    project.program(world.program(program.replace("GROUP", group)))
    assert project.changes()["create"] >= 3
    project.up()
    api = client.CustomObjectsApi(world.api)
    name = project.outputs()["name"]
    assert name.startswith("w-")
    found = api.get_namespaced_custom_object(group, "v1", world.namespace, "widgets", name)
    assert found["spec"] == {"size": 3, "ratio": 0.5, "deep": {"n": [1, 2.5, True]}}
    assert project.changes() == {}


def test_a_custom_resource_without_definition_is_explained(new_project: ProjectFactory, world: World) -> None:
    project = new_project("no-definition")
    project.program(
        world.program("""
kubernetes.apiextensions.CustomResource("w", api_version="nobody.example.com/v1", kind="Widget", opts=options)
""")
    )
    assert project.changes()["create"] == 3
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "no Widget in nobody.example.com/v1" in ended.stdout


def test_a_patch_sets_its_fields_alone_and_takes_them_back(new_project: ProjectFactory, world: World) -> None:
    world.core.create_namespaced_config_map(world.namespace, {"metadata": {"name": "theirs"}, "data": {"kept": "1"}})
    project = new_project("patch")
    program = """
ConfigMapPatch("patch", metadata={"name": "theirs", "labels": {"patched": "yes"}}, data={DATA}, opts=options)
"""
    project.program(world.program(program.replace("DATA", '"added": "2"')))
    project.up()
    assert world.config_map("theirs") == {"kept": "1", "added": "2"}
    assert project.changes() == {}
    project.program(world.program(program.replace("DATA", '"added": "3"')))
    assert project.changes() == {"update": 1}
    project.up()
    assert world.config_map("theirs") == {"kept": "1", "added": "3"}

    # What somebody else has set is theirs, until the patch says otherwise.
    project.program(world.program(program.replace("DATA", '"kept": "mine"')))
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "Server-Side Apply field conflict detected" in ended.stdout
    assert ".data.kept" in ended.stdout
    project.destroy()
    assert world.config_map("theirs") == {"kept": "1"}


def test_a_patch_of_nothing_is_refused(new_project: ProjectFactory, world: World) -> None:
    project = new_project("patch-nothing")
    project.program(world.program('ConfigMapPatch("patch", metadata={"name": "none"}, data={"a": "b"}, opts=options)'))
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "no such object to patch" in ended.stdout
    assert world.config_map("none") is None


@pytest.mark.parametrize(
    "program",
    [
        'kubernetes.helm.v3.Release("release", chart="redis", opts=options)',
        """kubernetes.yaml.ConfigGroup("group", yaml=["a: b"],
    opts=pulumi.ResourceOptions(providers={"kubernetes": provider}))""",
    ],
    ids=["helm", "yaml"],
)
def test_what_needs_the_official_plugin_is_said(new_project: ProjectFactory, world: World, program: str) -> None:
    project = new_project("official")
    project.program(world.program(program))
    ended = project.attempt("preview")
    assert ended.returncode != 0
    assert "official pulumi-kubernetes plugin" in ended.stdout
