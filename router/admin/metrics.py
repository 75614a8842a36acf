"""Prometheus metrics of the data path, kept by an observer, and the journal's counts, read when asked."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from router.journal.journal import Stats
from router.model import Attempt, DeliveryState, Event, Plan, RawRequest, StoredDelivery
from router.observe import Observer

disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` beside each counter says nothing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: What the worker tells of itself.
_WORKER = {
    "deliveries_running": "Attempts under way",
    "attempts_abandoned": "Attempts that ignore their time-out; each costs a slot until it ends",
    "outcomes_unrecorded": "Outcomes that wait for the journal",
    "destinations_unavailable": "Destinations that could not be opened yet",
    "lanes_paused": "Lanes that a person or their destination has paused",
    "breakers_open": "Lanes whose circuit breaker is open, or being probed",
    "deliveries_stranded": "Ready deliveries whose destination the configuration does not have",
}


class Metrics(Observer):
    """Counts what is observed; labels are names of the configuration and fixed words, never data of events."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # its processor time, memory and open files, where /proc tells
        self._events = self._counter(
            "router_events", "Events accepted, by source and what was planned", "source", "state"
        )
        self._duplicates = self._counter(
            "router_duplicates", "Events that had come before; differs: with another body", "source", "differs"
        )
        self._refusals = self._counter("router_refusals", "Requests refused, by status", "source", "status")
        self._secrets = self._counter(
            "router_source_secret_used", "Genuine requests, by the number of the secret", "source", "secret"
        )
        self._handshakes = self._counter("router_handshakes", "Handshakes of senders answered", "source")
        self._attempts = self._counter(
            "router_attempts", "Attempts of deliveries, by outcome", "destination", "outcome"
        )
        self._dead = self._counter("router_dead", "Deliveries that died", "destination", "route")
        self._reloads = self._counter(
            "router_reloads", "Reads of the configuration, the one at the start too", "result"
        )
        self._purged = self._counter("router_purged_events", "Events removed because their retention was over")
        self._seconds = Histogram(
            "router_attempt_seconds", "Duration of attempts", ["destination"], registry=self._registry
        )
        self._config = Gauge(
            "router_config_info", "1 for the configuration in force", ["digest"], registry=self._registry
        )
        self._loaded_at = Gauge(
            "router_config_last_reload_success_timestamp_seconds",
            "When the files were last read and put in force, in seconds since 1970",
            registry=self._registry,
        )
        self._problems = Gauge(
            "router_config_problems",
            "Errors in the files when they were last read; with any the old configuration stays in force",
            registry=self._registry,
        )
        self._stored_events = Gauge(
            "router_journal_events", "Events in the journal, by state", ["state"], registry=self._registry
        )
        self._stored_deliveries = Gauge(
            "router_journal_deliveries", "Deliveries in the journal, by state", ["state"], registry=self._registry
        )
        self._worker = {
            name: Gauge(f"router_{name}", text, registry=self._registry) for name, text in _WORKER.items()
        }
        self._bytes = Gauge("router_journal_bytes", "Size of the journal", registry=self._registry)
        self._oldest = Gauge(
            "router_oldest_due_seconds", "How long the oldest due delivery has waited", registry=self._registry
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def refused(self, request: RawRequest | None, source: str, status: int, reason: str) -> None:
        """Count a refusal; a source that is not configured is counted under one name for all."""
        self._refusals.labels(source="unknown" if status == 404 else source, status=str(status)).inc()

    def verified(self, source: str, secret: int) -> None:
        """Count the secret, so that a rotation can be finished."""
        self._secrets.labels(source=source, secret=str(secret)).inc()

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        """Count an event or a duplicate."""
        if duplicate:
            self._duplicates.labels(source=event.source, differs=str(differs).lower()).inc()
            return
        self._events.labels(source=event.source, state=plan.state.value).inc()
        for delivery in plan.deliveries:
            if delivery.state is DeliveryState.DEAD:
                self._dead.labels(destination=delivery.destination, route=delivery.route).inc()

    def handshake(self, source: str) -> None:
        """Count a handshake."""
        self._handshakes.labels(source=source).inc()

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        """Count an attempt, and a death."""
        self._attempts.labels(destination=delivery.destination, outcome=attempt.outcome.value).inc()
        self._seconds.labels(destination=delivery.destination).observe(attempt.duration.total_seconds())
        if attempt.state is DeliveryState.DEAD:
            self._dead.labels(destination=delivery.destination, route=delivery.route).inc()

    def reloaded(self, digest: str, problems: int, failure: str = "") -> None:
        """Count a reload, and name the configuration in force."""
        result = "failed" if failure else "refused" if problems else "loaded"
        self._reloads.labels(result=result).inc()
        self._problems.set(problems)
        if result == "loaded":
            self._loaded_at.set_to_current_time()
            self._config.clear()
            self._config.labels(digest=digest[:12]).set(1)

    def purged(self, events: int) -> None:
        """Count removed events."""
        self._purged.inc(events)

    def exposition(self, stats: Stats | None, waited: float, worker: Mapping[str, float]) -> bytes:
        """Return the text format, with the journal's counts where they could be read."""
        for name, number in worker.items():
            self._worker[name].set(number)
        if stats is not None:
            for event_state, number in stats.events.items():
                self._stored_events.labels(state=event_state.value).set(number)
            for state in DeliveryState:
                self._stored_deliveries.labels(state=state.value).set(stats.deliveries.get(state, 0))
            self._bytes.set(stats.bytes)
            self._oldest.set(waited)
        return generate_latest(self._registry)
