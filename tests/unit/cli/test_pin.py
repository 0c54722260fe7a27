"""`mlops pin`: which versions it takes, and what it writes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlops_runtime.graph import StepGraph
from mlops_runtime.step import Step
from pulumi_mlops.stack import graphs
from tests.fake_target import DIGEST, THREE, Mlops

FILE = "stacks/Pulumi.dev-local.yaml"
WORKLOADS = """\
  # what serves
  mlops:workloads:
    flight-delay:
      pipeline: {schedule: '0 4 * * 1'}   # Mondays
      endpoint: {replicas_min: 1}
encryptionsalt: v1:abc=:v1:def=="""
APPROVE = "expected Approved, fix: mlops approve flight-delay --stack dev-local --version 3\n"
LINE = f'      model: {{version: 3, digest: "{DIGEST}"}}\n'


@pytest.fixture
def file(stack: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stack file, as `pulumi stack init` leaves it: with a salt at its end, and no newline."""
    graph = StepGraph(name="small", reference="small.graph:GRAPH", steps=(Step(name="train", run="small:train"),))
    monkeypatch.setattr(graphs, "load_graph", lambda _: graph)
    file = stack / FILE
    file.write_text(file.read_text().partition("  mlops:workloads")[0] + WORKLOADS)
    return file


def test_the_line_is_written_where_it_belongs_and_nothing_else_changes(mlops: Mlops, file: Path) -> None:
    before = file.read_text()
    file.chmod(0o640)
    result = mlops("pin", "--version", "3")
    assert result.exit_code == 0, result.stderr
    assert f"flight-delay is pinned to version 3 ({DIGEST}), was nothing" in result.stdout
    assert file.read_text() == before.replace("      endpoint:", f"{LINE}      endpoint:")
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_pin_is_moved_and_pinned_again_changes_nothing(mlops: Mlops, file: Path) -> None:
    mlops("pin", "--version", "3")
    four = replace(THREE, version=4, digest="sha256:" + "d" * 64)
    document = json.loads(mlops("pin", "--version", "4", "--json", registered=[four, THREE]).stdout)
    assert document == {
        "stack": "dev-local",
        "workload": "flight-delay",
        "file": str(file),
        "version": 4,
        "digest": four.digest,
        "before": {"version": 3, "digest": DIGEST},
        "is_changed": True,
    }
    written = file.read_bytes()
    assert "pinned to version 4 already" in mlops("pin", "--version", "4", registered=[four]).stdout
    assert file.read_bytes() == written


@pytest.mark.parametrize("form", ["mlops:config:workloads", "workloads", "'mlops:workloads'"])
def test_the_key_may_have_any_form_that_pulumi_knows(mlops: Mlops, file: Path, form: str) -> None:
    file.write_text(file.read_text().replace("mlops:workloads", form))
    assert mlops("pin", "--version", "3").exit_code == 0
    assert LINE in file.read_text()
    assert file.read_text().count("workloads") == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
    ],
)
def test_line_ends_and_a_byte_order_mark_stay(mlops: Mlops, file: Path, change: Callable[[str], str]) -> None:
    text = change(file.read_text())
    file.write_bytes(text.encode())
    assert mlops("pin", "--version", "3").exit_code == 0
    assert (
        file.read_bytes()
        == text.replace("      endpoint:", change("\n" + LINE).lstrip("\ufeff\r\n") + "      endpoint:").encode()
    )


def test_utf_16_stays_utf_16(mlops: Mlops, file: Path) -> None:
    text = file.read_text()
    file.write_bytes(text.encode("utf-16"))
    assert mlops("pin", "--version", "3").exit_code == 0
    assert file.read_bytes().decode("utf-16") == text.replace("      endpoint:", f"{LINE}      endpoint:")


def test_another_stacks_pin_is_copied(mlops: Mlops, file: Path) -> None:
    other = file.with_name("Pulumi.staging-local.yaml")
    other.write_text(
        file.read_text().replace("flights-dev", "flights-staging").replace("      endpoint", f"{LINE}      endpoint")
    )
    assert mlops("pin", "--from", "staging-local").exit_code == 0
    assert LINE in file.read_text()


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (THREE, "got no pinned version, expected one to copy"),
        (replace(THREE, digest="sha256:" + "d" * 64), f"expected {DIGEST} as stack staging-local pins it"),
    ],
)
def test_another_stacks_pin_must_be_in_this_stacks_registry(mlops: Mlops, file: Path, held: object, told: str) -> None:
    other = file.with_name("Pulumi.staging-local.yaml")
    line = "" if held is THREE else LINE
    other.write_text(
        file.read_text().replace("flights-dev", "flights-staging").replace("      endpoint", f"{line}      endpoint")
    )
    before = file.read_bytes()
    result = mlops("pin", "--from", "staging-local", registered=[held])
    assert (result.exit_code, file.read_bytes()) == (1, before)
    assert told in result.stderr


@pytest.mark.parametrize(
    ("version", "registered", "told"),
    [
        ("4", THREE, "got version 4, expected a registered one (3), fix: name one of these"),
        ("3", replace(THREE, digest=""), "got no digest in the registry, expected sha256:"),
        ("3", replace(THREE, digest="sha256:c"), "got sha256:c in the registry"),
        ("3", replace(THREE, approval="PendingManualApproval"), APPROVE),
        ("3", replace(THREE, approval="Rejected"), "got Rejected, expected Approved"),
    ],
)  # fmt: skip
def test_what_may_not_serve_is_not_pinned(
    mlops: Mlops, file: Path, version: str, registered: object, told: str
) -> None:
    before = file.read_bytes()
    result = mlops("pin", "--version", version, registered=[registered])
    assert (result.exit_code, file.read_bytes()) == (1, before)
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_version_that_is_approved_is_pinned(mlops: Mlops, file: Path) -> None:
    assert mlops("pin", "--version", "3", registered=[replace(THREE, approval="Approved")]).exit_code == 0
    assert LINE in file.read_text()


def test_nothing_is_written_that_config_check_refuses(mlops: Mlops, file: Path) -> None:
    other = file.with_name("Pulumi.again-local.yaml")
    other.write_text(file.read_text())
    before = file.read_bytes()
    result = mlops("pin", "--version", "3")
    assert (result.exit_code, file.read_bytes()) == (1, before)
    assert "which is the place of another stack" in result.stderr


def test_a_pin_that_others_share_is_not_changed(mlops: Mlops, file: Path) -> None:
    shared = f"      model: &pin {{version: 2, digest: '{DIGEST}'}}\n"
    workload = '    other:\n      pipeline: {graph: "flight_delay.graph:GRAPH"}\n      model: *pin\n'
    text = file.read_text().replace("      endpoint:", f"{shared}      endpoint:")
    file.write_text(text.replace("encryptionsalt", f"{workload}encryptionsalt"))
    before = file.read_bytes()
    result = mlops("pin", "--version", "3")
    assert (result.exit_code, file.read_bytes()) == (1, before)
    assert "a value that others share" in result.stderr


@pytest.mark.parametrize("options", [(), ("--version", "3", "--from", "dev-local")])
def test_a_version_or_a_stack_is_named(mlops: Mlops, file: Path, options: tuple[str, ...]) -> None:
    assert file.exists()
    result = mlops("pin", *options)
    assert result.exit_code == 2
    assert "of --version and --from, expected one" in result.stderr
