"""The served model as KServe's general routes see it: CloudEvents and metadata."""

import math
from collections.abc import Mapping
from typing import Any

import numpy
import orjson
from kserve import InferInput, InferOutput, InferRequest, InferResponse, Model
from kserve.errors import InvalidInput

from .contract import ModelOutput
from .infer_outputs import output_datatype
from .input_error import InputError
from .prediction_ids import new_prediction_id
from .scorer import Answers
from .served_model import ServedModel


class EndpointModel(Model):  # type: ignore[misc]  # KServe has no types
    """Answers what `request_path` hands on to KServe."""

    def __init__(self, served: ServedModel) -> None:
        super().__init__(served.identity.name)
        self.served = served
        self.ready = True

    def get_input_types(self) -> list[dict[str, object]]:
        """Return the input tensors of the metadata document."""
        return self.served.infer_protocol.input_metadata()

    def get_output_types(self) -> list[dict[str, object]]:
        """Return the output tensors of the metadata document."""
        return self.served.infer_protocol.output_metadata()

    def predict(self, payload: object, _headers: Mapping[str, str] | None = None) -> dict[str, object] | InferResponse:
        """Scores a decoded request.

        Raises:
            InvalidInput: With everything that is wrong with the request.
        """
        try:
            return self._infer(payload) if isinstance(payload, InferRequest) else self._predict(payload)
        except InputError as error:
            raise InvalidInput(str(error)) from error

    def _predict(self, payload: object) -> dict[str, object]:
        protocol = self.served.predict_protocol
        answers = self.served.score(protocol.batch(payload), lambda row: protocol.row_place(row, None))
        encoded: dict[str, object] = orjson.loads(protocol.encode(answers, None).content)
        return encoded

    def _infer(self, request: InferRequest) -> InferResponse:
        protocol = self.served.infer_protocol
        batch = protocol.batch([_tensor(each) for each in request.inputs])
        answers = self.served.score(batch, "row {} of inputs".format)
        return InferResponse(
            response_id=request.id or new_prediction_id(),
            model_name=self.name,
            model_version=self.served.identity.version,
            infer_outputs=[
                _output(output, answers, is_binary=bool(request.use_binary_outputs))
                for output in self.served.contract.outputs
            ],
            parameters={"digest": self.served.identity.digest},
            use_binary_outputs=request.use_binary_outputs,
            requested_outputs=request.request_outputs,
        )


def _output(output: ModelOutput, answers: Answers, *, is_binary: bool) -> InferOutput:
    values = answers[output.name]
    tensor = InferOutput(output.name, list(values.shape), output_datatype(output))
    if is_binary:
        # KServe writes texts that are bytes, and says of objects that are text that they are not.
        values = numpy.array([text.encode() for text in values], dtype=object) if values.dtype.kind == "O" else values
        tensor.set_data_from_numpy(values, binary_data=True)
    else:
        tensor.data = values.reshape(-1).tolist()
    return tensor


def _tensor(tensor: InferInput) -> dict[str, Any]:
    """Return a tensor as the JSON form of the protocol has it; the NaN of binary data is that form's null."""
    data = [None if isinstance(value, float) and math.isnan(value) else value for value in tensor.data]
    return {"name": tensor.name, "shape": list(tensor.shape), "datatype": tensor.datatype, "data": data}
