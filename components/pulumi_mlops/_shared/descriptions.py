"""Descriptions of arguments for the component package's schema, those of base classes too.

Pulumi's analyzer reads a property's docstring from the source of the class that it was asked for. A TypedDict forgets
its bases at run time, so that what a base describes would have no description.
"""

import ast
import inspect
import itertools
import sys
import textwrap
from typing import Any

from pulumi.provider.experimental.analyzer import Analyzer


def description_of(contract: type, name: str) -> str | None:
    """Return the docstring of an argument, of the class itself or of the base that declares it."""
    definition = _definition(contract)
    if definition is None:
        return None
    for statement, after in itertools.pairwise(definition.body):
        match statement, after:
            case ast.AnnAssign(target=ast.Name(id=found)), ast.Expr(value=ast.Constant(value=str(text))):
                if found == name:
                    return text
    names = [base.id for base in definition.bases if isinstance(base, ast.Name)]
    bases = [vars(sys.modules[contract.__module__]).get(base) for base in names]
    described = (description_of(base, name) for base in bases if isinstance(base, type))
    return next((text for text in described if text is not None), None)


def describe_inherited() -> None:
    """Let Pulumi's analyzer describe inherited arguments in this process."""
    own = Analyzer.get_docstring

    def get_docstring(self: Analyzer, typ: type, name: str) -> str | None:
        return own(self, typ, name) or description_of(typ, name)

    Analyzer.get_docstring = get_docstring  # type: ignore[method-assign]


def _definition(contract: Any) -> ast.ClassDef | None:
    try:
        source = inspect.getsource(contract)
    except (OSError, TypeError):
        return None
    statement = ast.parse(textwrap.dedent(source)).body[0]
    return statement if isinstance(statement, ast.ClassDef) else None
