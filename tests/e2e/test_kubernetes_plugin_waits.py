"""An update waits for what it makes, and says what is wrong in the pods' own words."""

import pytest

from tests.e2e.conftest import ProjectFactory
from tests.e2e.kubernetes_world import World

pytestmark = pytest.mark.e2e


def failing_up(new_project: ProjectFactory, world: World, name: str, program: str) -> str:
    """Runs an update that must fail; returns what it printed, and leaves the project to the fixture."""
    project = new_project(name)
    project.program(world.program(program))
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0, ended.stdout
    return ended.stdout


def test_a_failing_job_shows_its_exit_code_and_the_end_of_its_log(new_project: ProjectFactory, world: World) -> None:
    project = new_project("failing-job")
    program = """
job = Job("truth", metadata={"name": "truth"}, spec={
    "backoff_limit": 0, "template": {"spec": pod("echo comparing 16 rows; echo row 3 differs by 0.7 >&2; exit CODE")},
}, opts=options)
ConfigMap("after", metadata={"name": "after"}, data={"a": "b"}, opts=pulumi.ResourceOptions(
    provider=provider, depends_on=[job]))
"""
    project.program(world.program(program.replace("CODE", "3")))
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "Job truth failed (BackoffLimitExceeded)" in ended.stdout
    assert "exit code 3" in ended.stdout
    assert "row 3 differs by 0.7" in ended.stdout
    assert world.config_map("after") is None
    # The object exists and the state knows it, so the next update can mend it.
    assert any(each["type"] == "kubernetes:batch/v1:Job" for each in project.resources())
    project.program(world.program(program.replace("CODE", "0")))
    project.up()
    assert world.config_map("after") == {"a": "b"}
    assert project.changes() == {}


def test_a_failing_init_container_is_named(new_project: ProjectFactory, world: World) -> None:
    printed = failing_up(
        new_project,
        world,
        "failing-step",
        """
Job("run", metadata={"name": "run"}, spec={"backoff_limit": 0, "template": {"spec": pod("true", init_containers=[
    shell("echo fetched", "ingest"), shell("echo column dep_delay is missing; exit 7", "validate"),
])}}, opts=options)
""",
    )
    assert "init container validate: exit code 7" in printed
    assert "column dep_delay is missing" in printed


def test_an_image_that_is_not_there_ends_the_update_without_waiting_for_its_time(
    new_project: ProjectFactory, world: World
) -> None:
    printed = failing_up(
        new_project,
        world,
        "no-image",
        """
labels = {"app": "web"}
Deployment("web", metadata={"name": "web"}, spec={"selector": {"match_labels": labels}, "template": {
    "metadata": {"labels": labels},
    "spec": {"containers": [{"name": "web", "image": "localhost/nobody/nothing:1", "image_pull_policy": "Never"}]},
}}, opts=options)
""",
    )
    assert "ErrImageNeverPull" in printed
    assert "localhost/nobody/nothing:1" in printed
    assert "not ready within" not in printed, "it ended when its time was up, not for what was wrong"


def test_a_crash_is_told_with_the_log_when_time_is_up(new_project: ProjectFactory, world: World) -> None:
    project = new_project("crash")
    program = """
labels = {"app": "web"}
Deployment("web", metadata={"name": "web"}, spec={
    "progress_deadline_seconds": 8, "min_ready_seconds": 2, "selector": {"match_labels": labels},
    "template": {"metadata": {"labels": labels}, "spec": pod("SCRIPT", restart_policy="Always")},
}, opts=options)
"""
    project.program(world.program(program.replace("SCRIPT", "echo no model at /model; exit 4")))
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "ProgressDeadlineExceeded" in ended.stdout
    assert "exit code 4" in ended.stdout
    assert "no model at /model" in ended.stdout
    # A second update waits again, and a mended one succeeds in place.
    assert project.attempt("up", "--yes", "--skip-preview").returncode != 0
    project.program(world.program(program.replace("SCRIPT", "sleep 1000")))
    project.up()
    assert project.changes() == {}


def test_pods_that_may_not_be_made_are_explained(new_project: ProjectFactory, world: World) -> None:
    printed = failing_up(
        new_project,
        world,
        "quota",
        """
quota = kubernetes.core.v1.ResourceQuota(
    "quota", metadata={"name": "quota"}, spec={"hard": {"pods": "0"}}, opts=options)
labels = {"app": "web"}
Deployment("web", metadata={"name": "web", "annotations": {"pulumi.com/timeoutSeconds": "6"}}, spec={
    "selector": {"match_labels": labels},
    "template": {"metadata": {"labels": labels}, "spec": pod("sleep 100", restart_policy="Always")},
}, opts=pulumi.ResourceOptions(provider=provider, depends_on=[quota]))
""",
    )
    assert "exceeded quota: quota" in printed
    assert "not ready within 6 s" in printed


def test_pod_security_is_told_in_the_preview_and_ends_the_wait(new_project: ProjectFactory, world: World) -> None:
    world.core.patch_namespace(
        world.namespace, {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    )
    project = new_project("restricted")
    project.program(
        world.program("""
Job("root", metadata={"name": "root"}, spec={"template": {"spec": pod("true")}}, opts=options)
""")
    )
    assert "would violate PodSecurity" in project.pulumi("preview")
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert 'violates PodSecurity "restricted' in ended.stdout


def test_what_nothing_will_change_is_not_awaited(new_project: ProjectFactory, world: World) -> None:
    project = new_project("no-wait")
    project.program(
        world.program("""
PersistentVolumeClaim("data", metadata={"name": "data"}, spec={
    "access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}, opts=options)
Service("headless", metadata={"name": "headless"}, spec={
    "cluster_ip": "None", "selector": {"app": "x"}, "ports": [{"port": 80}]}, opts=options)
Service("skipped", metadata={"name": "skipped", "annotations": {"pulumi.com/skipAwait": "true"}}, spec={
    "selector": {"app": "x"}, "ports": [{"port": 80}]}, opts=options)
Job("later", metadata={"name": "later"}, spec={"suspend": True, "template": {"spec": pod("true")}}, opts=options)
kubernetes.networking.v1.Ingress("ingress", metadata={"name": "ingress"}, spec={
    "default_backend": {"service": {"name": "headless", "port": {"number": 80}}}}, opts=options)
""")
    )
    project.up()
    assert project.changes() == {}


def test_a_service_without_pods_says_so(new_project: ProjectFactory, world: World) -> None:
    project = new_project("no-pods")
    project.program(
        world.program("""
Service("web", metadata={"name": "web"}, spec={"selector": {"app": "nobody"}, "ports": [{"port": 80}]},
    opts=pulumi.ResourceOptions(provider=provider, custom_timeouts=pulumi.CustomTimeouts(create="4s", update="4s")))
""")
    )
    ended = project.attempt("up", "--yes", "--skip-preview")
    assert ended.returncode != 0
    assert "not ready within 4 s" in ended.stdout
    assert "Service web: no pod matches its selector" in ended.stdout


def test_a_stateful_set_waits_for_all_its_pods(new_project: ProjectFactory, world: World) -> None:
    project = new_project("stateful")
    project.program(
        world.program("""
labels = {"app": "db"}
headless = Service("db", metadata={"name": "db"}, spec={
    "cluster_ip": "None", "selector": labels, "ports": [{"port": 5432}]}, opts=options)
db = kubernetes.apps.v1.StatefulSet("db", metadata={"name": "db"}, spec={
    "replicas": 2, "service_name": "db", "selector": {"match_labels": labels},
    "template": {"metadata": {"labels": labels}, "spec": pod("sleep 1000", restart_policy="Always")},
    "volume_claim_templates": [{"metadata": {"name": "data"}, "spec": {
        "access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}],
}, opts=options)
pulumi.export("ready", db.status.ready_replicas)
""")
    )
    project.up()
    assert project.outputs()["ready"] == 2
    project.pulumi("refresh", "--yes", "--skip-preview")
    assert project.changes() == {}
