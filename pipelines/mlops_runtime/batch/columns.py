"""Whether a file has the columns that the model takes, in types that it takes: asked before anything is scored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import pyarrow
from pyarrow import types

from mlops_runtime.batch.formats.chunk import Head
from mlops_runtime.batch.formats.conversion import EXPECTED

SHOWN_NAMES: Final = 24


def _is_number(found: pyarrow.DataType) -> bool:
    return bool(types.is_integer(found) or types.is_floating(found) or types.is_decimal(found))


def _is_text(found: pyarrow.DataType) -> bool:
    if types.is_dictionary(found):
        return _is_text(found.value_type)
    return bool(types.is_string(found) or types.is_large_string(found) or types.is_string_view(found))


def _is_list(found: pyarrow.DataType) -> bool:
    is_list = types.is_list(found) or types.is_large_list(found) or types.is_fixed_size_list(found)
    return bool(is_list) and _is_number(found.value_type)


def _is_moment(found: pyarrow.DataType) -> bool:
    return _is_text(found) or bool(types.is_timestamp(found) or types.is_date(found))


_TAKEN: Final[Mapping[str, Callable[[pyarrow.DataType], bool]]] = {
    "float32": _is_number,
    "float64": _is_number,
    "int64": lambda found: bool(types.is_integer(found)),
    "bool": lambda found: bool(types.is_boolean(found)),
    "category": _is_text,
    "text": _is_text,
    "datetime": _is_moment,
    "vector": _is_list,
}


def problems_of(
    file: str, head: Head, wanted: Mapping[str, str], keys: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[str]:
    """Yield what is wrong with a file's columns, each with its name.

    Args:
        file: The file's name.
        head: What the beginning of the file shows.
        wanted: The model's features: name to type.
        keys: Columns that are taken over.
        optional: Features that may be absent.
    """
    for name in dict.fromkeys([*keys, *wanted]):
        if name not in head.names:
            if name in optional and name not in keys:
                continue
            what = f"a column of {EXPECTED[wanted[name]].removeprefix('a ')}" if name in wanted else "the key column"
            yield f"{file}: column {name}: got none, expected {what}{_similar(name, head.names)}"
        elif head.names.count(name) > 1:
            yield f"{file}: column {name}: got it {head.names.count(name)} times, expected it once"
    for name, dtype in wanted.items():
        found = head.types.get(name)
        if found is not None and not types.is_null(found) and not _TAKEN[dtype](found):
            yield f"{file}: column {name}: got type {found}, expected {EXPECTED[dtype]}"
    for told in head.misfits.values():
        yield f"{file}: column {told}, and no value of that type in its first rows"


def _similar(name: str, names: Sequence[str]) -> str:
    similar = get_close_matches(name, list(names)[:1000], n=1)
    if similar:
        return f"; there is {similar[0]!r}"
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return f"; there are {', '.join(map(repr, list(names)[:SHOWN_NAMES]))}{more}"
