"""What a Dockerfile takes in: its base images and the files of the build context that it copies."""

import json
import re
import shlex
from dataclasses import dataclass

from sandbox.errors import SandboxError


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


def parse(text: str) -> list[Instruction]:
    """Splits a Dockerfile into its instructions.

    Args:
        text: The whole file. Here-documents are not supported.

    Returns:
        The instructions in order, without comments and empty lines.
    """
    instructions = []
    pending: list[str] = []
    first_line = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not pending:
            first_line = number
        pending.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        keyword, _, arguments = " ".join(pending).partition(" ")
        instructions.append(Instruction(first_line, keyword.upper(), arguments.strip()))
        pending = []
    return instructions


def bases(text: str) -> list[str]:
    """Names of the images that a Dockerfile starts from, in order and once each; its own stages are not among them."""
    found: list[str] = []
    stages: set[str] = set()
    for instruction in parse(text):
        if instruction.keyword != "FROM":
            continue
        words = [word for word in instruction.arguments.split() if not word.startswith("--")]
        if words[0] not in {*stages, *found}:
            found.append(words[0])
        if len(words) == 3:
            stages.add(words[2])
    return found


def copied(text: str) -> list[str]:
    """Paths of the build context that a Dockerfile copies.

    Args:
        text: The whole file.

    Returns:
        Files and folders relative to the context's root, sorted, once each.

    Raises:
        SandboxError: When a path is a pattern, is absolute or leads out of the context: then nobody could say from
            the checkout alone what the image holds.
    """
    sources: set[str] = set()
    for instruction in parse(text):
        if instruction.keyword == "ADD":
            raise SandboxError(f"line {instruction.line}: ADD {instruction.arguments}", "use COPY")
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
            raise SandboxError(
                f"line {instruction.line}: COPY {word}: expected a plain path below the checkout's root",
                "name the files or the folder themselves",
            )
    return [word.removeprefix("./").rstrip("/") for word in words[:-1]]
