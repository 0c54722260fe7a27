"""`mlops build`, on a project of somebody's own: everything but the program that builds."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pulumi_mlops.cli import build as command
from pulumi_mlops.cli.app import app
from pulumi_mlops.image.builder import Format, Login
from pulumi_mlops.stack import graphs
from tests.image_project import ECR, STACK, RecordingBuilder, write_project

LOGIN = Login("registry", "AWS", "a-token-that-nobody-sees")
PIN = r"localhost/mlops/boat-prices-{image}:[0-9a-f]{{16}}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = write_project(tmp_path)
    monkeypatch.chdir(root / "infra")
    monkeypatch.setattr(sys, "path", [*sys.path])
    graphs._loaded.cache_clear()
    yield root
    graphs._loaded.cache_clear()
    for name in [name for name in sys.modules if name.startswith("boat_")]:
        del sys.modules[name]


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> RecordingBuilder:
    recorder = RecordingBuilder()
    monkeypatch.setattr(command, "builder_of_this_machine", lambda: recorder)
    monkeypatch.setattr(command, "login_to", lambda repository: LOGIN if repository.startswith(ECR) else None)
    return recorder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def stack_file(project: Path, stack: str = "dev") -> Path:
    return project / "stacks" / f"Pulumi.{stack}.yaml"


def test_a_workloads_images_are_built_and_pinned_where_comments_and_order_stay(
    project: Path, builder: RecordingBuilder
) -> None:
    assert "mlops build boat-prices" in run("config", "check", str(stack_file(project))).stderr
    result = run("build", "boat-prices", "--stack", "dev")
    assert (result.exit_code, result.stderr.count("with a recorder")) == (0, 2), result.stderr
    lines = stack_file(project).read_text().splitlines()
    added = [line for line in lines if line not in STACK.splitlines()]
    assert [line for line in lines if line in STACK.splitlines()] == STACK.splitlines()
    assert lines[lines.index(added[0]) - 1] == "    boat-prices:  # the first one"
    assert added[0] == "      images:"
    for line, image in zip(added[1:], ("pipeline", "serving"), strict=True):
        assert re.fullmatch(rf"        {image}: {PIN.format(image=image)}", line)
    assert run("config", "check", str(stack_file(project))).exit_code == 0


def test_an_image_holds_the_locked_packages_of_its_group_and_the_code_that_its_graph_needs(
    project: Path, builder: RecordingBuilder
) -> None:
    assert run("build", "--stack", "dev").exit_code == 0
    pipeline, serving = builder.context("pipeline"), builder.context("serving")
    assert "small==1.0" in pipeline["mlops/requirements.txt"]
    assert "large==1.0" not in pipeline["mlops/requirements.txt"]
    assert "large==1.0" in serving["mlops/requirements.txt"]
    assert "--hash=sha256:" + "a" * 64 in pipeline["mlops/requirements.txt"]
    code = {name.split("/")[2] for name in pipeline if name.startswith("mlops/workload/")}
    assert code == {".workload", "boat_prices", "boat_shared"}
    assert not [name for name in serving if "boat_" in name]
    for context in (pipeline, serving):
        assert "mlops/runtime/mlops_runtime/__main__.py" in context
    assert not [name for name in pipeline if "pulumi_mlops" in name]


def test_an_image_says_what_it_was_built_from(project: Path, builder: RecordingBuilder) -> None:
    assert run("build", "--stack", "dev").exit_code == 0
    recipe = builder.recipe("pipeline")
    labels = {name.removeprefix("pulumi-mlops.dev/"): value for name, value in recipe.labels.items()}
    assert labels["graph"] == "boat_prices.graph:GRAPH"
    for name in ("graph-digest", "source", "packages", "content"):
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", labels[name])
    assert recipe.tag.endswith(f":{labels['content'].removeprefix('sha256:')[:16]}")
    assert recipe.arguments["MLOPS_CODE_VERSION"] == recipe.tag.rpartition(":")[2]
    record = json.loads((project / "stacks" / "images.lock").read_text())["images"][recipe.tag]
    assert record["graphs"] == {"boat_prices.graph:GRAPH": labels["graph-digest"]}
    assert record["packages"] == labels["packages"]


def test_what_has_not_changed_is_not_built_again(project: Path, builder: RecordingBuilder) -> None:
    run("build", "--stack", "dev")
    before = stack_file(project).read_bytes()
    result = run("build", "--stack", "dev", "--json")
    assert [image["outcome"] for image in json.loads(result.stdout)["images"]] == ["unchanged", "unchanged"]
    assert (len(builder.recipes), stack_file(project).read_bytes()) == (2, before)
    run("build", "--stack", "dev", "--again")
    assert len(builder.recipes) == 4


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("pipelines/boat_prices/steps.py", "...", "print()", {"pipeline": "the workload's code"}),
        ("pipelines/boat_shared/__init__.py", "COLUMNS", "NAMES = COLUMNS", {"pipeline": "the workload's code"}),
        ("pipelines/boat_unused/__init__.py", "", "print()", {}),
        ("uv.lock", "b" * 64, "c" * 64, {"serving": "the locked packages"}),
    ],
)
def test_what_has_changed_since_is_told_by_a_check_and_a_note_and_built(
    file: str, old: str, new: str, changed: dict[str, str], project: Path, builder: RecordingBuilder
) -> None:
    run("build", "--stack", "dev")
    assert run("build", "--stack", "dev", "--check").exit_code == 0
    text = (project / file).read_text()
    (project / file).write_text(text.replace(old, new, 1) if "NAMES" not in new else text + "NAMES = COLUMNS\n")
    result = run("build", "--stack", "dev", "--check", "--json")
    told = {entry["image"]: entry["changed"] for entry in json.loads(result.stdout)["images"]}
    assert (result.exit_code, told) == (int(bool(changed)), changed)
    checked = run("config", "check", str(stack_file(project)))
    assert checked.exit_code == 0
    assert checked.stderr.count("note: ") == len(changed)
    for what in changed.values():
        assert f"built before a change of {what}" in checked.stderr
    run("build", "--stack", "dev")
    assert len(builder.recipes) == 2 + len(changed)
    assert run("build", "--stack", "dev", "--check").exit_code == 0


def test_an_image_of_another_graph_is_refused_at_its_line(project: Path, builder: RecordingBuilder) -> None:
    run("build", "--stack", "dev")
    graph = project / "pipelines" / "boat_prices" / "graph.py"
    graph.write_text(graph.read_text().replace('name="train", run', 'name="fit", run'))
    graphs._loaded.cache_clear()
    del sys.modules["boat_prices.graph"]
    result = run("config", "check", str(stack_file(project)))
    (line,) = [
        n for n, text in enumerate(stack_file(project).read_text().splitlines(), 1) if "        pipeline:" in text
    ]
    assert result.exit_code == 1
    assert f"Pulumi.dev.yaml:{line}: mlops:workloads.boat-prices.images.pipeline: got " in result.stderr
    assert "built from other steps or parameters of boat_prices.graph:GRAPH" in result.stderr
    assert "fix: run mlops build boat-prices" in result.stderr
    assert run("build", "--stack", "dev").exit_code == 0
    assert run("config", "check", str(stack_file(project))).exit_code == 0


def test_for_sagemaker_it_is_dockers_manifest_root_and_a_push_with_a_token_that_is_not_shown(
    project: Path, builder: RecordingBuilder
) -> None:
    result = run("build", "--stack", "dev-aws")
    assert result.exit_code == 0, result.stderr
    recipe = builder.recipe("serving")
    assert (recipe.format, recipe.platform) == (Format.DOCKER, "linux/amd64")
    assert recipe.arguments["IMAGE_USER"] == "0:0"
    assert "IMAGE_USER=0:0\n" in builder.context("serving")["mlops/arguments"]
    targets = [target.rpartition("-")[0] for target, _, _ in builder.pushed]
    assert targets == [f"{ECR}:boat-prices-pipeline", f"{ECR}:boat-prices-serving"]
    assert {(kind, login) for _, kind, login in builder.pushed} == {(Format.DOCKER, LOGIN)}
    text = stack_file(project, "dev-aws").read_text()
    assert f"        pipeline: {ECR}@sha256:{1:064x}\n        serving: {ECR}@sha256:{2:064x}\n" in text
    assert run("config", "check", str(stack_file(project, "dev-aws"))).exit_code == 0
    assert LOGIN.password not in result.output + repr(LOGIN) + text
    # Known by its record: neither a builder nor the registry is asked.
    assert run("build", "--stack", "dev-aws").exit_code == 0
    assert len(builder.pushed) == 2


def test_the_same_content_for_another_target_is_another_image(project: Path, builder: RecordingBuilder) -> None:
    run("build", "--stack", "dev")
    run("build", "--stack", "dev-aws")
    assert len({recipe.tag for recipe in builder.recipes}) == 4
    records = json.loads((project / "stacks" / "images.lock").read_text())["images"]
    assert len(records) == 4


def test_a_project_has_a_dockerfile_of_its_own(project: Path, builder: RecordingBuilder) -> None:
    own = project / "images" / "serving" / "Dockerfile"
    own.parent.mkdir(parents=True)
    own.write_text("FROM registry.example.com/base:1\nCOPY mlops/requirements.txt infra /x/\n")
    assert run("build", "--stack", "dev").exit_code == 0
    assert set(builder.context("serving")) == {"Dockerfile", "infra/__main__.py", "mlops/requirements.txt"}
    own.write_text("FROM registry.example.com/base:1\nCOPY mlops/requirement.txt /x/\n")
    result = run("build", "--stack", "dev")
    assert result.exit_code == 1
    assert "images/serving/Dockerfile: COPY mlops/requirement.txt: got nothing of this name" in result.stderr
    assert "mlops/requirements.txt" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["boat-price", "--stack", "dev"],
            "unknown workload boat-price, expected one of boat-prices, fix: did you mean",
        ),
        (["--stack", "dev", "--push"], "platform.images.repository: got nothing"),
        (["--stack", "dev-aws", "--no-push"], "expected an image in ECR"),
    ],
)
def test_what_cannot_be_built_is_said_before_anything_is(
    arguments: list[str], text: str, project: Path, builder: RecordingBuilder
) -> None:
    before = stack_file(project).read_bytes()
    result = run("build", *arguments)
    assert (result.exit_code, builder.recipes) == (1, [])
    assert text in result.stderr
    assert stack_file(project).read_bytes() == before


def test_a_group_that_the_project_lacks_is_told(project: Path, builder: RecordingBuilder) -> None:
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("training =", "trainig ="))
    result = run("build", "--stack", "dev")
    assert (result.exit_code, builder.recipes) == (1, [])
    assert "got neither a dependency group nor an extra boat-prices-training or training" in result.stderr


def test_a_placeholder_of_a_new_project_is_noted_until_it_is_built(project: Path, builder: RecordingBuilder) -> None:
    file = stack_file(project)
    none = "0" * 16
    images = f"    images: {{pipeline: localhost/boats/pipeline:{none}, serving: localhost/boats/serving:{none}}}\n"
    file.write_text(file.read_text().replace("    kubernetes:", f"{images}    kubernetes:"))
    result = run("config", "check", str(file))
    assert (result.exit_code, result.stderr.count("is a placeholder")) == (0, 2)
    assert "the image pipeline is a placeholder" in result.stderr
    assert "run mlops build boat-prices --stack dev\n" in result.stderr
    run("build", "--stack", "dev")
    assert run("config", "check", str(file)).stderr == ""


def test_a_record_that_cannot_be_read_is_told(project: Path) -> None:
    (project / "stacks" / "images.lock").write_text("<<<<<<< HEAD\n")
    result = run("config", "check", str(stack_file(project, "dev")))
    assert result.exit_code == 1
    assert "images.lock: images: got JSONDecodeError" in result.stderr
