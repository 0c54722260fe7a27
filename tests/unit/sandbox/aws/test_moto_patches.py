import re

import pytest

from sandbox.aws.moto_patches import PatchError, add, replace


class Backend:
    def describe(self) -> str:
        return "moto's"


def describe(self: Backend) -> str:
    return f"ours, of {type(self).__name__}"


def delete(self: Backend) -> str:
    return f"deleted {type(self).__name__}"


def test_replaces_what_moto_has_and_adds_what_it_lacks() -> None:
    class Moto(Backend):
        pass

    replace(Moto, describe=describe)
    add(Moto, delete)
    assert Moto().describe() == "ours, of Moto"
    assert getattr(Moto(), "delete")() == "deleted Moto"  # noqa: B009 - its class does not declare it
    assert Backend().describe() == "moto's"
    add(Moto, delete)


def test_refuses_to_replace_a_method_that_moto_has_renamed() -> None:
    name = re.escape(f"{Backend.__module__}.Backend.list_all: got nothing")
    with pytest.raises(PatchError, match=name):
        replace(Backend, list_all=describe)
    assert not hasattr(Backend, "list_all")


def test_refuses_to_add_a_method_that_moto_has_by_now() -> None:
    with pytest.raises(PatchError, match=r"Backend\.describe: got moto's own, expected none"):
        add(Backend, describe)
    assert Backend().describe() == "moto's"
