import re
from pathlib import Path

import pytest

from pulumi_mlops.image.content import Source
from sandbox import paths
from sandbox.images import requirements
from sandbox.images.content import sources


def test_the_committed_requirements_are_those_of_the_lock_file() -> None:
    assert requirements.stale() == {}, "run `python -m sandbox requirements`"


def test_a_requirement_changed_by_hand_is_found_and_put_right(tmp_path: Path) -> None:
    own_locks = [f"images/{name}/{file}" for name in requirements.OWN_LOCKS for file in ("pyproject.toml", "uv.lock")]
    for name in ("pyproject.toml", "sandbox/pyproject.toml", "uv.lock", "README.md", *own_locks):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((paths.checkout() / name).read_bytes())
    assert set(requirements.write(tmp_path)) == {
        requirements.requirements_file(name, tmp_path) for name in requirements.REQUIREMENT_SETS
    }
    file = requirements.requirements_file("serving", tmp_path)
    right = file.read_text()
    file.write_text(re.sub(r"^kserve==\S+", "kserve==0.0.1", right, flags=re.MULTILINE))
    assert list(requirements.stale(tmp_path)) == ["serving"]
    assert requirements.write(tmp_path) == [file]
    assert file.read_text() == right
    assert requirements.write(tmp_path) == []


@pytest.mark.parametrize("name", requirements.REQUIREMENT_SETS)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    text = requirements.requirements_file(name, paths.checkout()).read_text()
    entries = re.findall(
        r"^([a-z0-9-]+(?:\[[a-z,]+\])?)(\S*).*((?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)", text, re.MULTILINE
    )
    names = re.findall(r"^([a-z]\S*)", text, re.MULTILINE)
    assert len(entries) == len(names) > 10
    assert all(version.startswith("==") for _, version, _ in entries)


@pytest.mark.parametrize("name", requirements.REQUIREMENT_SETS)
def test_no_pod_carries_what_declares_infrastructure(name: str) -> None:
    text = requirements.requirements_file(name, paths.checkout()).read_text()
    assert not re.search(r"^pulumi", text, re.MULTILINE)


@pytest.mark.parametrize("name", requirements.REQUIREMENT_SETS)
def test_each_image_installs_its_own_requirements(name: str) -> None:
    copied: list[Source] = list(sources(name).values())
    assert requirements.requirements_file(name, paths.checkout()) in copied
