import re

import pytest

from sandbox import paths, versions
from sandbox.cluster import build


def requirement(module: str, path: str) -> str:
    text = (paths.sources() / "go" / module / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(path)} (v\S+)", text, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("module", "path", "version"),
    [
        ("node", "k8s.io/kubernetes", versions.KUBERNETES),
        ("node", "go.etcd.io/etcd/server/v3", versions.ETCD),
        ("node", "github.com/coredns/coredns", versions.COREDNS),
        ("node", "sigs.k8s.io/metrics-server", versions.METRICS_SERVER),
        ("node", "sigs.k8s.io/kube-network-policies", versions.NETWORK_POLICIES),
        ("engine", "github.com/pulumi/pulumi/pkg/v3", versions.PULUMI),
    ],
)
def test_pinned_versions_are_those_of_the_modules(module: str, path: str, version: str) -> None:
    assert requirement(module, path) == version


def test_go_is_as_new_as_the_modules_ask_for() -> None:
    for module in ("node", "engine"):
        text = (paths.sources() / "go" / module / "go.mod").read_text()
        found = re.search(r"^go (\S+)", text, re.MULTILINE)
        assert found is not None
        assert tuple(map(int, found[1].split("."))) <= versions.GO_MINIMUM


def test_every_module_of_kubernetes_has_the_version_that_goes_with_it() -> None:
    text = (paths.sources() / "go" / "node" / "go.mod").read_text()
    replaced = re.findall(r"k8s\.io/\S+ => k8s\.io/\S+ (v\S+)", text)
    assert set(replaced) == {versions.KUBERNETES.replace("v1.", "v0.")}


def test_what_is_built_has_another_name_when_a_source_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    before = build.key()
    assert before == build.key()
    assert before.startswith(versions.KUBERNETES)
    monkeypatch.setattr(versions, "KUBERNETES", "v1.99.0")
    assert build.key() != before
