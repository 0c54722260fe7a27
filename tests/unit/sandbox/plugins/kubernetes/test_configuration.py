from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.kubernetes.configuration import Configuration, read
from sandbox.plugins.kubernetes.errors import UnreachableError
from sandbox.plugins.kubernetes.kubeconfig import load
from sandbox.plugins.protocol.values import UNKNOWN, Secret

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: a, cluster: {server: "https://a.example.com", certificate-authority: ca.crt}}
- {name: b, cluster: {server: "https://b.example.com:6443"}}
contexts:
- {name: one, context: {cluster: a, user: u}}
- {name: two, context: {cluster: b, user: u, namespace: flights}}
users:
- {name: u, user: {token: top-secret-token}}
"""


def test_settings_come_as_texts_or_values_and_default_to_the_environment() -> None:
    settings = {"context": "two", "deleteUnreachable": "true", "enablePatchForce": True, "version": "4.34.2"}
    configuration, problems = read(settings, {"KUBECONFIG": "/k", "PULUMI_K8S_ENABLE_SECRET_MUTABLE": "1"})
    assert problems == []
    assert configuration == Configuration(
        kubeconfig="/k", context="two", delete_unreachable=True, patch_force=True, secret_mutable=True
    )
    assert read({"upsertExistingObjects": "true"}, {})[0] == Configuration(upsert_existing_objects=True)
    assert read({}, {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true"})[0] == Configuration(upsert_existing_objects=True)


def test_what_is_not_known_yet_counts_as_absent() -> None:
    assert read({"kubeconfig": UNKNOWN, "namespace": Secret("n")}, {})[0] == Configuration(namespace="n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("renderYamlToDirectory", "out"),
        ("alwaysRender", "true"),
        ("helmReleaseSettings", "{}"),
        ("enableServerSideApply", "false"),
        ("deleteUnreachable", "perhaps"),
        ("context", 7),
        ("kontext", "x"),
        ("kubeClientSettings", '{"timeout": 0}'),
    ],
)
def test_settings_that_cannot_be_taken_are_all_told(name: str, value: Any) -> None:
    _, problems = read({name: value, "another": "x"}, {})
    assert [problem.property for problem in problems] == sorted([name, "another"])
    assert all(problem.reason.startswith(problem.property) for problem in problems)


def test_the_clients_own_speed_limits_are_taken_quietly() -> None:
    configuration, problems = read({"kubeClientSettings": '{"burst": 120, "qps": 50, "timeout": 5}'}, {})
    assert problems == []
    assert configuration.request_timeout_seconds == 5


def test_a_context_names_the_cluster(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)
    (tmp_path / "ca.crt").write_text("x")
    first = load(Configuration(kubeconfig=str(file)))
    assert (first.server, first.context, first.namespace) == ("https://a.example.com", "one", "default")
    assert first.client.ssl_ca_cert == str(tmp_path / "ca.crt")
    second = load(Configuration(kubeconfig=KUBECONFIG, context="two"))
    assert (second.server, second.namespace) == ("https://b.example.com:6443", "flights")
    assert load(Configuration(kubeconfig=KUBECONFIG, context="one", cluster="b")).server == second.server
    assert "top-secret-token" not in f"{first!r} {first}"


def test_kubeconfigs_are_merged_as_kubectl_does(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(KUBECONFIG)
    (tmp_path / "two").write_text(KUBECONFIG.replace("b.example.com", "c.example.com").replace("two", "three"))
    both = f"{tmp_path / 'one'}:{tmp_path / 'two'}"
    assert load(Configuration(kubeconfig=both, context="three")).server == "https://b.example.com:6443"


@pytest.mark.parametrize(
    ("text", "context", "said"),
    [
        (KUBECONFIG, "three", 'context "three" is not there; expected one of: one, two'),
        (KUBECONFIG.replace("current-context: one", ""), None, "no current context"),
        (KUBECONFIG.replace("cluster: a,", "cluster: z,"), None, 'cluster "z" is not there'),
        ("a: [\ntoken: top-secret-token", None, "not YAML"),
        ("- a\n- b", None, "expected a mapping"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_is_explained(text: str, context: str | None, said: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        load(Configuration(kubeconfig=text, context=context))
    assert said in str(caught.value)
    assert "top-secret-token" not in str(caught.value)


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="no such file"):
        load(Configuration(kubeconfig=str(tmp_path / "none")))
