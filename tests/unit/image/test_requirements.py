from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.image.errors import ImageError
from pulumi_mlops.image.requirements import Selection, export, needless, selection_of
from sandbox import paths
from sandbox.images.requirements import REQUIREMENT_SETS
from tests.image_project import write_project


def lock(**packages: list[str]) -> dict[str, Any]:
    """A lock file whose group `serving` wants this package's extra `serving`, and what else is asked for as `own`."""
    this = {
        "name": "pulumi-mlops",
        "dependencies": [{"name": "pulumi"}, {"name": "ruamel-yaml"}],
        "optional-dependencies": {"serving": [{"name": "kserve"}], "cli": [{"name": "torchvision"}]},
    }
    own = packages.pop("own", [])
    group = [{"name": "pulumi-mlops", "extra": ["serving"]}, *({"name": name} for name in own)]
    project = {"name": "boats", "source": {"virtual": "."}, "dev-dependencies": {"serving": group}}
    others = [{"name": name, "dependencies": [{"name": one} for one in ones]} for name, ones in packages.items()]
    return {"package": [project, this, {"name": "kserve", "dependencies": [{"name": "pillow"}]}, *others]}


@pytest.mark.parametrize(
    ("packages", "kept"),
    [
        ({}, set()),
        ({"own": ["pillow"]}, {"pillow"}),
        ({"own": ["torchvision"], "torchvision": ["pillow"]}, {"pillow"}),
        ({"own": ["outer"], "outer": ["inner"], "inner": ["outer", "ruamel-yaml"]}, {"ruamel-yaml"}),
        ({"own": ["outer"], "outer": ["pulumi"]}, {"pulumi"}),
        # Of an extra that is not asked for.
        ({"torchvision": ["pillow"]}, set()),
    ],
)
def test_what_is_left_out_is_asked_for_by_nobody_who_needs_it(packages: dict[str, list[str]], kept: set[str]) -> None:
    left_out = needless(lock(**packages), Selection("group", "serving", ()))
    assert {"pulumi", "ruamel-yaml", "pillow"} - set(left_out) == kept


@pytest.mark.parametrize(("image", "name"), [("pipeline", "flight-delay-training"), ("serving", "serving")])
def test_this_checkouts_images_leave_out_the_same_by_either_way(image: str, name: str) -> None:
    found, committed = selection_of(image, "flight-delay", paths.checkout()), REQUIREMENT_SETS[image]
    assert (found.kind, found.name) == (committed.kind, name)
    assert export(paths.checkout(), found) == export(paths.checkout(), committed)


def test_a_workloads_own_group_comes_first(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    assert selection_of("pipeline", "boat-prices", project).name == "training"
    file = project / "pyproject.toml"
    file.write_text(file.read_text() + "boat-prices-training = []\n")
    assert selection_of("pipeline", "boat-prices", project).name == "boat-prices-training"


def test_what_has_no_version_in_an_index_is_refused(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    (project / "bin").mkdir()
    (project / "bin" / "lib.py").touch()
    lock_file = project / "uv.lock"
    registry = (
        'source = { registry = "https://pypi.org/simple" }\nwheels = [{ url = "https://files.example.com/small-1.0'
    )
    assert registry in lock_file.read_text()
    text = lock_file.read_text().replace(registry, 'source = { directory = "bin" }\n#')
    lock_file.write_text(text)
    with pytest.raises(ImageError, match=r"group `training`: got \./bin, expected packages of an index"):
        export(project, selection_of("pipeline", "boat-prices", project))


@pytest.mark.parametrize("file", ["pyproject.toml", "uv.lock"])
def test_a_file_that_is_missing_is_told(file: str, tmp_path: Path) -> None:
    project = write_project(tmp_path)
    (project / file).unlink()
    with pytest.raises(ImageError, match=rf"{file}: got .*No such file"):
        selection_of("pipeline", "boat-prices", project)
