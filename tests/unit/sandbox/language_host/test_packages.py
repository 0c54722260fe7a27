import json
import sys
from pathlib import Path

from sandbox.language_host.options import Interpreter
from sandbox.language_host.packages import RequiredPlugin, obtainable, plugins_of, required_plugins


def add_package(folder: Path, name: str, document: object) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "pulumi-plugin.json").write_text(json.dumps(document))


def test_packages_on_the_path_are_found_with_their_versions(tmp_path: Path) -> None:
    add_package(
        tmp_path, "pulumi_gizmo", {"resource": True, "name": "gizmo", "version": "1.2.3", "server": "https://g"}
    )
    add_package(tmp_path, "pulumi_by_name", {"resource": True})
    (tmp_path / "pulumi_by_name-4.5.6.dist-info").mkdir()
    add_package(tmp_path, "pulumi_library", {"resource": False, "name": "library"})
    (tmp_path / "pulumi_broken").mkdir()
    (tmp_path / "pulumi_broken" / "pulumi-plugin.json").write_text("{")

    found = required_plugins(Interpreter(Path(sys.executable)), {"PYTHONPATH": str(tmp_path)}, tmp_path)

    assert [plugin for plugin in found if plugin.name in ("gizmo", "by-name", "library", "broken")] == [
        RequiredPlugin("by-name", "v4.5.6", ""),
        RequiredPlugin("gizmo", "v1.2.3", "https://g"),
    ]


def test_a_package_without_any_version_asks_for_none() -> None:
    assert plugins_of({"pulumi_gizmo": {"resource": True, "version": None}}) == [RequiredPlugin("gizmo", "", "")]


def test_what_is_missing_is_asked_for_only_where_it_could_be_downloaded(tmp_path: Path) -> None:
    here, missing = RequiredPlugin("here", "v1.0.0", ""), RequiredPlugin("missing", "v1.0.0", "")
    (tmp_path / "plugins" / "resource-here-v1.0.0").mkdir(parents=True)
    environment = {"PULUMI_HOME": str(tmp_path), "PATH": str(tmp_path)}
    assert obtainable([here, missing], environment) == [here, missing]
    environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    assert obtainable([here, missing], environment) == [here]
