from pathlib import Path

import pytest

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.images import pins
from sandbox.images.catalog import KNOWN_IMAGE_NAMES
from sandbox.images.content import content_tag

STACK = """\
# yaml-language-server: $schema=schema.json
config:
  mlops:platform:
    images:   # by content
      pipeline:   localhost/pulumi-mlops/pipeline:{pipeline}   # the steps
      'serving': "localhost/pulumi-mlops/serving:{serving}"
      registry: registry.example.com/mlflow@sha256:{digest}
      other: localhost/pulumi-mlops/other:0123456789abcdef
    note: "unchanged:   spacing"
"""


@pytest.fixture
def stacks(checkout: Path) -> Path:
    for name in KNOWN_IMAGE_NAMES:
        folder = checkout / "images" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Dockerfile").write_text(f"FROM docker.io/library/debian:bookworm-slim\nCMD {name}\n")
    folder = checkout / "stacks"
    folder.mkdir()
    return folder


def _write(stacks: Path, name: str, pipeline: str, serving: str) -> Path:
    file = stacks / name
    file.write_text(STACK.format(pipeline=pipeline, serving=serving, digest="0" * 64))
    return file


def test_only_the_stale_references_change(checkout: Path, stacks: Path) -> None:
    serving = content_tag("serving", checkout)
    file = _write(stacks, "Pulumi.dev-local.yaml", "0" * 16, serving)
    changed = pins.update(checkout)
    assert [(pin.file, pin.image) for pin in changed] == [(file, "pipeline")]
    wanted = STACK.format(pipeline=content_tag("pipeline", checkout), serving=serving, digest="0" * 64)
    assert file.read_text() == wanted


def test_right_pins_leave_the_file_unwritten(checkout: Path, stacks: Path) -> None:
    file = _write(stacks, "Pulumi.dev-local.yaml", content_tag("pipeline", checkout), content_tag("serving", checkout))
    before = file.stat()
    assert pins.update(checkout) == []
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_looking_changes_nothing(checkout: Path, stacks: Path) -> None:
    file = _write(stacks, "Pulumi.dev-local.yaml", "0" * 16, "1" * 16)
    text = file.read_text()
    assert [pin.image for pin in pins.stale(checkout)] == ["pipeline", "serving"]
    assert file.read_text() == text


def test_stacks_of_other_targets_are_left_alone(checkout: Path, stacks: Path) -> None:
    _write(stacks, "Pulumi.prod-sagemaker.yaml", "0" * 16, "1" * 16)
    assert pins.update(checkout) == []


def test_one_broken_file_leaves_all_of_them_unwritten(checkout: Path, stacks: Path) -> None:
    good = _write(stacks, "Pulumi.dev-local.yaml", "0" * 16, "1" * 16)
    text = good.read_text()
    (stacks / "Pulumi.prod-local.yaml").write_text("config: [unclosed\n")
    with pytest.raises(SandboxError, match=r"Pulumi\.prod-local\.yaml"):
        pins.update(checkout)
    assert good.read_text() == text


def test_the_committed_stacks_pin_what_the_checkout_holds() -> None:
    assert pins.stack_files(), "no stack files"
    assert pins.stale() == [], f"run `python -m sandbox pin` in {paths.checkout()}"
