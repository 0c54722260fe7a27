import pytest

from bench import image_sizes
from bench.errors import NotMeasurableError
from sandbox import images
from sandbox.images import ImageBuild


def build(name: str) -> ImageBuild:
    return ImageBuild(
        name, f"localhost/{name}:0", f"localhost/{name}@sha256:0", size_bytes=160_000_000, archive_bytes=5
    )


def test_each_image_is_measured_and_held_against_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "built", lambda: {name: build(name) for name in images.IMAGE_NAMES})
    figures = image_sizes.measure()
    assert len(figures) == 2 * len(images.IMAGE_NAMES)
    assert {figure.value for figure in figures if figure.goal} == {160.0}


def test_an_image_that_is_not_of_the_checkout_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "built", lambda: {"serving": build("serving")})
    with pytest.raises(NotMeasurableError, match="pipeline, registry, postgres"):
        image_sizes.measure()
