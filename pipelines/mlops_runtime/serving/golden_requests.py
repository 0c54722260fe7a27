"""Golden rows as requests, and the answers to them as golden rows have them, by whatever protocol a server has."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, model_validator

from .answers import predicted_values
from .asking import json_of
from .contract import ServingContract
from .golden import GoldenRows
from .infer_outputs import output_values_of
from .protocol_v2 import input_datatype

ROWS, COLUMNS, MATRIX = "$rows", "$columns", "$matrix"
PLACEHOLDERS = (ROWS, COLUMNS, MATRIX)
Answers = dict[str, list[Any]]


class HowAsked(BaseModel):
    """How a model server is asked.

    Attributes:
        protocol: The Open Inference Protocol, KServe's v1, or one that the rest describes.
        path: Of a server of its own kind: where it is asked.
        request: Its request as JSON, in which `$rows` stands for the rows as objects, `$columns` for an object of each
            feature's values, or `$matrix` for the rows as lists in the contract's order.
        answers: Where its answers stand: a JSON pointer (RFC 6901) to a list of one for each row, in v1's form.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: Literal["v2", "v1", "custom"] = "v2"
    path: str | None = None
    request: str | None = None
    answers: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = [self.path, self.request, self.answers]
        if self.protocol == "custom" and None in given:
            raise ValueError("got no path, request or answers, expected all three with the protocol custom")
        return self

    def ask(self, client: httpx.Client, name: str, contract: ServingContract, golden: GoldenRows) -> Answers:
        """Ask for the golden rows; return the answers by output.

        Raises:
            TruthError: An answer of another status than 200, or that is no object.
            httpx.HTTPError: No answer.
            LookupError, TypeError, ValueError: An answer of another form.
        """
        if self.protocol == "v2":
            answer = json_of(client.post(f"/v2/models/{name}/infer", json={"inputs": tensors(contract, golden)}))
            return infer_values(contract, answer["outputs"])
        if self.protocol == "v1":
            answer = json_of(client.post(f"/v1/models/{name}:predict", json={"instances": list(golden.rows)}))
            return predicted_values(contract.outputs, answer["predictions"])
        document = filled(json.loads(self.request or ""), contract, golden)
        answer = json_of(client.post(self.path or "", json=document))
        return predicted_values(contract.outputs, pointed(answer, self.answers or ""))


def tensors(contract: ServingContract, golden: GoldenRows) -> list[dict[str, object]]:
    """Return the golden rows as the infer protocol's tensors, one for each feature."""
    return [
        {
            "name": feature.name,
            "shape": [len(golden.rows), *([] if feature.length is None else [feature.length])],
            "datatype": input_datatype(feature),
            "data": [row.get(feature.name) for row in golden.rows],
        }
        for feature in contract.features
    ]


def infer_values(contract: ServingContract, outputs: Sequence[Mapping[str, Any]]) -> Answers:
    """Return output to its values, one for each row, of an answer's tensors."""
    by_name = {tensor["name"]: tensor for tensor in outputs}
    return {output.name: output_values_of(output, by_name[output.name]) for output in contract.outputs}


def filled(template: Any, contract: ServingContract, golden: GoldenRows) -> Any:
    """Return a request's template with the golden rows where it has a place for them."""
    if isinstance(template, dict):
        return {key: filled(value, contract, golden) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, contract, golden) for value in template]
    names = [feature.name for feature in contract.features]
    match template:
        case "$rows":
            return [dict(row) for row in golden.rows]
        case "$columns":
            return {name: [row.get(name) for row in golden.rows] for name in names}
        case "$matrix":
            return [[row.get(name) for name in names] for row in golden.rows]
    return template


def pointed(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer leads to (RFC 6901).

    Raises:
        LookupError, TypeError, ValueError: It leads nowhere.
    """
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document
