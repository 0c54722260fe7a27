"""Spans, as a collector gets them over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mlops_runtime.monitoring.payloads.settings import PayloadSettings
from mlops_runtime.serving.served_model import ServedModel
from tests.unit.pipelines.serving.artifacts import ROW
from tests.unit.pipelines.serving.test_payloads import PREDICT, TRACE, TRACEPARENT, endpoint, records

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    received: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


def spans_in(received: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    found = []
    for path, content in received:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                attributes = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
                found.append({"span": span, **named, **attributes})
    return found


def test_a_span_carries_version_and_digest_from_request_to_payload(
    served: ServedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (url, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with endpoint(served, PayloadSettings(location=str(tmp_path))) as address:
            asked = {"x-prediction-id": "mine", "traceparent": TRACEPARENT}
            below = httpx.post(f"{address}{PREDICT}", json={"instances": [ROW]}, headers=asked)
            first = httpx.post(f"{address}{PREDICT}", json={"instances": [ROW]})
            wrong = httpx.post(f"{address}{PREDICT}", content=b"{")
    by_id = {span["mlops.prediction.id"]: span for span in spans_in(received)}
    assert set(by_id) == {"mine", first.headers["x-prediction-id"], wrong.headers["x-prediction-id"]}
    span = by_id["mine"]
    assert (span["service.name"], span["mlops.model.version"]) == ("flight-delay", "7")
    assert span["mlops.model.digest"] == served.identity.digest
    assert span["http.response.status_code"] == 200
    assert by_id[wrong.headers["x-prediction-id"]]["http.response.status_code"] == 400
    inner = span["span"]
    assert (inner.trace_id.hex(), inner.parent_span_id.hex()) == (TRACE, "00f067aa0ba902b7")
    assert 0 < inner.end_time_unix_nano - inner.start_time_unix_nano < 60e9
    # What is asked further on is below the answer's span.
    assert below.headers["traceparent"] == f"00-{TRACE}-{inner.span_id.hex()}-01"
    root = by_id[first.headers["x-prediction-id"]]["span"]
    assert root.parent_span_id == b""
    assert [record["trace_id"] for record in records(tmp_path)] == [TRACE, root.trace_id.hex()]


def test_a_callers_decision_not_to_sample_is_kept(served: ServedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with endpoint(served, None) as address:
            headers = {"traceparent": TRACEPARENT[:-2] + "00"}
            answer = httpx.post(f"{address}{PREDICT}", json={"instances": [ROW]}, headers=headers)
    assert answer.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert answer.headers["traceparent"].endswith("-00")
    assert spans_in(received) == []


def test_a_collector_that_is_gone_costs_no_request(served: ServedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/v1/traces")
    with endpoint(served, None) as address:
        answer = httpx.post(f"{address}{PREDICT}", json={"instances": [ROW]})
    assert answer.status_code == 200
    assert json.loads(answer.content)["predictions"]
