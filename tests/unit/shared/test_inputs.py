from typing import Any

import pulumi
from pulumi.runtime import settings

from pulumi_mlops._shared.inputs import combine, is_deferred
from tests.within_pulumi import within_pulumi


def test_a_function_of_plain_values_is_called_at_once() -> None:
    assert combine(lambda document, suffix: document["name"] + suffix, {"name": "a"}, "-b") == "a-b"


def test_outputs_are_known_wherever_they_stand() -> None:
    async def ask() -> Any:
        name = pulumi.Output.from_input("flights")
        nested = pulumi.Output.from_input({"port": pulumi.Output.from_input(80)})
        document = {
            "names": [name, "plain"],
            "pair": (name, 1),
            "where": {"nested": nested},
            "text": "abc",
            "none": None,
        }
        combined = combine(lambda first, second: [first, second], document, name)
        assert isinstance(combined, pulumi.Output)
        return await combined.future()

    assert within_pulumi({}, [], ask) == [
        {
            "names": ["flights", "plain"],
            "pair": ("flights", 1),
            "where": {"nested": {"port": 80}},
            "text": "abc",
            "none": None,
        },
        "flights",
    ]


def test_what_a_secret_goes_into_is_secret() -> None:
    async def ask() -> tuple[bool, bool]:
        with_secret = combine(str, {"password": [pulumi.Output.secret("correct-horse")]})
        without = combine(str, {"name": pulumi.Output.from_input("flights")})
        assert isinstance(with_secret, pulumi.Output)
        assert isinstance(without, pulumi.Output)
        return await with_secret.is_secret(), await without.is_secret()

    assert within_pulumi({}, [], ask) == (True, False)


def test_a_function_is_not_called_with_what_a_preview_does_not_know() -> None:
    async def ask() -> tuple[bool, Any]:
        settings.SETTINGS.dry_run = True
        unknown = pulumi.Output.from_input({"name": pulumi.UNKNOWN})
        combined = combine(lambda document: document["name"].upper(), {"name": [unknown]})
        assert isinstance(combined, pulumi.Output)
        return await combined.is_known(), await combined.future()

    assert within_pulumi({}, [], ask) == (False, None)


def test_deferred_is_what_holds_an_output() -> None:
    async def ask() -> list[bool]:
        output = pulumi.Output.from_input(1)
        return [is_deferred(value) for value in (output, {"a": [output]}, (output,), {"a": ["abc"]}, "abc", None)]

    assert within_pulumi({}, [], ask) == [True, True, True, False, False, False]
