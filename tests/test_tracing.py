"""Spans of events and attempts."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from router.model import Attempt, DeliveryState, EventState, Outcome, Plan
from router.tracing import ENDPOINT, Tracing, _ns, tracing
from tests.delivery.house import START, event, planned, stored

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="the extra `otel` is not installed")


def test_an_event_and_its_attempts_share_a_trace() -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    observer = Tracing(provider)
    came = event()
    observer.accepted(came, Plan(came, EventState.PLANNED, (planned(),)), duplicate=False, differs=False)
    delivery = stored(event_uid=came.uid)
    ended = START + timedelta(seconds=2)
    failed = Attempt(delivery.id, 1, 1, START, ended, Outcome.DEAD, DeliveryState.DEAD, reason="HTTP 400")
    observer.attempted(delivery, failed)
    observer.attempted(
        delivery, Attempt(delivery.id, 2, 2, START, ended, Outcome.DELIVERED, DeliveryState.DELIVERED)
    )

    first, second, third = exporter.get_finished_spans()
    assert [first.name, second.name] == ["event clerk/user.created", "attempt hello/say"]
    assert first.context.trace_id == second.context.trace_id == third.context.trace_id
    assert second.attributes is not None
    assert second.attributes["router.delivery"] == delivery.id
    assert second.attributes["router.outcome"] == "dead"
    assert (second.start_time, second.end_time) == (_ns(START), _ns(ended))
    assert (second.status.is_ok, second.status.description, third.status.is_ok) == (False, "HTTP 400", True)
    observer.close()


def test_without_an_endpoint_there_is_no_tracing_and_nothing_is_imported() -> None:
    assert tracing({}) is None
    code = (
        "import sys, router.tracing as t; assert t.tracing({}) is None; assert 'opentelemetry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_with_an_endpoint_there_is_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    observer = tracing({ENDPOINT: "http://127.0.0.1:9"})
    assert observer is not None
    observer.close()


def test_a_missing_package_is_a_warning_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert tracing({ENDPOINT: "http://127.0.0.1:9"}) is None
    assert "install router[otel]" in caplog.text
