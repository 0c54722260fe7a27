"""Endpoints that really answer: the model in service is run by this Python, as SageMaker would run its container."""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from mlops_runtime.artifact import ArtifactError
from mlops_runtime.sagemaker.archive import unpack_model
from sandbox.aws.executions.store import Store
from sandbox.aws.lmi import is_lmi
from sandbox.aws.moto_patches import replace
from sandbox.aws.place import place
from sandbox.ports import free_port

FAKED = (
    "SageMaker runtime InvokeEndpoint: the model in service runs as a process and answers; moto's is canned",
    "SageMaker runtime InvokeEndpointAsync: the same, by way of S3; InvokeEndpoint of such an endpoint is refused",
    "SageMaker hosting of AWS's LMI container: its variables and requests; a small model answers for any other",
)
_START_SECONDS = 120.0
_ANSWER_SECONDS = 60.0
_OWN_PREFIXES = ("AWS_", "MLOPS_", "MLFLOW_", "PULUMI_")
Answer = tuple[int, dict[str, str], str]
"""Status, headers and body."""
_SERVERS: dict[str, "ModelServer"] = {}
_LOCK = threading.Lock()


class HostingError(RuntimeError):
    """A model does not come up."""


class ModelServer:
    """The server of one model, with SageMaker's folders and variables."""

    def __init__(self, model: Any, folder: Path, store: Store) -> None:
        """Unpack the model and start its server.

        Raises:
            HostingError: It does not get ready.
        """
        container = model.primary_container
        self._log = folder / "log"
        model_folder = folder / "model"
        store.download(container["ModelDataUrl"], folder / "download")
        try:
            unpack_model(next((folder / "download").iterdir()), model_folder)
        except ArtifactError as error:
            raise HostingError(str(error)) from error
        port = free_port()
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OWN_PREFIXES)},
            **container.get("Environment", {}),
            "MLOPS_SAGEMAKER_ROOT": str(folder),
            "SAGEMAKER_BIND_TO_PORT": str(port),
        }
        with self._log.open("ab") as log:
            server = (
                "sandbox.aws.lmi" if is_lmi(container.get("Environment", {})) else "mlops_runtime.sagemaker.serving"
            )
            command = [sys.executable, "-m", server]
            self._process = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._url = f"http://127.0.0.1:{port}"
        self._await()

    @property
    def is_running(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send one request."""
        return httpx.post(f"{self._url}/invocations", content=body, headers=dict(headers), timeout=_ANSWER_SECONDS)

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()

    def _await(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running:
                break
            try:
                if httpx.get(f"{self._url}/ping", timeout=2.0).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        self._process.kill()
        last = self._log.read_text(errors="replace").strip().splitlines()[-3:]
        raise HostingError(" ".join(last) or "the container does not answer /ping")


def apply() -> None:
    """Put the operation into moto."""
    replace(SageMakerRuntimeResponse, invoke_endpoint=invoke_endpoint, invoke_endpoint_async=invoke_endpoint_async)


def end() -> None:
    """End every server."""
    with _LOCK:
        for server in _SERVERS.values():
            server.end()
        _SERVERS.clear()


def invoke_endpoint(self: SageMakerRuntimeResponse) -> Answer:
    """Answer InvokeEndpoint.

    An asynchronous endpoint is not called so: https://github.com/strands-agents/harness-sdk/issues/1969 has the
    ValidationError.
    """
    body = self.body if isinstance(self.body, bytes) else str(self.body).encode()
    return _answer(self, body, is_asynchronous=False)


def invoke_endpoint_async(self: SageMakerRuntimeResponse) -> Answer:
    """Answer InvokeEndpointAsync: here the answer is on S3 at once.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-invoke-endpoint.html
    """
    store = Store(place().url, self.region)
    status, headers, answer = _answer(
        self, store.text(self.headers["X-Amzn-SageMaker-InputLocation"]).encode(), is_asynchronous=True
    )
    if status not in (200, 424):
        return status, headers, answer
    output = _output_config(_configuration(self)) or {}
    identity = self.headers.get("X-Amzn-SageMaker-Inference-Id") or str(uuid.uuid4())
    places = {"Output": f"{output['S3OutputPath']}/{identity}.out"}
    if output.get("S3FailurePath"):
        places["Failure"] = f"{output['S3FailurePath']}/{identity}-error.out"
    if (kept := places.get("Output" if status == 200 else "Failure")) is not None:
        store.put(answer, kept)
    located = {f"X-Amzn-SageMaker-{name}Location": address for name, address in places.items()} | {"status": "202"}
    return 202, located, json.dumps({"InferenceId": identity})


def _answer(self: SageMakerRuntimeResponse, body: bytes, *, is_asynchronous: bool) -> Answer:
    name = self.path.split("/")[2]
    configuration = _configuration(self)
    if configuration is None:
        return _refused(400, "ValidationError", f"Endpoint {name} of account {self.current_account} not found.")
    if (_output_config(configuration) is not None) != is_asynchronous:
        other = "InvokeEndpoint" if is_asynchronous else "InvokeEndpointAsync"
        return _refused(400, "ValidationError", f"Endpoint {name} does not support this operation; use {other}.")
    variant = configuration.production_variants[0]
    model = sagemaker_backends[self.current_account][self.region]._models[variant["ModelName"]]  # noqa: SLF001
    try:
        server = _server(model, self.region)
    except HostingError as error:
        return _refused(500, "InternalFailure", str(error))
    answer = server.invoke(body, {"Content-Type": self.headers.get("Content-Type", "application/json")})
    if answer.status_code != httpx.codes.OK:
        message = f"Received client error ({answer.status_code}) from primary with message {answer.text!r}"
        return _refused(424, "ModelError", message)
    headers = {
        "Content-Type": answer.headers.get("content-type", "application/json"),
        "x-Amzn-Invoked-Production-Variant": variant["VariantName"],
    }
    return 200, headers, answer.text


def _configuration(self: SageMakerRuntimeResponse) -> Any:
    """Return the configuration that an endpoint serves from; None where there is no such endpoint."""
    backend = sagemaker_backends[self.current_account][self.region]
    endpoint = backend.endpoints.get(self.path.split("/")[2])
    return None if endpoint is None else backend.endpoint_configs[endpoint.endpoint_config_name]


def _output_config(configuration: Any) -> Mapping[str, Any] | None:
    """Where an asynchronous endpoint puts its answers; None for one that answers at once."""
    given = getattr(configuration, "async_inference_config", None)
    output: Mapping[str, Any] | None = given["OutputConfig"] if given else None
    return output


def _server(model: Any, region: str) -> ModelServer:
    with _LOCK:
        server = _SERVERS.get(model.model_name)
        if server is None or not server.is_running:
            folder = place().folder / "hosting" / f"{model.model_name}-{time.monotonic_ns()}"
            server = _SERVERS[model.model_name] = ModelServer(model, folder, Store(place().url, region))
        return server


def _refused(status: int, code: str, message: str) -> Answer:
    # moto takes the status from among the headers, and answers 200 without.
    return status, {"x-amzn-errortype": code, "status": str(status)}, json.dumps({"__type": code, "message": message})
