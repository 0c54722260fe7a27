"""One value of a stack file is changed, and every other byte stays as it was written."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_mlops.stack.edit import EditError, with_value
from pulumi_mlops.stack.yaml_nodes import parsed
from pulumi_mlops.stack.yaml_values import ValueReader

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted([*(ROOT / "stacks").glob("Pulumi.*-*.yaml"), *(ROOT / "tests" / "stacks").glob("Pulumi.*-*.yaml")])
FILES += sorted((ROOT / "tests" / "golden" / "pinned_aws").glob("Pulumi.*.yaml"))
MODEL = ("config", "mlops:workloads", "flights", "model")
PIN = {"version": 3, "digest": "sha256:ab"}

BLOCK = """\
# The first line
config:
  mlops:platform: {owner: 'team'}   # who
  mlops:workloads:
    flights:
      pipeline:
        schedule: "0 4 * * 1"  # Mondays
        # no gate yet

      # how it serves
      endpoint:
        replicas_min: 2
        # more on Mondays
      # the last word on flights
    # the last word on workloads
encryptionsalt: v1:abc=:v1:def==
"""


def values(text: str) -> object:
    root = parsed(text)
    assert root is not None
    return ValueReader("").value(root, ())


def scalars(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from scalars(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from scalars(item, (*path, at))
    else:
        yield path, value


def test_a_new_pin_stands_in_front_of_the_endpoint_and_its_comment() -> None:
    expected = BLOCK.replace(
        "        # no gate yet\n", '        # no gate yet\n      model: {version: 3, digest: "sha256:ab"}\n'
    )
    assert with_value(BLOCK, MODEL, PIN, before=("endpoint",)) == expected


def test_a_new_key_stands_at_the_end_of_what_holds_it_below_its_comments() -> None:
    line = '      model: {version: 3, digest: "sha256:ab"}\n'
    end = "      # the last word on flights\n"
    assert with_value(BLOCK, MODEL, PIN) == BLOCK.replace(end, end + line)


def test_a_second_workload_and_a_new_key_at_the_root() -> None:
    end = "    # the last word on workloads\n"
    added = with_value(BLOCK, ("config", "mlops:workloads", "fraud", "model"), PIN)
    assert added == BLOCK.replace(end, f'{end}    fraud: {{model: {{version: 3, digest: "sha256:ab"}}}}\n')
    assert with_value(BLOCK, ("secretsprovider",), "passphrase") == f"{BLOCK}secretsprovider: passphrase\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_any_one_value_of_our_files_changes_alone(path: Path) -> None:
    text = path.read_bytes().decode()
    found = list(scalars(values(text)))
    assert len(found) > 10
    for place, value in found:
        new = f"{value}x" if isinstance(value, str) else not value if isinstance(value, bool) else 4711
        edited = with_value(text, place, new)
        assert dict(scalars(values(edited))) == dict(found) | {place: new}
        before, after = text.splitlines(keepends=True), edited.splitlines(keepends=True)
        assert sum(old != now for old, now in zip(before, after, strict=True)) == 1
        # Back again, to the byte: quotes and blanks have stayed.
        assert with_value(edited, place, value) == text or isinstance(value, int | float)


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a: 1 # one\nb: 2", ("a",), 3, "a: 3 # one\nb: 2"),
        ("a: 1\r\nb:\r\n  c: 2\r\n", ("b", "d"), "x", "a: 1\r\nb:\r\n  c: 2\r\n  d: x\r\n"),
        ("a: 1\nb:\n  c: 2", ("b", "d"), "x", "a: 1\nb:\n  c: 2\n  d: x"),
        ("\ufeffa: 1\n", ("a",), 2, "\ufeffa: 2\n"),
        ("a: 'it'\n", ("a",), "it's", "a: 'it''s'\n"),
        ('a: "x"\n', ("a",), "y", 'a: "y"\n'),
        ("a: x:1\n", ("a",), "r/y:2@sha256:0", "a: r/y:2@sha256:0\n"),
        ("a: x\n", ("a",), "true", 'a: "true"\n'),
        ("a: x\n", ("a",), "2", 'a: "2"\n'),
        ("a: x\n", ("a",), "b: c # d", 'a: "b: c # d"\n'),
        ("a: {}\n", ("a", "b"), 1, "a: {b: 1}\n"),
        ("a: {b: 1, c: 2}\n", ("a", "d"), 3, "a: {b: 1, c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2}\n", ("a", "b"), 3, "a: {b: 3, c: 2}\n"),
        ("a: {b: {x: 1}, # one\n  c: 2,}\n", ("a", "d"), 3, "a: {b: {x: 1}, # one\n  c: 2, d: 3,}\n"),
        ("a:\nb: 2\n", ("a", "c"), 1, "a: {c: 1}\nb: 2\n"),
        ("a: # none yet\nb: 2\n", ("a", "c"), 1, "a: {c: 1} # none yet\nb: 2\n"),
        ("a: ~\n", ("a", "c"), 1, "a: {c: 1}\n"),
        ("a:\n  # the pin\n  v: 1 # reviewed\n  d: 'x'\nb: 2\n", ("a",), {"v": 2, "d": "y"},
         "a:\n  # the pin\n  v: 2 # reviewed\n  d: 'y'\nb: 2\n"),
        ("a:\n  v: 1\nb: 2\n", ("a",), {"w": 2}, "a:\n   {w: 2}\nb: 2\n"),
        ("a:\n- 1\n- 2\nb: 2\n", ("a",), [3], "a:\n [3]\nb: 2\n"),
        ("a:\n- 1 # one\n- 2\n", ("a", 1), 3, "a:\n- 1 # one\n- 3\n"),
        ("a: |\n  two\n  lines\n\nb: 1\n", ("a",), "one", "a: one\n\nb: 1\n"),
        ("a: |\n  two\n  lines\n\nb: 1\n", ("b",), 2, "a: |\n  two\n  lines\n\nb: 2\n"),
        ("? a\n: 1\n", ("a",), 2, "? a\n: 2\n"),
        ("x: &u {a: 1}\ny: *u\n", ("y",), 2, "x: &u {a: 1}\ny: 2\n"),
        ("x: &u {a: 1}\ny:\n  <<: *u\n  b: 1\n", ("y", "a"), 2, "x: &u {a: 1}\ny:\n  <<: *u\n  b: 1\n  a: 2\n"),
        ("---\na: 1\n...\n", ("b",), 2, "---\na: 1\nb: 2\n...\n"),
    ],
)  # fmt: skip
def test_forms(text: str, path: tuple[str | int, ...], value: object, expected: str) -> None:
    assert with_value(text, path, value) == expected
    assert with_value(expected, path, value) == expected


def test_what_says_so_already_stays_as_it_is_written() -> None:
    text = "a:   {version:  3,\n digest: 'sha256:ab'} # reviewed\n"
    assert with_value(text, ("a",), PIN) == text


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [
        ("x: &u {a: {b: 1}}\ny: *u\n", ("y", "a"), "y.a: got the alias *u on the way"),
        ("x: &u {a: {b: 1}}\ny: *u\n", ("x", "a", "b"), "a value that others share"),
        ("x: &u {a: {b: 1}}\ny:\n  <<: *u\n", ("y", "a", "b"), "y.a.b: got a by way of <<"),
        ("x: &u 1\ny: *u\n", ("x",), "no YAML .*undefined alias"),
        ("a: text\n", ("a", "b"), "what is no mapping around it"),
        ("a: [1]\n", ("a", 3), "no such place"),
        ("a: [1\n", ("a",), "no YAML"),
        ("", ("a",), "an empty text"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str, path: tuple[str | int, ...], told: str) -> None:
    with pytest.raises(EditError, match=re.escape(told) if ".*" not in told else told) as caught:
        with_value(text, path, 7)
    assert ", expected " in str(caught.value)
    assert ", fix: " in str(caught.value)
