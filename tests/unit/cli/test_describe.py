"""What `mlops predict` tells of an endpoint's inputs and outputs."""

import io
import json
import tarfile
from typing import Any

import pytest

from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops._shared.aws.model_packages import ModelPackage
from pulumi_mlops.cli import predict
from pulumi_mlops.cli.interface import Column, Interface, of_contract, of_metadata
from pulumi_mlops.cli.sagemaker.interface import interface_of
from pulumi_mlops.cli.sagemaker.names import Names
from tests.fake_target import Mlops
from tests.moto_account import REGION

CONTRACT = {
    "features": [{"name": "distance"}, {"name": "carrier", "dtype": "category", "vocabulary": ["AA", "UA"]}],
    "outputs": [{"name": "delay", "unit": "minutes"}, {"name": "late", "kind": "label", "classes": [0, 1]}],
}
INTERFACE = Interface(
    (Column("distance", "float32"), Column("carrier", "category", "", ("AA", "UA"))),
    (Column("delay", "number", "minutes"), Column("late", "label", "", ("0", "1"))),
)


@pytest.mark.parametrize("options", [(), ("--describe",), ("--describe", "--rows", "nothing.json")])
def test_inputs_and_outputs_are_shown_where_no_rows_are_given(mlops: Mlops, options: tuple[str, ...]) -> None:
    lines = [" ".join(line.split()) for line in mlops("predict", *options).stdout.splitlines()]
    assert lines[1:] == [
        "input distance float32 - -",
        "input carrier category - a, b, c, d, e, f, g, h, …",
        "output delay number minutes -",
    ]


def test_they_are_a_document_too(mlops: Mlops) -> None:
    document = json.loads(mlops("predict", "--json").stdout)
    assert document["outputs"] == [{"name": "delay", "kind": "number", "unit": "minutes", "values": []}]
    assert [each["name"] for each in document["inputs"]] == ["distance", "carrier"]


@pytest.mark.parametrize(
    ("predictions", "outputs", "headings", "row"),
    [
        ([1.5], (Column("delay", "", "minutes"),), ["row", "delay [minutes]"], ["0", "1.5"]),
        (["late"], (), ["row", "prediction"], ["0", "late"]),
        ([{"delay": 1.5, "p": {"a": 0.5}}], (Column("delay", "", "minutes"),), ["row", "delay [minutes]", "p"],
         ["0", "1.5", '{"a": 0.5}']),
    ],
)  # fmt: skip
def test_predictions_stand_below_their_outputs(
    predictions: list[Any], outputs: tuple[Column, ...], headings: list[str], row: list[str]
) -> None:
    assert predict._table(predictions, outputs) == (headings, [row])


def test_metadata_and_contract_say_the_same_in_their_own_words() -> None:
    assert of_contract(CONTRACT) == INTERFACE
    document = {
        "inputs": [{"name": "distance", "datatype": "FP32", "shape": [-1]}],
        "outputs": [{"name": "delay", "datatype": "FP32", "parameters": {"unit": "minutes", "classes": "[a, b]"}}],
    }
    delay = Column("delay", "FP32", "minutes", ("a", "b"))
    assert of_metadata(document) == Interface((Column("distance", "FP32"),), (delay,))


@pytest.mark.parametrize("read", [of_contract, of_metadata])
@pytest.mark.parametrize("document", [{}, {"inputs": [1], "features": [1], "outputs": []}])
def test_another_form_is_told(read: Any, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=", expected "):
        read(document)


def archive(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as members:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive(MLmodel=b"x", serving_json=json.dumps(CONTRACT).encode()), ""),
        (archive(MLmodel=b"x"), "got no serving.json"),
        (b"no archive", "expected a gzipped tar of the model"),
    ],
)
def test_a_version_on_sagemaker_is_described_by_its_archive(
    monkeypatch: pytest.MonkeyPatch, content: bytes, told: str
) -> None:
    from pulumi_mlops._shared.aws import client  # noqa: PLC0415

    monkeypatch.setattr(client, "client", lambda *_: None)
    monkeypatch.setattr(
        client, "ask", lambda *_, **asked: {"Body": io.BytesIO(content)} if asked["Key"] == "k/m" else {}
    )
    package = ModelPackage("arn", "1", "Approved", "d", "s3://b/k/m", "i", {})
    names = Names(REGION, "p", "e", "b", "g")
    if told:
        with pytest.raises(AwsError, match=told):
            interface_of(names, package)
    else:
        assert interface_of(names, package) == INTERFACE
