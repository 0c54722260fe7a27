"""Model servers that are none of ours, each a program of its own: KServe's Python server, and a few lines.

`python -m tests.unit.pipelines.serving.own_servers KIND FOLDER PORT [ADDED]`
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import onnxruntime

NAME = "flight-delay"


class Scores:
    """The graph of an artifact, run without a line of ours; `added` makes each answer wrong."""

    def __init__(self, folder: Path, added: float) -> None:
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        self._added = added
        contract = json.loads((folder / "serving.json").read_text())
        self.features = [(feature["name"], feature.get("vocabulary")) for feature in contract["features"]]
        self.output = contract["outputs"][0]["name"]

    def of(self, columns: dict[str, list[Any]]) -> list[float]:
        matrix = [
            [numpy.nan if value is None else float(words.index(value) if words else value) for value in columns[name]]
            for name, words in self.features
        ]
        (inputs,) = self._session.get_inputs()
        answers = self._session.run(None, {inputs.name: numpy.array(matrix, dtype=numpy.float32).T})[0]
        return [float(value) + self._added for value in numpy.asarray(answers).reshape(-1)]


def kserve(scores: Scores, port: int) -> None:
    """KServe's own server, over the Open Inference Protocol."""
    from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer  # noqa: PLC0415

    class Delay(Model):  # type: ignore[misc]  # KServe has no types
        def predict(self, payload: InferRequest, headers: Any = None) -> InferResponse:
            answers = scores.of({each.name: each.data for each in payload.inputs})
            output = InferOutput(scores.output, [len(answers)], "FP32", answers)
            return InferResponse(response_id="1", model_name=NAME, infer_outputs=[output])

    model = Delay(NAME)
    model.ready = True
    ModelServer(http_port=port, enable_grpc=False, workers=1).start([model])


def plain(scores: Scores, port: int) -> None:
    """A server with a protocol of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"status": "up"})

        def do_POST(self) -> None:
            rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["table"]["rows"]
            columns = {name: [row.get(name) for row in rows] for name, _ in scores.features}
            self._answer({"result": [{"delays": scores.of(columns)}]})

        def _answer(self, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    kind, folder, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    added = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
    {"kserve": kserve, "plain": plain}[kind](Scores(folder, added), port)
