"""The settings, variables, files and other names that the documents mention exist."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.documents.pages import FOLDERS, ROOT, Page, pages
from tests.unit.stack.settings_walk import settings

OTHERS = {
    "dist/": "a folder that `uv build` makes",
    "workspace/": "a folder that a local run makes",
    "workspace/tumours/": "another one",
    ".github/workflows/check.yaml": "a file of a project that `mlops init` makes",
    "pipelines/tumours/model.py": "another one",
    "pipelines/tumours/graph.py": "another one",
    "stacks/Pulumi.dev.yaml": "another one",
    "jwks.json": "an issuer's key set, in a ConfigMap of the reader's",
    "model.onnx": "a file of a model",
    "serving.json": "another one",
    "language_model.json": "another one",
    "training.json": "another one",
    "baseline.json": "another one",
    "report.json": "a file that a report writes",
    "aws_sagemaker_feature_group": "a resource of Terraform's provider",
    "feature_definition": "a part of it",
    "mlops/": "a folder that `mlops build` lays out",
    "runtime/": "another one",
    "images.lock": "a file that `mlops build` writes",
    "pulumi-mlops.dev/": "the beginning of labels",
    "sagemaker.core.resources": "a module of SageMaker's SDK",
    "server.main": "a function of Pulumi's SDK",
    "kubernetes_plugin": "a part of the names of tests",
    "nft_queue": "a module of the kernel",
    "stacks/Pulumi.dev-eks.yaml": "a file that the reader writes",
    "stacks/Pulumi.local.yaml": "a file that `make up` writes",
    "previous_subnet_ids": "a setting that was weighed, and is not there",
    "assume_rol_policy": "an argument that is misspelt on purpose",
    "await/checker/": "a folder of pulumi-kubernetes",
}
CODE = {".py", ".json", ".yaml", ".toml", ".go", ""}
NAMES = ("flight-delay", "a-name", "horizon_days", "train", "eks.amazonaws.com/role-arn", "0")
_DOTTED = re.compile(r"(?:mlops:)?[a-z_]+(?:\.(?:[a-z_]+|<name>))+")
_SNAKE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
_VARIABLE = re.compile(r"MLOPS_[A-Z_]*[A-Z]")
_FILE = re.compile(r"[\w./*-]+(?:/|\.(?:py|md|json|yaml|toml))")


@cache
def setting_paths() -> frozenset[tuple[str, ...]]:
    """Return the path of every setting and of every mapping of settings, without the names that users choose."""
    paths = (tuple(part for part in setting.path if part not in NAMES) for setting in settings())
    return frozenset(path[:end] for path in paths for end in range(1, len(path) + 1))


@cache
def sections() -> frozenset[str]:
    """Return the names below which settings stand."""
    return frozenset(part for path in setting_paths() for part in path[:-1])


@cache
def files() -> tuple[str, ...]:
    """Return every file and folder of the repository, with a slash before it."""
    found = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    return tuple(f"/{path.relative_to(ROOT)}" for path in found)


@cache
def words_of_the_code() -> frozenset[str]:
    """Return every word of code and data, and the name of each file."""
    paths = [ROOT / "Makefile", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    texts = (
        path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in CODE and path.is_file() and path != Path(__file__)
    )
    return frozenset(word for text in texts for word in re.findall(r"\w+", text)) | {
        part for path in paths for part in (path.stem, path.name)
    }


def is_setting(dotted: str) -> bool:
    """Tell whether a path, or the end of one, is a setting's."""
    parts = tuple(part for part in dotted.removeprefix("mlops:").split(".") if part != "<name>")
    return any(path[-len(parts) :] == parts for path in setting_paths())


def wrong_names(page: Page) -> Iterator[str]:
    """Yield each name in a document's code spans that nothing has."""
    for span in page.spans:
        name = span.split(": ")[0]
        if name in OTHERS:
            continue
        is_file = _FILE.fullmatch(name) is not None
        if is_file and not any(fnmatch(path, f"*/{name.removeprefix('../').rstrip('/')}") for path in files()):
            yield f"no file {name}"
        elif not is_file and _DOTTED.fullmatch(name) and name.split(".")[0].removeprefix("mlops:") in sections():
            if not is_setting(name):
                yield f"no setting {name}"
        else:
            unknown = {word for word in re.findall(r"\w+", span) if _SNAKE.fullmatch(word)} - words_of_the_code()
            yield from (f"no {word} in the code" for word in sorted(unknown - OTHERS.keys()) if "test_" not in word)
    for variable in sorted(set(_VARIABLE.findall(page.text)) - words_of_the_code()):
        yield f"no variable {variable}"


def wrong_keys(document: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield each key of a piece of a stack file that is no setting; a workload has any name."""
    for key, value in document.items():
        here = (*path, key.removeprefix("mlops:"))
        if here not in setting_paths():
            yield f"no setting {'.'.join(here)}"
        elif isinstance(value, Mapping) and here[-1] in sections():
            for each in value.values() if here == ("workloads",) else [value]:
                yield from wrong_keys(each, here)


def pieces_of_stack_files(page: Page) -> Iterator[dict[str, Any]]:
    """Yield the blocks of a document that are a part of a stack file."""
    for block in page.blocks:
        if block.language == "yaml" and "mlops:" in block.text:
            found = yaml.safe_load(block.text)
            yield found.get("config", found)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.path.relative_to(ROOT)))
def test_every_name_exists(page: Page) -> None:
    assert list(wrong_names(page)) == []
    assert [wrong for piece in pieces_of_stack_files(page) for wrong in wrong_keys(piece)] == []


def test_the_readme_shows_a_stack_file() -> None:
    readme = next(page for page in pages() if page.path == ROOT / "README.md")
    assert any("mlops:workloads" in piece for piece in pieces_of_stack_files(readme))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`registry.protect_data: false` `mlops:workloads.<name>.endpoint` `rollout_timeout_seconds`", []),
        ("`registry.protected: false`", ["no setting registry.protected"]),
        ("`mlops:workloads.<name>.server`", ["no setting mlops:workloads.<name>.server"]),
        ("`replicas_fewest`", ["no replicas_fewest in the code"]),
        ("`components/` `stack/checks.py` `test_*.py`", []),
        ("`components/gone.py` `gone/`", ["no file components/gone.py", "no file gone/"]),
        ("`MLOPS_KUBE_CONTEXT`", []),
        ("MLOPS_" + "GONE", ["no variable MLOPS_" + "GONE"]),
    ],
)
def test_a_name_that_is_not_there_is_found(text: str, expected: list[str]) -> None:
    assert list(wrong_names(Page(Path("page.md"), text))) == expected


def test_a_key_that_is_no_setting_is_found() -> None:
    text = "mlops:workloads:\n  fraud: {endpoint: {replicas: {min: 2}}, pipeline: {parameters: {any: 1}}}\n"
    piece, *_ = pieces_of_stack_files(Page(Path("page.md"), f"```yaml\n{text}```\n"))
    assert list(wrong_keys(piece)) == ["no setting workloads.endpoint.replicas"]
