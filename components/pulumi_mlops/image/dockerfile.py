"""What a Dockerfile takes in: its base images and the files of the build context that it copies."""

import io
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from dockerfile_parse import DockerfileParser
from dockerfile_parse.constants import COMMENT_INSTRUCTION
from dockerfile_parse.parser import image_from

from pulumi_mlops.image.errors import ImageError

# Docker's own pattern (moby/buildkit, frontend/dockerfile/parser: reHeredoc), not at the beginning alone.
_HERE_DOCUMENT = re.compile(r"(?:^|\s)<<-?['\"]?[A-Za-z_]\w*")
_WITH_HERE_DOCUMENTS = ("ADD", "COPY", "RUN")


@dataclass(frozen=True)
class Instruction:
    """One instruction, continuation lines joined.

    Attributes:
        line: Number of its first line, from 1.
        keyword: Upper-case, such as `COPY`.
        arguments: The rest of the instruction.
    """

    line: int
    keyword: str
    arguments: str


def read(file: Path) -> str:
    """Return the text of a Dockerfile, without the mark that some editors put in front.

    Raises:
        ImageError: When it is not in UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImageError(f"{file}: got bytes that are no text ({error}), expected UTF-8", "save it as UTF-8") from error


def parse(text: str) -> list[Instruction]:
    """Split a Dockerfile into its instructions.

    Args:
        text: The whole file.

    Returns:
        The instructions in order, without comments and empty lines.

    Raises:
        ImageError: When it holds a here-document, whose lines would be taken for instructions.
    """
    instructions = [
        Instruction(found["startline"] + 1, found["instruction"], found["value"].strip())
        for found in _parser(text).structure
        if found["instruction"] != COMMENT_INSTRUCTION
    ]
    for one in instructions:
        if one.keyword in _WITH_HERE_DOCUMENTS and _HERE_DOCUMENT.search(one.arguments):
            raise ImageError(
                f"line {one.line}: got {one.keyword} {one.arguments}, expected no here-document",
                "join the commands with && or copy a file",
            )
    return instructions


def bases(text: str) -> list[str]:
    """Names of the images that a Dockerfile starts from, in order and once each; its own stages are not among them."""
    stages = {
        stage for one in parse(text) if one.keyword == "FROM" for _, stage in [image_from(one.arguments)] if stage
    }
    return list(dict.fromkeys(name for name in _parser(text).parent_images if name not in stages))


def copied(text: str) -> list[str]:
    """Paths of the build context that a Dockerfile copies.

    Args:
        text: The whole file.

    Returns:
        Files and folders relative to the context's root, sorted, once each.

    Raises:
        ImageError: When a path is a pattern, is absolute or leads out of the context: then nobody could say from
            the files alone what the image holds.
    """
    sources: set[str] = set()
    for instruction in parse(text):
        if instruction.keyword == "ADD":
            raise ImageError(f"line {instruction.line}: got ADD {instruction.arguments}, expected COPY", "use COPY")
        if instruction.keyword == "COPY":
            sources.update(_copy_sources(instruction))
    return sorted(sources)


def _copy_sources(instruction: Instruction) -> list[str]:
    flags = re.match(r"(?:--\S+\s+)*", instruction.arguments)
    options = flags.group() if flags else ""
    if "--from=" in options:
        return []
    rest = instruction.arguments[len(options) :]
    words: list[str] = json.loads(rest) if rest.startswith('["') else shlex.split(rest)
    for word in words[:-1]:
        if re.search(r"[*?\[$]", word) or word.startswith("/") or ".." in word.split("/"):
            raise ImageError(
                f"line {instruction.line}: got COPY {word}, expected a plain path below the root of the build context",
                "name the files or the folder themselves",
            )
    return [word.removeprefix("./").rstrip("/") for word in words[:-1]]


def _parser(text: str) -> DockerfileParser:
    return DockerfileParser(fileobj=io.BytesIO(text.encode()))
