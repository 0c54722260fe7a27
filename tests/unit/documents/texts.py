"""The texts in the code of a module, those that are put together included."""

import ast
from collections.abc import Iterator
from pathlib import Path

GAP = "…"
"""What stands for a value that is put into a text."""


def texts_in(path: Path) -> Iterator[str]:
    """Yield each text of a module, its docstrings included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in parts and (text := text_of(node)) is not None:
            yield text


def text_of(node: ast.AST) -> str | None:
    """Return the text that an expression is, with a gap for each value put into it; None if it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or GAP for part in node.values)
    return None
