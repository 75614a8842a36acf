"""The whole account of one event, as plain values: what JSON shows, and the terminal renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from router.errors import Rejected
from router.explaining.identification import identification
from router.explaining.nearest import nearest
from router.explaining.plain import plain_routes, plain_value, writable
from router.explaining.stored import merged, plain_stored
from router.explaining.verification import Verification
from router.journal.answers import StoredEvent
from router.model import Event, RawRequest, StoredDelivery
from router.routing.values import iso
from router.ruleset import Ruleset
from router.sources.source import Source


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about; `kind` is sample, payload, request or stored.

    `name` says where it came from, `notes` what was done to it. A stored event has its deliveries, too;
    `by_stored` says that it is told by the configuration that the journal keeps, and `differences` which variables
    have another value today.
    """

    kind: str
    name: str
    source: Source
    request: RawRequest
    uid: str
    verification: Verification
    notes: tuple[str, ...] = ()
    stored: StoredEvent | None = None
    deliveries: Sequence[StoredDelivery] = ()
    by_stored: bool = False
    differences: tuple[str, ...] = ()


def account(
    ruleset: Ruleset, subject: Subject, texts: Mapping[str, str], *, only: str | None = None
) -> dict[str, Any]:
    """Return the account of an event by a configuration, without its secrets; `only` is the one route to tell of.

    `texts` are the files, for the lines that errors are about. The routes of a refused request are told as if it
    were genuine.
    """
    request = subject.request
    event, unread = _event(subject)
    found: dict[str, Any] = {
        "subject": {
            "kind": subject.kind,
            "name": subject.name,
            "source": subject.source.name,
            "bytes": len(request.body),
            "received_at": iso(request.received_at),
            "notes": list(subject.notes),
        },
        "configuration": {
            "file": str(ruleset.document.path),
            "digest": ruleset.digest,
            "made_up": sorted(ruleset.document.made),
            "stored": subject.by_stored,
            "differences": list(subject.differences),
        },
        "verification": asdict(subject.verification),
        "event": None if event is None else _identified(subject, event),
        "stored": None if subject.stored is None else plain_stored(subject.stored, subject.deliveries),
        "unreadable": unread,
        "handshake": event is None and subject.source.is_handshake(request),
        "failed": None,
        "routes": [],
        "others": {"number": 0, "nearest": []},
    }
    if event is not None:
        found |= _routes(ruleset, event, texts, only)
        if subject.stored is not None:
            merged(found["routes"], found["stored"], subject.deliveries, all_told=only is None)
    taken = [route for route in found["routes"] if route["taken"]]
    found["taken"] = len(taken)
    found["deliveries"] = sum(len(action["deliveries"]) for route in taken for action in route["actions"])
    cleaned: dict[str, Any] = ruleset.redactor.tree(writable(found))
    return cleaned


def _event(subject: Subject) -> tuple[Event | None, str | None]:
    if subject.source.is_handshake(subject.request):
        return None, "it is a handshake, which is answered and is no event"
    source, stored = subject.source, subject.stored
    try:
        if stored is not None:
            return source.recall(subject.request, stored.uid, stored.id, deduplicable=stored.deduplicable), None
        return source.identify(subject.request, subject.uid), None
    except Rejected as error:
        return None, error.reason


def _identified(subject: Subject, event: Event) -> dict[str, Any]:
    return {
        "uid": event.uid,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": iso(event.time),
        "received_at": iso(event.received_at),
        "deduplicable": event.deduplicable,
        "found": [asdict(found) for found in identification(subject.source, subject.request, event)],
        "data": plain_value(event.data),
    }


def _routes(ruleset: Ruleset, event: Event, texts: Mapping[str, str], only: str | None) -> dict[str, Any]:
    explanation = ruleset.explain(event)
    if only is not None:
        routes = tuple(verdict for verdict in explanation.routes if verdict.name == only)
        explanation = replace(explanation, routes=routes)
    others = [verdict.name for verdict in explanation.routes if verdict.misfit]
    away = [route for name in others if (route := ruleset.table.route(name)) is not None]
    return {
        "failed": explanation.reason,
        "routes": plain_routes(ruleset.table, event, explanation, texts),
        "others": {"number": len(others), "nearest": nearest(away, event)},
    }
