"""`router events`: what came in, and what became of it."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from router.cli.exit import AT_FAULT, FINE, Stop
from router.cli.export import add_export
from router.cli.listing import add_list, add_show, filters, print_page
from router.cli.output import dump, safe, table, when
from router.cli.store import reader
from router.model import DeliveryState, EventState


def add(commands: Any) -> None:
    """Add the command group."""
    group = commands.add_parser("events", help="what came in, and what became of it")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    listing = add_list(verbs, "events", list_events)
    listing.add_argument("--state", choices=[state.value for state in EventState])
    listing.add_argument(
        "--delivery-state", choices=[state.value for state in DeliveryState], help="with a delivery in this state"
    )
    about = "one event whole: headers, body, deliveries"
    add_show(verbs, about, "the router's id of the event, or the sender's", show_event)
    add_export(verbs)


def list_events(asked: argparse.Namespace) -> int:
    """Print the events that fit."""
    from router.journal.journal import EventFilter

    wanted = EventFilter(
        state=EventState(asked.state) if asked.state else None,
        delivery_state=DeliveryState(asked.delivery_state) if asked.delivery_state else None,
        **filters(asked),
    )
    return print_page(
        asked,
        wanted,
        as_dict=_as_dict,
        head=("EVENT", "RECEIVED", "SOURCE", "TYPE", "STATE", "DELIVERIES", "REASON"),
        row=lambda e: (e.uid, when(e.received_at), e.source, e.type, e.state, _counts(e), e.reason or ""),
    )


def show_event(asked: argparse.Namespace) -> int:
    """Print one event with its deliveries."""
    from router.journal.journal import DeliveryFilter

    async def read() -> Any:
        async with reader(asked) as store:
            event = await store.event(asked.id)
            if event is None:
                return None, []
            return event, await store.deliveries(DeliveryFilter(event=event.uid, limit=1000))

    event, deliveries = asyncio.run(read())
    if event is None:
        raise Stop(f"no event has the id `{asked.id}` (see `router events list`)", AT_FAULT)
    if asked.json:
        whole = _as_dict(event) | {
            "headers": event.headers,
            "query": event.query,
            "body": event.body,
            "deliveries": [
                {"id": d.id, "route": d.route, "action": d.action, "state": d.state} for d in deliveries
            ],
        }
        print(dump(whole))
        return FINE
    facts = [
        ("event", event.uid),
        ("sender's id", event.id),
        ("source", event.source),
        ("type", event.type),
        ("time", when(event.time)),
        ("received", when(event.received_at)),
        ("state", event.state + (f": {event.reason}" if event.reason else "")),
        ("duplicates", str(event.duplicates)),
        ("configuration", event.config[:12] or "unknown"),
        *((f"{name}:", value) for name, value in event.headers),
    ]
    for name, value in facts:
        print(f"{safe(name):<14} {safe(value)}")
    print()
    print(_pretty(event.body))
    if deliveries:
        print()
        rows = [
            (d.id, f"{d.route}/{d.action}", d.destination, d.state, d.attempts, d.reason or "") for d in deliveries
        ]
        print(table(("DELIVERY", "ACTION", "DESTINATION", "STATE", "ATTEMPTS", "REASON"), rows))
    return FINE


def _as_dict(event: Any) -> dict[str, Any]:
    return {
        "event": event.uid,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": event.time,
        "received_at": event.received_at,
        "state": event.state,
        "reason": event.reason,
        "size": event.size,
        "duplicates": event.duplicates,
        "config": event.config or None,
        "deliveries": {state.value: number for state, number in event.deliveries.items()},
    }


def _counts(event: Any) -> str:
    return " ".join(f"{number} {state.value}" for state, number in event.deliveries.items() if number) or "none"


def _pretty(body: bytes) -> str:
    import json

    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "backslashreplace")
    return "\n".join(safe(line) for line in text.split("\n"))
