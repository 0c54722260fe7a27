"""What is secret stays so: in the state, in previews, in errors and in logs."""

import base64

import pytest

from tests.e2e.conftest import ProjectFactory
from tests.e2e.kubernetes_world import World
from tests.e2e.pulumi_project import Project

pytestmark = pytest.mark.e2e

PASSWORD = "correct-horse-battery"
ROTATED = "staple-of-another-day"
FORMS = [form for text in (PASSWORD, ROTATED) for form in (text, base64.b64encode(text.encode()).decode())]


def assert_hidden(text: str) -> None:
    assert not [form for form in FORMS if form in text]


def assert_state_is_clean(project: Project) -> None:
    for path in project.folder.parent.joinpath("backend").rglob("*.json*"):
        assert_hidden(path.read_text(encoding="utf-8"))


def test_secrets_are_in_the_cluster_and_nowhere_else(new_project: ProjectFactory, world: World) -> None:
    project = new_project("secrets")
    program = """
secret = Secret("login", metadata={"name": "login"}, string_data={
    "user": "mlflow", "password": "PASSWORD"}, opts=options)
ConfigMap("conf", metadata={"name": "conf"}, data={
    "plain": "visible", "url": pulumi.Output.secret("postgresql://mlflow:PASSWORD@db/mlflow")}, opts=options)
# Written without its class, nothing marks the content of a Secret but the plugin itself.
pulumi.CustomResource("kubernetes:core/v1:Secret", "raw", {
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "raw"}, "stringData": {"password": "PASSWORD"},
}, pulumi.ResourceOptions(provider=provider, version="4.34.2"))
pulumi.export("data", secret.data)
pulumi.export("plain", pulumi.Output.unsecret(pulumi.Output.from_input("x")))
"""
    project.program(world.program(program.replace("PASSWORD", PASSWORD)))
    printed = project.pulumi("preview", "--diff") + project.up()
    stored = world.core.read_namespaced_secret("login", world.namespace).data
    assert base64.b64decode(stored["password"]).decode() == PASSWORD
    assert PASSWORD in (world.config_map("conf") or {})["url"]
    assert world.names(world.core.list_namespaced_secret).count("raw") == 1
    assert_state_is_clean(project)

    printed += project.pulumi("refresh", "--yes", "--skip-preview")
    assert project.changes() == {}
    assert_state_is_clean(project)

    project.program(world.program(program.replace("PASSWORD", ROTATED).replace('"user": "mlflow",', "")))
    printed += project.pulumi("preview", "--diff") + project.up()
    stored = world.core.read_namespaced_secret("login", world.namespace).data
    assert {key: base64.b64decode(value).decode() for key, value in stored.items()} == {"password": ROTATED}
    assert_state_is_clean(project)
    assert_hidden(printed)


def test_errors_and_logs_do_not_repeat_secrets(new_project: ProjectFactory, world: World) -> None:
    project = new_project("leaks")
    project.program(
        world.program(
            """
secret = pulumi.Output.secret("PASSWORD")
Job("leaky", metadata={"name": "leaky"}, spec={"backoff_limit": 0, "template": {"spec": pod(
    pulumi.Output.concat("echo cannot log in with ", secret, "; exit 9"))}}, opts=options)
Service("refused", metadata={"name": "refused"}, spec={"type": secret, "ports": [{"port": 80}]}, opts=options)
""".replace("PASSWORD", PASSWORD)
        )
    )
    printed = project.attempt("preview").stdout
    # Its preview is refused for the Service: without one the Job runs as well.
    ended = project.attempt("up", "--yes", "--skip-preview", "--continue-on-error")
    printed += ended.stdout
    assert ended.returncode != 0
    assert "exit code 9" in printed
    assert 'Unsupported value: "[secret]"' in printed
    assert_hidden(printed)
    assert_state_is_clean(project)
