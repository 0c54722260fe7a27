from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi
import pytest

from pulumi_mlops._shared.arguments import Arguments, ArgumentsError
from pulumi_mlops._shared.problems import Requirement


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


class InnerArgs(TypedDict):
    size_gib: int
    label: NotRequired[pulumi.Input[str]]


class OuterArgs(TypedDict):
    name: pulumi.Input[str]
    inner: NotRequired[InnerArgs]
    many: NotRequired[list[InnerArgs]]
    by_name: NotRequired[dict[str, InnerArgs]]
    colour: NotRequired[Colour]
    share: NotRequired[float]
    is_open: NotRequired[bool]
    names: NotRequired[list[pulumi.Input[str]]]
    anything: NotRequired[dict[str, Any]]
    password: NotRequired[pulumi.Input[str]]


def problems(args: Any) -> list[str]:
    try:
        Arguments("Thing", "x", args, OuterArgs).finish()
    except ArgumentsError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    "args",
    [
        {"name": "a"},
        {"name": "a", "inner": {"size_gib": 3.0}, "colour": "red", "share": 1, "is_open": False},
        {"name": "a", "colour": Colour.BLUE, "names": ["b"], "anything": {"x": [1, None]}, "inner": None},
        {"name": "a", "many": [{"size_gib": 1}], "by_name": {"x": {"size_gib": 1, "label": "y"}}},
    ],
)
def test_accepts_what_the_contract_says(args: dict[str, Any]) -> None:
    assert problems(args) == []


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, "name: got nothing, expected text, fix: add this key"),
        ({"name": 3}, "name: got 3, expected text, fix: correct this value"),
        ({"name": "a", "colour": "green"}, "colour: got 'green', expected one of red, blue, fix: correct this value"),
        ({"name": "a", "share": True}, "share: got True, expected a number, fix: correct this value"),
        ({"name": "a", "is_open": "yes"}, "is_open: got 'yes', expected true or false, fix: correct this value"),
        ({"name": "a", "names": "b"}, "names: got 'b', expected a list, fix: correct this value"),
        ({"name": "a", "names": ["b", 3]}, "names[1]: got 3, expected text, fix: correct this value"),
        ({"name": "a", "inner": {}}, "inner.size_gib: got nothing, expected a whole number, fix: add this key"),
        ({"name": "a", "inner": {"size_gib": 1.5}}, "inner.size_gib: got 1.5, expected a whole number, fix: "),
        ({"name": "a", "inner": {"size_gib": float("nan")}}, "inner.size_gib: got nan, expected a whole number, fix: "),
        ({"name": "a", "inner": []}, "inner: got [], expected the keys of InnerArgs, fix: pass a dictionary"),
        ({"name": "a", "many": [{"size_gib": 1}, {}]}, "many[1].size_gib: got nothing, expected a whole number, fix: "),
        (
            {"name": "a", "by_name": {"x": {"size": 1}}},
            "by_name.x.size: got an unknown key, expected one of label, size_gib, fix: ",
        ),
        ({"name": "a", "nmae": 1}, "nmae: got an unknown key, expected one of anything, by_name, "),
        ({"name": "a", "password": 42}, "password: got a secret, expected text, fix: "),
        ([], "args: got [], expected the keys of OuterArgs, fix: pass a dictionary"),
    ],
)
def test_says_where_what_and_how_to_mend_it(args: Any, expected: str) -> None:
    assert expected in problems(args)[0]


@pytest.mark.parametrize("key", ["database_passwd", "pasword", "token"])
def test_never_shows_the_value_of_an_unknown_key(key: str) -> None:
    (problem,) = problems({"name": "a", key: "hunter2"})
    assert problem.startswith(f"{key}: got an unknown key, expected one of ")
    assert "hunter2" not in problem


def test_never_shows_what_a_check_says_may_be_a_secret() -> None:
    arguments = Arguments("Thing", "x", {"name": "hunter2"}, OuterArgs)
    arguments.read("name", lambda _: Requirement("a name", "correct it", "something (not shown)"))
    with pytest.raises(ArgumentsError, match=r"name: got something \(not shown\), expected a name"):
        arguments.finish()


def test_says_everything_at_once() -> None:
    found = problems({"nmae": 1, "inner": {"size_gib": "big"}, "colour": "green"})
    assert [problem.split(":", 1)[0] for problem in found] == ["nmae", "name", "inner.size_gib", "colour"]


def even(value: int) -> Requirement | None:
    return None if value % 2 == 0 else Requirement("an even number", "add one")


def test_reads_values_defaults_and_what_is_wrong_with_them() -> None:
    arguments = Arguments("Thing", "x", {"name": "a", "inner": {"size_gib": 3}}, OuterArgs)
    assert arguments.read("name") == "a"
    assert arguments.read("share", None, 0.5) == 0.5
    assert arguments.read("inner.size_gib", even, 2) == 2
    assert not arguments.sound("inner")
    with pytest.raises(ArgumentsError, match=r"inner\.size_gib: got 3, expected an even number, fix: add one"):
        arguments.finish()


def test_a_value_of_the_wrong_type_is_not_checked_further() -> None:
    arguments = Arguments("Thing", "x", {"name": "a", "inner": {"size_gib": "big"}}, OuterArgs)
    assert arguments.read("inner.size_gib", even, 2) == 2
    with pytest.raises(ArgumentsError, match="1 problem"):
        arguments.finish()


def test_a_program_with_wrong_arguments_ends_with_their_text_alone() -> None:
    with pytest.raises(pulumi.RunError, match="2 problems"):
        Arguments("Thing", "x", {"name": 3, "share": True}, OuterArgs).finish()
