"""The documents of the repository, taken apart: links, code spans, code blocks, and the commands that they show."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("docs", "components", "pipelines", "infra", "images", "sandbox", "stacks", "bench", "tests")

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=")
_NESTED = re.compile(r"\$\(([^()]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


@dataclass(frozen=True)
class Page:
    """One document."""

    path: Path
    text: str

    @cached_property
    def blocks(self) -> list[Block]:
        """Its fenced blocks."""
        return [Block(match[2], match[3]) for match in _FENCE.finditer(self.text)]

    @cached_property
    def prose(self) -> str:
        """Its text without the fenced blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def spans(self) -> list[str]:
        """What stands between backticks, on one line each."""
        return [" ".join(match[1].split()) for match in _SPAN.finditer(self.prose)]

    @cached_property
    def links(self) -> list[str]:
        """Where its links lead, without those to other hosts."""
        targets = (match[1] for match in _LINK.finditer(_SPAN.sub("code", self.prose)))
        return [target for target in targets if "://" not in target]

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors that GitHub gives its headings."""
        return {
            re.sub(r"[^\w\- ]", "", match[1].replace("`", "").lower()).replace(" ", "-")
            for match in _HEADING.finditer(self.prose)
        }

    @cached_property
    def commands(self) -> list[list[str]]:
        """The commands that its console blocks and its spans show, as words."""
        lines = [line for block in self.blocks if block.language == "console" for line in _shell_lines(block.text)]
        return [words for line in [*lines, *self.spans] for words in commands_in(line)]


def pages() -> list[Page]:
    """Return every document of the repository."""
    paths = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]
    return [Page(path, path.read_text(encoding="utf-8")) for path in sorted(paths)]


def commands_in(line: str) -> Iterator[list[str]]:
    """Yield the commands of a line of shell as words, without the assignments and programs before them."""
    for nested in _NESTED.findall(line):
        yield from commands_in(nested)
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # A piece of code in another language.
        return
    command: list[str] = []
    for word in [*words, ";"]:
        if word in {"&&", "||", "|", ";", ">", "done", "do"}:
            if command:
                yield command
            command = []
        elif command or not (_ASSIGNMENT.match(word) or word in {"sudo", "env", "-E"}):
            command.append(word)


def _shell_lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            yield line.removeprefix("$ ")
