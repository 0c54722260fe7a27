"""What the errors that a module raises say: found in its code, with what their texts are put together from."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.unit.documents.texts import text_of

_BASES = ("Error", "Exception", "Stopped")


@dataclass(frozen=True)
class ErrorClass:
    """A class of errors of the project's own.

    Attributes:
        parts: Which parts of an error's text are arguments of its own, such as `fix`.
    """

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Raise:
    """One place that raises an error of the project's own.

    Attributes:
        line: Where it stands.
        error: The error's class.
        text: What of its text stands in the code.
        parts: The parts of a text that are given as arguments of their own.
    """

    line: int
    error: str
    text: str
    parts: frozenset[str]
    hands_on: bool
    """Whether what is wrong is another error's text as it is."""

    @property
    def is_told_here(self) -> bool:
        """Whether it says something itself, and does not only hand on what another says."""
        return len([word for word in self.text.split() if word.strip(".,:;()…").isalpha()]) > 2


def error_classes(trees: Mapping[Path, ast.Module]) -> dict[str, ErrorClass]:
    """Return the classes of errors that modules define, by name."""
    found: dict[str, ErrorClass] = {}
    for node in (node for tree in trees.values() for node in ast.walk(tree)):
        if isinstance(node, ast.ClassDef) and any(_name(base).endswith(_BASES) for base in node.bases):
            init = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
            names = [one.arg for one in (init.args.args[1:] + init.args.kwonlyargs if init else [])]
            fields = [one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and _name(one.target)]  # type: ignore[union-attr]
            found[node.name] = ErrorClass(tuple(names or fields))
    return found


def raises(tree: ast.Module, classes: Mapping[str, ErrorClass]) -> Iterator[Raise]:
    """Yield each `raise` of an error of these classes."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        values = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            call = node.exc
            name = _name(call.func)
            if name in classes:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                text = " ".join(part for one in given for part in _texts(one, values))
                parts = set(classes[name].parts[: len(call.args)]) | {str(keyword.arg) for keyword in call.keywords}
                if any(isinstance(one, ast.Call) and _name(one.func) == "InputProblem" for one in ast.walk(call)):
                    parts |= {"got", "expected"}
                yield Raise(node.lineno, name, text, frozenset(parts), hands_on=_is_text_of_error(call))


def _texts(node: ast.AST, values: Mapping[str, ast.expr], depth: int = 2) -> Iterator[str]:
    text = text_of(node)
    if text is not None:
        yield text
    elif isinstance(node, ast.Name) and depth and node.id in values:
        yield from _texts(values[node.id], values, depth - 1)
        return
    for child in ast.iter_child_nodes(node):
        if text is None or not isinstance(child, ast.Constant):
            yield from _texts(child, values, depth)


def _is_text_of_error(call: ast.Call) -> bool:
    """Tell whether the first argument is `str(error)`, or ends with it after the place."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.JoinedStr):
        values = [part for part in first.values if isinstance(part, ast.FormattedValue)]
        rest = "".join(text_of(part) or "" for part in first.values).strip(": ")
        return not rest and bool(values) and _name(values[-1].value) == "error"
    return (
        isinstance(first, ast.Call) and _name(first.func) == "str" and [_name(one) for one in first.args] == ["error"]
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
