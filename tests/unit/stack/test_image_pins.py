"""Pins in workloads of every form: what is added is read as it was meant, and nothing else changes."""

from pathlib import Path

import pytest

from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.image_pins import with_pins

PINS = {"pipeline": "localhost/a:0123456789abcdef", "serving": "localhost/b:0123456789abcdef"}
HEAD = "config:\n  mlops:workloads:\n"
BLOCK = "      images:\n        pipeline: localhost/a:0123456789abcdef\n        serving: localhost/b:0123456789abcdef\n"
TAIL = "    other:\n      pipeline: {}\nencryptionsalt: v1:abc\n"


def pinned(text: str, folder: Path) -> str:
    file = folder / "Pulumi.dev.yaml"
    file.write_bytes(text.encode())
    changed = with_pins(text, ["config", "mlops:workloads", "boats"], PINS, read_document(file, "mlops").lines)
    file.write_bytes(changed.encode())
    document = read_document(file, "mlops")
    assert document.problems == ()
    for image, pin in PINS.items():
        assert document.at("workloads", "boats", "images", image) == pin
    assert document.keys_at("workloads") == ["boats", "other"]
    return changed


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ("    boats:\n      pipeline: {}\n", f"    boats:\n{BLOCK}      pipeline: {{}}\n"),
        (
            "    boats: # ours\n\n      # why\n      model: {}\n",
            f"    boats: # ours\n{BLOCK}\n      # why\n      model: {{}}\n",
        ),
        ('    "boats":\n      endpoint: {}\n', f'    "boats":\n{BLOCK}      endpoint: {{}}\n'),
        (
            "    boats:\n      images: # own\n        pipeline: old # tag\n        serving: older\n",
            "    boats:\n      images: # own\n" + BLOCK.partition("\n")[2].replace("f\n", "f # tag\n", 1),
        ),
    ],
)
def test_a_block_gets_lines_of_its_own(workload: str, expected: str, tmp_path: Path) -> None:
    assert pinned(HEAD + workload + TAIL, tmp_path) == HEAD + expected + TAIL


@pytest.mark.parametrize(
    "workload",
    [
        "    boats: {}\n",
        "    boats:\n",
        "    boats: {pipeline: {schedule: '0 4 * * 1'}}\n",
        "    boats:\n      images: {serving: old}\n      pipeline: {}\n",
        "    boats:\n      images: {}\n",
        "    boats:\n      pipeline: {}\n      images:\n        repository: registry.example/x\n",
    ],
)
def test_other_forms_are_read_as_meant(workload: str, tmp_path: Path) -> None:
    changed = pinned(HEAD + workload + TAIL, tmp_path)
    assert changed.startswith(HEAD)
    assert changed.endswith(TAIL)


def test_the_ends_of_lines_stay(tmp_path: Path) -> None:
    text = (HEAD + "    boats:\n      pipeline: {}\n" + TAIL).replace("\n", "\r\n")
    changed = pinned(text, tmp_path)
    assert "\n" not in changed.replace("\r\n", "")
