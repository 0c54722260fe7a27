import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from sandbox.plugins.protocol import values
from sandbox.plugins.protocol.values import UNKNOWN, Secret

keys = st.text(min_size=1, max_size=6).filter(lambda key: key != values.SIGNATURE_KEY)
leaves = st.one_of(st.booleans(), st.integers(-(2**50), 2**50), st.text(max_size=8), st.just(UNKNOWN))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3), inner.map(Secret)),
    max_leaves=12,
)


@given(st.dictionaries(keys, trees, max_size=4))
def test_what_is_written_is_read_again(tree: dict[str, object]) -> None:
    assert values.from_struct(values.to_struct(tree)) == tree


def test_the_marks_are_those_of_the_sdk() -> None:
    assert values.UNKNOWN_MARK == rpc.UNKNOWN
    assert rpc._special_sig_key == values.SIGNATURE_KEY
    assert rpc._special_secret_sig == values.SECRET_SIGNATURE
    assert rpc._special_output_value_sig == values.OUTPUT_SIGNATURE
    assert rpc._special_resource_sig == values.RESOURCE_SIGNATURE


def test_whole_numbers_are_integers_and_others_stay() -> None:
    struct = struct_pb2.Struct()
    struct.update({"port": 8080, "ratio": 0.5, "flag": True})
    read = values.from_struct(struct)
    assert read == {"port": 8080, "ratio": 0.5, "flag": True}
    assert isinstance(read["port"], int)


def test_nulls_are_left_out_of_objects_but_not_of_lists() -> None:
    struct = struct_pb2.Struct()
    struct.update({"gone": None, "list": [None, 1], "inner": {"gone": None}})
    assert values.from_struct(struct) == {"list": [None, 1], "inner": {}}


def test_an_asset_is_refused() -> None:
    struct = struct_pb2.Struct()
    struct.update({"data": {values.SIGNATURE_KEY: rpc._special_asset_sig, "text": "x"}})
    with pytest.raises(values.UnsupportedValueError, match="asset"):
        values.from_struct(struct)


def test_output_values_become_secrets_or_unknown() -> None:
    struct = struct_pb2.Struct()
    output = {values.SIGNATURE_KEY: values.OUTPUT_SIGNATURE}
    struct.update(
        {"later": output, "hidden": {**output, "value": "x", "secret": True}, "known": {**output, "value": 1}}
    )
    assert values.from_struct(struct) == {"later": UNKNOWN, "hidden": Secret("x"), "known": 1}


def test_outputs_are_secret_where_inputs_are() -> None:
    inputs = {"data": Secret({"a": "b"}), "env": [{"name": "x", "value": Secret("v")}], "plain": 1}
    outputs = {"data": {"a": "b", "c": "d"}, "env": [{"name": "x", "value": "v"}], "plain": 1, "more": 2}
    assert values.marked_like(outputs, inputs) == {
        "data": Secret({"a": "b", "c": "d"}),
        "env": [{"name": "x", "value": Secret("v")}],
        "plain": 1,
        "more": 2,
    }


def test_a_list_that_has_grown_is_secret_as_a_whole() -> None:
    assert values.marked_like({"l": ["a", "b"]}, {"l": [Secret("a")]}) == {"l": Secret(["a", "b"])}
    assert values.marked_like({"l": ["a", "b"]}, {"l": ["a"]}) == {"l": ["a", "b"]}


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in repr(Secret("hunter2"))
    assert "hunter2" not in f"{Secret({'a': 'hunter2'})}"
