"""OpenTelemetry spans of events and attempts: only with the extra `otel` and an address to send them to."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Any

from router.model import Attempt, DeliveryState, Event, Plan, StoredDelivery
from router.observe import Observer

log = logging.getLogger(__name__)

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def tracing(environ: Mapping[str, str]) -> Tracing | None:
    """Return the observer that sends spans over OTLP/HTTP; None where the environment names no endpoint.

    The other OTEL_ variables are read by the SDK itself. Close it at the end, so that nothing is left unsent.
    """
    if not environ.get(ENDPOINT):
        return None
    try:
        sdk = import_module("opentelemetry.sdk.trace")
        export = import_module("opentelemetry.sdk.trace.export")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        resources = import_module("opentelemetry.sdk.resources")
    except ImportError as error:
        log.warning("%s is set, but %s is missing: install router[otel]", ENDPOINT, error.name)
        return None
    named = {"service.name": environ.get("OTEL_SERVICE_NAME", "router")}
    provider = sdk.TracerProvider(resource=resources.Resource.create(named))
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return Tracing(provider)


class Tracing(Observer):
    """A span an event and a span an attempt; all of one event share a trace, whose id follows from the event's."""

    def __init__(self, provider: Any) -> None:
        self._trace = import_module("opentelemetry.trace")
        self._provider = provider
        self._tracer = provider.get_tracer("router")

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        """Make a span from the receipt of the event to its commit."""
        names = {
            "router.event": event.uid,
            "router.source": event.source,
            "router.type": event.type,
            "router.deliveries": len(plan.deliveries),
            "router.duplicate": duplicate,
        }
        span = self._tracer.start_span(
            f"event {event.source}/{event.type}",
            self._parent(event.uid),
            attributes=names,
            start_time=_ns(event.received_at),
        )
        span.end()

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        """Make a span of the attempt, in error unless it delivered."""
        names = {
            "router.event": delivery.event_uid,
            "router.delivery": delivery.id,
            "router.route": delivery.route,
            "router.action": delivery.action,
            "router.destination": delivery.destination,
            "router.attempt": attempt.number,
            "router.outcome": attempt.outcome.value,
        }
        span = self._tracer.start_span(
            f"attempt {delivery.route}/{delivery.action}",
            self._parent(delivery.event_uid),
            attributes=names,
            start_time=_ns(attempt.started_at),
        )
        if attempt.state not in (DeliveryState.DELIVERED, DeliveryState.SKIPPED):
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR, attempt.reason))
        span.end(end_time=_ns(attempt.ended_at))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _parent(self, uid: str) -> Any:
        digest = hashlib.sha256(uid.encode()).digest()
        context = self._trace.SpanContext(
            int.from_bytes(digest[:16], "big"),
            int.from_bytes(digest[16:24], "big"),
            is_remote=True,
            trace_flags=self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED),
        )
        return self._trace.set_span_in_context(self._trace.NonRecordingSpan(context))


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
