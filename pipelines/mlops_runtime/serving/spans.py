"""A span for each answered request, where OpenTelemetry's variables name a collector; else traces only pass through.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .calling import Calling, Trace
from .identity import Identity

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
FLUSH_MILLISECONDS: Final = 1000
_NANOSECONDS: Final = 1_000_000_000


class Spans:
    """Makes the spans of one model's requests; a thread of OpenTelemetry's sends them, and drops what it cannot."""

    def __init__(self, identity: Identity, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("mlops_runtime.serving")
        self._named = {
            "mlops.model.name": identity.name,
            "mlops.model.version": identity.version,
            "mlops.model.digest": identity.digest,
        }

    def spanned(
        self, calling: Calling, protocol: str, prediction_id: str, status: int, *, ended: float, seconds: float
    ) -> Calling:
        """Make the span of a request, and return its place in the trace: what is asked further on is below it.

        Args:
            calling: What the request's headers say: the span is below the caller's, or the first of a trace.
            protocol: The protocol's name.
            prediction_id: The prediction's id.
            status: The answer's status.
            ended: When it was answered, in seconds since 1970.
            seconds: How long the answer took.
        """
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - see above

        end = int(ended * _NANOSECONDS)
        span = self._tracer.start_span(
            f"predict {protocol}",
            context=_parent(calling.trace),
            kind=SpanKind.SERVER,
            attributes={**self._named, "mlops.prediction.id": prediction_id, "http.response.status_code": status},
            start_time=end - int(seconds * _NANOSECONDS),
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(end)
        context = span.get_span_context()
        trace = Trace(f"{context.trace_id:032x}", f"{context.span_id:016x}", f"{int(context.trace_flags):02x}")
        return calling._replace(trace=trace)

    def close(self) -> None:
        """Send what waits, for a moment at most."""
        self._provider.force_flush(FLUSH_MILLISECONDS)


def spans_of(identity: Identity, environment: Mapping[str, str]) -> Spans | None:
    """Return what makes spans; None where no variable names a collector."""
    if not any(environment.get(name) for name in VARIABLES):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - see above
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create({"service.name": identity.name, "service.version": identity.version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(identity, provider)


def _parent(trace: Trace | None) -> Any:
    """Return the caller's place in the trace, as OpenTelemetry has it; an empty one begins a trace."""
    from opentelemetry import trace as api  # noqa: PLC0415 - see above
    from opentelemetry.context import Context  # noqa: PLC0415

    if trace is None:
        return Context()
    flags = api.TraceFlags(int(trace.flags, 16))
    context = api.SpanContext(int(trace.trace_id, 16), int(trace.span_id, 16), is_remote=True, trace_flags=flags)
    return api.set_span_in_context(api.NonRecordingSpan(context), Context())
