"""The served model as KServe's general routes see it: CloudEvents and metadata."""

import math
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from kserve import InferInput, InferOutput, InferRequest, InferResponse, Model
from kserve.errors import InvalidInput

from .input_error import InputError
from .served_model import ServedModel


class EndpointModel(Model):  # type: ignore[misc]  # KServe has no types
    """Answers what `request_path` hands on to KServe."""

    def __init__(self, served: ServedModel) -> None:
        super().__init__(served.identity.name)
        self.served = served
        self.ready = True

    def get_input_types(self) -> list[dict[str, object]]:
        """The input tensors of the metadata document."""
        return self.served.infer_protocol.input_metadata()

    def get_output_types(self) -> list[dict[str, object]]:
        """The output tensor of the metadata document."""
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
        matrix = self.served.predict_protocol.matrix(payload)
        answers = self.served.score(matrix, lambda row: self.served.predict_protocol.row_place(row, None))
        return {"predictions": answers.tolist()}

    def _infer(self, request: InferRequest) -> InferResponse:
        matrix = self.served.infer_protocol.matrix([_tensor(each) for each in request.inputs])
        answers = self.served.score(matrix, "row {} of inputs".format)
        output = InferOutput(self.served.contract.outputs[0].name, [len(answers)], "FP32")
        output.set_data_from_numpy(answers, binary_data=bool(request.use_binary_outputs))
        return InferResponse(
            response_id=request.id or str(uuid4()),
            model_name=self.name,
            model_version=self.served.identity.version,
            infer_outputs=[output],
            parameters={"digest": self.served.identity.digest},
            use_binary_outputs=request.use_binary_outputs,
            requested_outputs=request.request_outputs,
        )


def _tensor(tensor: InferInput) -> dict[str, Any]:
    """A tensor as the JSON form of the protocol has it; the NaN of binary data is that form's null."""
    data = [None if isinstance(value, float) and math.isnan(value) else value for value in tensor.data]
    return {"name": tensor.name, "shape": list(tensor.shape), "datatype": tensor.datatype, "data": data}
