"""Objects come, change, are replaced, drift, are imported and go, under the real engine on a real cluster."""

import pytest
from kubernetes import client

from tests.e2e.conftest import ProjectFactory
from tests.e2e.kubernetes_world import World

pytestmark = pytest.mark.e2e

WEB = """
labels = {"app": "web"}
conf = ConfigMap("conf", data={"greeting": GREETING}, opts=options)
claim = PersistentVolumeClaim("data", spec={
    "access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}},
}, opts=options)
web = Deployment("web", metadata={"name": "web", "annotations": {"example.com/note.a": "x"}}, spec={
    "replicas": 1,
    "selector": {"match_labels": labels},
    "template": {"metadata": {"labels": labels}, "spec": {"containers": [{
        "name": "web", "image": "IMAGE",
        "ports": [{"container_port": 8080}],
        "env": [{"name": "CONF", "value": conf.metadata.name}],
        "resources": {"requests": {"cpu": CPU, "memory": "10240Ki"}},
    }]}},
}, opts=options)
service = Service("web", metadata={"name": "web"}, spec={
    "selector": labels, "ports": [{"port": 80, "target_port": 8080}],
}, opts=options)
pulumi.export("conf", conf.metadata.name)
pulumi.export("available", web.status.available_replicas)
pulumi.export("address", service.spec.cluster_ip)
"""


def web_program(world: World, *, greeting: str, cpu: str = "1000m") -> str:
    text = WEB.replace("GREETING", repr(greeting)).replace("CPU", repr(cpu)).replace("IMAGE", world.image)
    return world.program(text.replace("1000m", "10m") if cpu == "1000m" else text)


def test_a_stack_comes_up_ready_changes_and_goes(new_project: ProjectFactory, world: World) -> None:
    project = new_project("life")
    project.program(web_program(world, greeting="hello", cpu="0.010"))
    project.up()
    outputs = project.outputs()
    assert outputs["available"] == 1
    assert outputs["address"].startswith("10.")
    name = outputs["conf"]
    assert name.startswith("conf-")
    assert world.config_map(name) == {"greeting": "hello"}
    found = world.core.read_namespaced_config_map(name, world.namespace)
    assert found.metadata.annotations == {"pulumi.com/autonamed": "true"}
    managers = {entry.manager for entry in found.metadata.managed_fields}
    assert len(managers) == 1
    assert managers.pop().startswith("pulumi-kubernetes-")

    # The cluster writes "0.010" as "10m" and "10240Ki" as "10Mi", and adds dozens of fields: no change.
    assert project.changes() == {}
    project.pulumi("refresh", "--yes", "--skip-preview")
    assert project.changes() == {}

    # New content of a ConfigMap is a new object, made before the old one goes, and rolls what refers to it.
    project.program(web_program(world, greeting="goodbye", cpu="0.010"))
    assert project.changes() == {"replace": 1, "update": 1}
    project.up()
    renamed = project.outputs()["conf"]
    assert renamed != name
    assert world.config_map(renamed) == {"greeting": "goodbye"}
    assert world.config_map(name) is None

    project.destroy()
    assert world.names(world.core.list_namespaced_persistent_volume_claim) == []
    assert world.names(world.core.list_namespaced_pod) == []
    assert [each for each in world.names(world.core.list_namespaced_service) if each == "web"] == []


def test_drift_is_seen_by_a_refresh_and_put_right_by_an_update(new_project: ProjectFactory, world: World) -> None:
    project = new_project("drift")
    text = 'ConfigMap("conf", metadata={"name": "conf", "labels": {"tier": "a"}}, data={"x": "1"}, opts=options)'
    project.program(world.program(text))
    project.up()
    world.core.patch_namespaced_config_map("conf", world.namespace, {"data": {"x": "2", "y": "3"}})
    assert project.changes() == {}
    project.pulumi("refresh", "--yes", "--skip-preview")
    # Only what the program asks for is drift: `y` belongs to somebody else.
    preview = project.pulumi("preview", "--diff")
    assert '"2" => "1"' in preview
    assert "y:" not in preview

    world.core.delete_namespaced_config_map("conf", world.namespace)
    project.pulumi("refresh", "--yes", "--skip-preview")
    assert project.changes() == {"create": 1}
    project.up()
    assert world.config_map("conf") == {"x": "1"}


def test_a_named_object_is_deleted_before_its_replacement(new_project: ProjectFactory, world: World) -> None:
    project = new_project("replace")
    program = """
job = Job("work", metadata={"name": "work"}, spec={"template": {"spec": pod("echo SCRIPT")}}, opts=options)
pulumi.export("uid", job.metadata.uid)
"""
    project.program(world.program(program.replace("SCRIPT", "one")))
    project.up()
    first = project.outputs()["uid"]
    project.program(world.program(program.replace("SCRIPT", "two")))
    assert project.changes() == {"replace": 1}
    project.up()
    assert project.outputs()["uid"] != first
    assert project.changes() == {}


def test_fixed_properties_are_replaced(new_project: ProjectFactory, world: World) -> None:
    project = new_project("fixed")
    program = """
kubernetes.rbac.v1.RoleBinding("binding", metadata={"name": "binding"}, role_ref={
    "api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE,
}, subjects=[{"kind": "ServiceAccount", "name": "default", "namespace": "default"}], opts=options)
Service("svc", metadata={"name": "svc", "annotations": {"pulumi.com/skipAwait": "true"}}, spec={
    "cluster_ip": ADDRESS, "ports": [{"port": 80}]}, opts=options)
kubernetes.apps.v1.StatefulSet("set", metadata={"name": "set"}, spec={
    "replicas": 0, "service_name": "svc", "selector": {"match_labels": {"a": "b"}},
    "min_ready_seconds": 1, "revision_history_limit": 3,
    "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod("true", restart_policy="Always")},
    "volume_claim_templates": [{"metadata": {"name": "v"}, "spec": {
        "access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": SIZE}}}}],
}, opts=options)
"""
    first = {"ROLE": '"view"', "ADDRESS": '"None"', "SIZE": '"1Gi"'}
    second = {"ROLE": '"edit"', "ADDRESS": "None", "SIZE": '"2Gi"'}
    for values in (first, second):
        text = program
        for key, value in values.items():
            text = text.replace(key, value)
        project.program(world.program(text))
        if values is second:
            assert project.changes() == {"replace": 3}
        project.up()
    assert project.changes() == {}


def test_an_existing_object_is_imported_and_taken_over(new_project: ProjectFactory, world: World) -> None:
    labels = {"app": "old"}
    container = {"name": "web", "image": world.image}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    import_into = f"{world.namespace}/old"
    client.AppsV1Api(world.api).create_namespaced_deployment(
        world.namespace, {"metadata": {"name": "old"}, "spec": spec}
    )
    program = """
labels = {"app": "old"}
Deployment("old", metadata={"name": "old"}, spec={
    "replicas": 1, "selector": {"match_labels": labels}, "min_ready_seconds": SECONDS,
    "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "IMAGE"}]}},
}, opts=pulumi.ResourceOptions(provider=provider, import_=IMPORT))
"""
    project = new_project("import")
    text = program.replace("IMPORT", repr(import_into)).replace("IMAGE", world.image)
    project.program(world.program(text.replace("SECONDS", "None")))
    project.up()
    assert project.changes() == {}
    project.program(world.program(text.replace(repr(import_into), "None").replace("SECONDS", "1")))
    assert project.changes() == {"update": 1}
    project.up()
    found = client.AppsV1Api(world.api).read_namespaced_deployment("old", world.namespace)
    assert found.spec.min_ready_seconds == 1
    assert found.spec.template.spec.containers[0].image == world.image


def test_the_import_command_adopts_an_object(new_project: ProjectFactory, world: World) -> None:
    world.core.create_namespaced_config_map(world.namespace, {"metadata": {"name": "found"}, "data": {"a": "b"}})
    project = new_project("import-command")
    project.write("Pulumi.test.yaml", "config:\n  kubernetes:context: mlops-sandbox\n")
    where = f"{world.namespace}/found"
    project.pulumi(
        "import", "kubernetes:core/v1:ConfigMap", "found", where, "--yes", "--generate-code=false", "--protect=false"
    )
    adopted = next(each for each in project.resources() if each["type"] == "kubernetes:core/v1:ConfigMap")
    assert adopted["id"] == where
    assert adopted["inputs"]["data"] == {"a": "b"}
    assert "uid" not in adopted["inputs"]["metadata"]


def test_an_object_of_somebody_else_is_not_taken_over_silently(new_project: ProjectFactory, world: World) -> None:
    world.core.create_namespaced_config_map(world.namespace, {"metadata": {"name": "theirs"}, "data": {"a": "b"}})
    project = new_project("theirs")
    project.program(world.program('ConfigMap("mine", metadata={"name": "theirs"}, data={"a": "c"}, opts=options)'))
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert 'configmaps "theirs" already exists' in ended.stdout
    assert world.config_map("theirs") == {"a": "b"}
    project.destroy()
    assert world.config_map("theirs") == {"a": "b"}
