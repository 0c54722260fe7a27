import json
import re
from pathlib import Path

import pytest

from sandbox import commands, paths, versions
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


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("github.com/google/nftables", "expr/queue.go"),
        ("sigs.k8s.io/kube-network-policies", "pkg/networkpolicy/nri.go"),
    ],
)
def test_a_patched_file_is_one_of_the_pinned_version(path: str, file: str) -> None:
    assert requirement("node", path) in (paths.sources() / "go" / "node" / "_patches" / path / file).read_text()


def test_every_patch_is_put_over_its_module_and_the_rest_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    downloaded = tmp_path / "downloaded"
    for name in build._PATCHED:
        (downloaded / name / "expr").mkdir(parents=True)
        (downloaded / name / "expr" / "queue.go").write_text("the original")
        (downloaded / name / "go.mod").write_text(f"module {name}\n")

    def download(command: list[str], **_: object) -> str:
        return json.dumps({"Dir": str(downloaded / command[-1])})

    monkeypatch.setattr(commands, "run", download)

    written = build._patch_modules({"GOMODCACHE": str(tmp_path / "go" / "modules")})

    patches = paths.sources() / "go" / "node" / "_patches"
    replaced = dict(re.findall(r"^replace (\S+) => (/\S+)$", written.read_text(), re.MULTILINE))
    assert set(replaced) == set(build._PATCHED)
    for name, copy in replaced.items():
        assert (Path(copy) / "go.mod").read_text() == f"module {name}\n"
    patched = list(patches.rglob("*.go"))
    assert len(patched) == len(build._PATCHED)
    for path in patched:
        assert (written.parent / path.relative_to(patches)).read_bytes() == path.read_bytes()
    assert (written.parent / "go.sum").is_file()


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
