"""Text files that a person wrote are read as every editor writes them; a new place that reads one is found here."""

import ast
import codecs
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_runtime.monitoring.labels.files import add_file, stored_labels
from mlops_runtime.monitoring.store import FolderStore
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract, load_contract
from mlops_runtime.serving.golden import load_golden
from pulumi_mlops.cli.predict import read_rows
from pulumi_mlops.image import dockerfile
from pulumi_mlops.image.requirements import selection_of
from pulumi_mlops.stack.project import find_project

ROOT = Path(__file__).parents[2]
PACKAGES = ("components", "pipelines", "infra")
READING = {"read_text", "read_bytes"}
BY_PEOPLE = {
    "predict.py": "rows",
    "contract.py": "the artifact's serving.json and golden.json",
    "project.py": "Pulumi.yaml",
    "file.py": "stack files, which have tests of their own",
    "build.py": "the same files, by the same decoder; what mlops build adds to them has tests of its own",
    "dockerfile.py": "Dockerfile",
    "requirements.py": "pyproject.toml",
    "workload_code.py": "Python, whose own parser reads it",
    "new.py": "stack files, whose other bytes stay as they are",
    "files.py": "labels",
    "api_keys.py": "API keys, which are no words: test_api_keys.py has their forms",
    "endpoint_key.py": "one of them, which the command's own test has",
    "receiver.py": "a token, which is no word: test_receiver.py has its forms",
    "pin.py": "a stack file, whose forms test_pin.py has",
}
BY_PROGRAMS = {
    "store.py": "payloads and labels, which are bytes to it",
    "content.py": "files that are hashed, whatever is in them",
    "loader.py": "what save_model left for it",
    "hugging_face.py": "what save_pretrained wrote beside a model's weights",
    "engine.py": "the limits that the kernel writes",
    "truth_check.py": "the key that the stack made for it",
    "records.py": "the record that mlops build writes",
    "buildah.py": "a digest that buildah wrote",
    "docker.py": "Docker's own settings",
    "instance_types.py": "a list that generate_instance_types writes",
    "instance_disks.py": "another such list",
    "instance_memory.py": "another such list",
    "generate_instance_types.py": "AWS' list of prices",
    "evaluate.py": "what a step left for this one",
    "init.py": "what pip noted of an installation",
    "hyperparameters.py": "written by SageMaker",
    "composition.py": "what jobs left for those that follow",
    "file_tracking.py": "the tracker's own records",
    "workspace.py": "the workspace's own notes",
    "render.py": "the stylesheet of the report, which is the package's own",
    "exporter.py": "a report",
    "document.py": "the same",
    "serve.py": "the same, as bytes",
    "__main__.py": "a definition that the stack wrote, and the password of a Secret, which Redis reads as it stands",
    "cluster.py": "the token that the kubelet writes",
    "registry_archive.py": "what a registry was packed into",
    "registry_backup.py": "that module's own text",
}

CONTRACT = ServingContract(features=(Feature(name="größe"),), outputs=(ModelOutput(name="y"),))
GOLDEN = {"rows": [{"größe": 1}] * 16, "outputs": {"y": [1.0] * 16}, "tolerance": 0}


def rows(content: bytes, folder: Path) -> object:
    (folder / "rows.json").write_bytes(content)
    return read_rows((folder / "rows.json").read_bytes())


def contract(content: bytes, folder: Path) -> object:
    (folder / "serving.json").write_bytes(content)
    return load_contract(folder).feature_names


def golden(content: bytes, folder: Path) -> object:
    (folder / "golden.json").write_bytes(content)
    return dict(load_golden(folder).rows[0])


def project(content: bytes, folder: Path) -> object:
    (folder / "Pulumi.yaml").write_bytes(content)
    return find_project(folder).name


def recipe(content: bytes, folder: Path) -> object:
    (folder / "Dockerfile").write_bytes(content)
    return dockerfile.copied(dockerfile.read(folder / "Dockerfile"))


def groups(content: bytes, folder: Path) -> object:
    (folder / "pyproject.toml").write_bytes(content)
    (folder / "uv.lock").write_text("version = 1\n")
    return selection_of("pipeline", "größe", folder).name


def labels(content: bytes, folder: Path) -> object:
    (folder / "labels.jsonl").write_bytes(content)
    store = FolderStore(folder / "labels")
    add_file(store, folder / "labels.jsonl")
    return [label.key for label in stored_labels(store)]


READERS: dict[str, tuple[Callable[[bytes, Path], object], str, object]] = {
    "rows": (rows, '[\n{"größe": 1}\n]', [{"größe": 1}]),
    "serving.json": (contract, CONTRACT.to_json(), ("größe",)),
    "golden.json": (golden, json.dumps(GOLDEN, ensure_ascii=False), {"größe": 1}),
    "labels.jsonl": (
        labels,
        '{"key": "größe", "event_time": "2026-01-01T00:00:00Z", "label": 1, "source": "x"}\n\n',
        ["größe"],
    ),
    "Dockerfile": (recipe, "FROM größe\nCOPY größe \\\n  other /x/\n", ["größe", "other"]),
    "pyproject.toml": (groups, '[dependency-groups]\n"größe-training" = []\n', "größe-training"),
    "Pulumi.yaml": (project, "name: mlops\nruntime: python\ndescription: größe\n", "mlops"),
}


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", READERS)
def test_a_text_file_is_read_as_any_editor_writes_it(name: str, line_end: str, mark: bytes, tmp_path: Path) -> None:
    read, text, expected = READERS[name]

    assert read(mark + text.replace("\n", line_end).encode(), tmp_path) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_rows_are_read_as_a_windows_shell_writes_them(encoding: str, tmp_path: Path) -> None:
    read, text, expected = READERS["rows"]

    assert read(text.encode(encoding), tmp_path) == expected


@pytest.mark.parametrize("name", READERS)
def test_bytes_that_are_no_text_are_told_as_such(name: str, tmp_path: Path) -> None:
    read, text, _ = READERS[name]

    with pytest.raises(Exception, match="expected") as caught:
        read(text.encode("latin-1"), tmp_path)
    assert not isinstance(caught.value, UnicodeDecodeError)


def test_every_place_that_reads_a_text_is_known() -> None:
    found = {
        path.name
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING
    }

    # Whoever adds a place says who writes the file; where a person does, it is tried above.
    assert found == BY_PEOPLE.keys() | BY_PROGRAMS.keys()
