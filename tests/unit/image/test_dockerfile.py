import pytest

from pulumi_mlops.image import definitions
from pulumi_mlops.image.dockerfile import bases, copied, parse
from pulumi_mlops.image.errors import ImageError
from sandbox.images.catalog import KNOWN_IMAGE_NAMES
from sandbox.paths import checkout

TWO_STAGES = """\
# A comment
FROM docker.io/library/debian:1 AS first
COPY images/one/a.txt \\
    # a comment within an instruction
    images/one/b.txt /build/
from first as second
COPY --chmod=755 ["images/one/with space", "/x/"]
FROM --platform=linux/amd64 docker.io/library/python:2
COPY --from=second /x /x
COPY --chown=1:1 ./pipelines/code/ /app/code
"""


UNPRIVILEGED = "IMAGE_USER=10001:10001"


def arguments_of(image: str) -> list[str]:
    text = definitions.dockerfile_of(image, checkout()).read_text(encoding="utf-8")
    return [one.arguments for one in parse(text) if one.keyword == "ARG"]


@pytest.mark.parametrize("image", KNOWN_IMAGE_NAMES)
def test_an_image_that_is_built_by_hand_claims_no_version_of_its_code(image: str) -> None:
    assert [one for one in arguments_of(image) if one != UNPRIVILEGED] in ([], ["MLOPS_CODE_VERSION="])


@pytest.mark.parametrize("image", ["pipeline", "serving"])
def test_an_image_that_sagemaker_runs_too_has_a_user_without_privileges_unless_it_is_asked_for(image: str) -> None:
    assert UNPRIVILEGED in arguments_of(image)


def test_an_instruction_over_several_lines_is_one() -> None:
    copy = parse(TWO_STAGES)[1]
    assert (copy.line, copy.keyword) == (3, "COPY")
    assert copy.arguments.split() == ["images/one/a.txt", "images/one/b.txt", "/build/"]


def test_bases_are_images_and_not_stages() -> None:
    assert bases(TWO_STAGES) == ["docker.io/library/debian:1", "docker.io/library/python:2"]


def test_a_base_that_an_argument_names_is_the_one_that_docker_would_take() -> None:
    assert bases("ARG TAG=3\nFROM docker.io/library/python:${TAG} AS first\nFROM first\n") == [
        "docker.io/library/python:3"
    ]


def test_a_here_document_is_refused() -> None:
    with pytest.raises(ImageError, match="line 2: got RUN <<END"):
        parse("FROM x\nRUN <<END\nCOPY a b\nEND\n")


def test_copies_out_of_stages_are_not_of_the_context() -> None:
    assert copied(TWO_STAGES) == ["images/one/a.txt", "images/one/b.txt", "images/one/with space", "pipelines/code"]


@pytest.mark.parametrize("source", ["*.txt", "/etc/passwd", "../secrets", "a/../../b", "$FOLDER", "[ab]"])
def test_what_a_copy_takes_can_be_told_from_its_line(source: str) -> None:
    with pytest.raises(ImageError, match=r"line 2: got COPY .*expected a plain path"):
        copied(f"FROM x\nCOPY {source} /there\n")


def test_add_is_refused() -> None:
    with pytest.raises(ImageError, match="line 1: got ADD"):
        copied("ADD http://example.com/x /x\n")
