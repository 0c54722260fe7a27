"""Property values as the protocol carries them: plain JSON, values not known yet, and secrets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

Object = dict[str, Any]
"""A JSON object whose leaves may be `UNKNOWN` and whose values, at any depth, may be a `Secret`."""

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's public mark
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_MARK: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_MARKS: Final = frozenset(
    {
        UNKNOWN_MARK,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    }
)


class Unknown:
    """The type of `UNKNOWN`: a value that only an update will tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, repr=False)
class Secret:
    """A value that must not be shown."""

    value: Any

    def __repr__(self) -> str:
        return "Secret([secret])"


class UnsupportedValueError(ValueError):
    """A property holds something that no resource served here takes."""


def from_struct(struct: struct_pb2.Struct | None) -> Object:
    """Read an object of the protocol. Properties that are null are left out; whole numbers become `int`."""
    if struct is None:
        return {}
    members = {key: _from_value(value) for key, value in struct.fields.items()}
    return {key: value for key, value in members.items() if value is not None}


def to_struct(value: Object) -> struct_pb2.Struct:
    """Write an object for the protocol. Properties that are None are left out."""
    struct = struct_pb2.Struct()
    _fill_struct(struct, value)
    return struct


def _from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_MARKS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        fields = value.struct_value.fields
        return _from_signed(fields) if SIGNATURE_KEY in fields else from_struct(value.struct_value)
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    return None


def _from_signed(fields: Any) -> Any:
    signature = fields[SIGNATURE_KEY].string_value
    if signature == SECRET_SIGNATURE:
        return Secret(_from_value(fields["value"]))
    if signature == OUTPUT_SIGNATURE:
        value = _from_value(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(value) if "secret" in fields and fields["secret"].bool_value else value
    if signature == RESOURCE_SIGNATURE:
        return _from_value(fields["id"]) if "id" in fields else fields["urn"].string_value
    raise UnsupportedValueError(
        "a property holds an asset or archive; expected strings, numbers, booleans, lists and objects"
    )


def _fill_struct(struct: struct_pb2.Struct, value: Object) -> None:
    for key, member in value.items():
        if member is not None:
            _fill_value(struct.fields[key], member)


def _fill_value(target: struct_pb2.Value, value: Any) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_MARK
    elif isinstance(value, Secret):
        target.struct_value.fields[SIGNATURE_KEY].string_value = SECRET_SIGNATURE
        _fill_value(target.struct_value.fields["value"], value.value)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        _fill_struct(target.struct_value, value)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _fill_value(target.list_value.values.add(), item)
    else:
        raise UnsupportedValueError(f"a property holds a {type(value).__name__}; expected JSON")


def plain(value: Any) -> Any:
    """Return a copy without the marks of secrets; `UNKNOWN` stays."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Tells whether anything in the value is not known yet."""
    return any(leaf is UNKNOWN for leaf in _leaves(value))


def has_secret(value: Any) -> bool:
    """Tells whether anything in the value is secret."""
    if isinstance(value, dict):
        return any(has_secret(member) for member in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def secret_strings(value: Any) -> Iterator[str]:
    """Yield every string that lies in a secret."""
    if isinstance(value, Secret):
        for leaf in _leaves(value):
            if isinstance(leaf, str | int | float) and not isinstance(leaf, bool):
                yield str(leaf)
    elif isinstance(value, dict):
        for member in value.values():
            yield from secret_strings(member)
    elif isinstance(value, list):
        for item in value:
            yield from secret_strings(item)


def marked_like(value: Any, pattern: Any) -> Any:
    """Return a copy of a plain value that is secret wherever the pattern is.

    A list whose elements cannot be paired with the pattern's is secret as a whole when any of the pattern's is.
    """
    if isinstance(value, Secret):
        return value
    if isinstance(pattern, Secret):
        return Secret(value)
    if isinstance(value, dict) and isinstance(pattern, dict):
        return {key: marked_like(member, pattern.get(key)) for key, member in value.items()}
    if isinstance(value, list) and isinstance(pattern, list) and has_secret(pattern):
        if len(value) != len(pattern):
            return Secret(value)
        return [marked_like(item, like) for item, like in zip(value, pattern, strict=True)]
    return value


def renamed_keys(value: Any, rename: Callable[[str], str]) -> Any:
    """Return a copy with every object's keys renamed."""
    if isinstance(value, Secret):
        return Secret(renamed_keys(value.value, rename))
    if isinstance(value, dict):
        return {rename(key): renamed_keys(member, rename) for key, member in value.items()}
    if isinstance(value, list):
        return [renamed_keys(item, rename) for item in value]
    return value


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Secret):
        yield from _leaves(value.value)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
