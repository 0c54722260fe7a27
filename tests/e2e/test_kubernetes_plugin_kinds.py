"""Kinds of all sorts: custom resources with their definitions, patches, and what YAML holds."""

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
    metadata={"annotations": {ANNOTATIONS}}, spec={"size": SIZE, "ratio": 0.5, "deep": {"n": [1, 2.5, True]}},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[definition]))
pulumi.export("name", widget.metadata["name"])
"""
    )
    program = program.replace("GROUP", group)
    project.program(world.program(program.replace("SIZE", "3").replace("ANNOTATIONS", "")))
    assert project.changes()["create"] >= 3
    project.up()
    api = client.CustomObjectsApi(world.api)
    name = project.outputs()["name"]
    assert name.startswith("w-")
    found = api.get_namespaced_custom_object(group, "v1", world.namespace, "widgets", name)
    assert found["spec"] == {"size": 3, "ratio": 0.5, "deep": {"n": [1, 2.5, True]}}
    assert project.changes() == {}

    # A wait that never ends by itself, and one that has come true.
    waiting = '"pulumi.com/waitFor": "jsonpath={.status.phase}=Done", "pulumi.com/timeoutSeconds": "2"'
    project.program(world.program(program.replace("SIZE", "4").replace("ANNOTATIONS", waiting)))
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "waits for jsonpath={.status.phase}=Done" in ended.stdout
    api.patch_namespaced_custom_object(group, "v1", world.namespace, "widgets", name, {"status": {"phase": "Done"}})
    project.up()
    assert project.changes() == {}

    # The cluster looks for new definitions every half minute, and lets go of no object before: 2 s are too few.
    project.program(world.program(program.replace("SIZE", "4").replace("ANNOTATIONS", "")))
    project.up()


def test_a_custom_resource_without_definition_is_explained(new_project: ProjectFactory, world: World) -> None:
    project = new_project("no-definition")
    project.program(
        world.program("""
kubernetes.apiextensions.CustomResource("w", api_version="nobody.example.com/v1", kind="Widget", opts=options)
""")
    )
    assert project.changes()["create"] == 3
    ended = project.attempt("up", "--yes", "--skip-preview")
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
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "belong to another manager" in ended.stdout
    assert "pulumi.com/patchForce" in ended.stdout
    project.destroy()
    assert world.config_map("theirs") == {"kept": "1"}


def test_a_patch_of_nothing_is_refused(new_project: ProjectFactory, world: World) -> None:
    project = new_project("patch-nothing")
    project.program(world.program('ConfigMapPatch("patch", metadata={"name": "none"}, data={"a": "b"}, opts=options)'))
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "no such object to patch" in ended.stdout
    assert world.config_map("none") is None


def test_yaml_becomes_resources(new_project: ProjectFactory, world: World) -> None:
    project = new_project("yaml")
    project.program(
        world.program('''
kubernetes.yaml.ConfigGroup("group", yaml=["""
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: one}
  data: {answer: "yes", when: "2013-01-01"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
data: {a: b}
"""], opts=pulumi.ResourceOptions(providers={"kubernetes": provider}))
''')
    )
    project.up()
    assert world.config_map("one") == {"answer": "yes", "when": "2013-01-01"}
    assert world.config_map("two") == {"a": "b"}
    assert project.changes() == {}


def test_what_needs_the_official_plugin_is_said(new_project: ProjectFactory, world: World) -> None:
    project = new_project("helm")
    project.program(
        world.program("""
kubernetes.helm.v3.Release("release", chart="redis", opts=options)
""")
    )
    ended = project.attempt("preview")
    assert ended.returncode != 0
    assert "official pulumi-kubernetes plugin" in ended.stdout
