"""An update waits for what it makes as long as it may, and says what pulumi-kubernetes says of it."""

import pytest

from tests.e2e.conftest import ProjectFactory
from tests.e2e.kubernetes_world import World

pytestmark = pytest.mark.e2e


def failing_up(new_project: ProjectFactory, world: World, name: str, program: str) -> str:
    """Runs an update that must fail; returns what it printed, and leaves the project to the fixture."""
    project = new_project(name)
    project.program(world.program(program))
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0, ended.stdout
    return ended.stdout


def test_a_failing_job_shows_its_exit_code_and_no_log(new_project: ProjectFactory, world: World) -> None:
    project = new_project("failing-job")
    program = """
job = Job("truth", metadata={"name": "truth"}, spec={
    "backoff_limit": 0, "template": {"spec": pod("echo comparing 16 rows; echo row 3 differs by 0.7 >&2; exit CODE")},
}, opts=options)
ConfigMap("after", metadata={"name": "after"}, data={"a": "b"}, opts=pulumi.ResourceOptions(
    provider=provider, depends_on=[job]))
"""
    project.program(world.program(program.replace("CODE", "3")))
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "[BackoffLimitExceeded]" in ended.stdout
    assert "completed with exit code 3" in ended.stdout
    assert "row 3 differs by 0.7" not in ended.stdout
    assert world.config_map("after") is None
    # The object exists and the state knows it, so the next update can mend it.
    assert any(each["type"] == "kubernetes:batch/v1:Job" for each in project.resources())
    project.program(world.program(program.replace("CODE", "0")))
    project.up()
    assert world.config_map("after") == {"a": "b"}
    assert project.changes() == {}


def test_of_a_failing_init_container_no_reason_is_told(new_project: ProjectFactory, world: World) -> None:
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
    assert "[BackoffLimitExceeded]" in printed
    assert "exit code 7" not in printed
    assert "column dep_delay is missing" not in printed.partition("Diagnostics:")[2]


def test_an_image_that_is_not_there_takes_the_whole_time(new_project: ProjectFactory, world: World) -> None:
    printed = failing_up(
        new_project,
        world,
        "no-image",
        """
labels = {"app": "web"}
Deployment("web", metadata={"name": "web", "annotations": {"pulumi.com/timeoutSeconds": "8"}}, spec={
    "selector": {"match_labels": labels}, "template": {
    "metadata": {"labels": labels},
    "spec": {"containers": [{"name": "web", "image": "localhost/nobody/nothing:1", "image_pull_policy": "Never"}]},
}}, opts=options)
""",
    )
    assert "ErrImageNeverPull" in printed
    assert "localhost/nobody/nothing:1" in printed
    assert "'web' timed out waiting to be Ready" in printed


def test_a_crash_is_told_when_time_is_up(new_project: ProjectFactory, world: World) -> None:
    project = new_project("crash")
    program = """
labels = {"app": "web"}
Deployment("web", metadata={"name": "web", "annotations": {"pulumi.com/timeoutSeconds": "20"}}, spec={
    "progress_deadline_seconds": 8, "min_ready_seconds": 2, "selector": {"match_labels": labels},
    "template": {"metadata": {"labels": labels}, "spec": pod("SCRIPT", restart_policy="Always")},
}, opts=options)
"""
    project.program(world.program(program.replace("SCRIPT", "echo no model at /model; exit 4")))
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "ProgressDeadlineExceeded" in ended.stdout
    assert "exit code 4" in ended.stdout
    assert "'web' timed out waiting to be Ready" in ended.stdout
    # A second update waits again, and a mended one succeeds in place.
    assert project.attempt("up", "--yes").returncode != 0
    project.program(world.program(program.replace("SCRIPT", "sleep 1000")))
    project.up()
    assert project.changes() == {}


def test_of_pods_that_may_not_be_made_no_reason_is_told(new_project: ProjectFactory, world: World) -> None:
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
    assert "'web' timed out waiting to be Ready" in printed
    assert "Minimum number of live Pods was not attained" in printed
    assert "exceeded quota" not in printed


def test_pod_security_is_told_in_the_preview_and_not_by_the_wait(new_project: ProjectFactory, world: World) -> None:
    world.core.patch_namespace(
        world.namespace, {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    )
    project = new_project("restricted")
    project.program(
        world.program("""
Job("root", metadata={"name": "root", "annotations": {"pulumi.com/timeoutSeconds": "5"}}, spec={
    "template": {"spec": pod("true")}}, opts=options)
""")
    )
    assert "would violate PodSecurity" in project.pulumi("preview")
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "'root' timed out waiting to be Ready" in ended.stdout


def test_what_the_rules_or_an_annotation_say_is_not_awaited(new_project: ProjectFactory, world: World) -> None:
    project = new_project("no-wait")
    project.program(
        world.program("""
PersistentVolumeClaim("data", metadata={"name": "data"}, spec={
    "access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}, opts=options)
Service("headless", metadata={"name": "headless"}, spec={
    "cluster_ip": "None", "selector": {"app": "x"}, "ports": [{"port": 80}]}, opts=options)
Service("skipped", metadata={"name": "skipped", "annotations": {"pulumi.com/skipAwait": "true"}}, spec={
    "selector": {"app": "x"}, "ports": [{"port": 80}]}, opts=options)
Job("later", metadata={"name": "later", "annotations": {"pulumi.com/skipAwait": "true"}}, spec={
    "suspend": True, "template": {"spec": pod("true")}}, opts=options)
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
    ended = project.attempt("up", "--yes")
    assert ended.returncode != 0
    assert "'web' timed out waiting to be Ready" in ended.stdout
    assert "Service does not target any Pods" in ended.stdout


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
