"""Every link within the repository leads somewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.documents.pages import ROOT, Page, pages


def broken_links(page: Page) -> Iterator[str]:
    for link in page.links:
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        if not target.exists():
            yield f"{page.path.name}: {link}: no such file"
        elif anchor and anchor not in Page(target, target.read_text(encoding="utf-8")).anchors:
            yield f"{page.path.name}: {link}: no such heading"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Page) -> None:
    assert list(broken_links(page)) == []


def test_the_documents_are_found() -> None:
    names = {str(page.path.relative_to(ROOT)) for page in pages()}
    assert {"README.md", "docs/README.md", "sandbox/aws/README.md"} <= names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[here](other.md)", 0),
        ("[here](other.md#what-is-here)", 0),
        ("`[x](gone.md)` [there](https://example.com/gone.md)", 0),
        ("[here](#on-top-1)\n# On top, 1", 0),
        ("[gone](gone.md)", 1),
        ("[gone](other.md#what-was-here)", 1),
    ],
)
def test_a_broken_link_is_found(text: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(text)
    (tmp_path / "other.md").write_text("# What is `here`?\n")
    assert len(list(broken_links(Page(tmp_path / "page.md", text)))) == expected
