"""`router deliveries`: what was to be done, and how each try went."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from router.cli.exit import AT_FAULT, FINE, Stop
from router.cli.listing import add_list, add_show, filters, print_page
from router.cli.output import dump, safe, table, when
from router.cli.store import reader
from router.model import DeliveryState


def add(commands: Any) -> None:
    """Add the command group."""
    group = commands.add_parser("deliveries", help="what was to be done, and how each try went")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    listing = add_list(verbs, "deliveries", list_deliveries)
    listing.add_argument("--event", metavar="ID", help="of this event")
    listing.add_argument("--action", help="of this action, without its route")
    listing.add_argument("--destination", help="to this destination")
    listing.add_argument("--state", choices=[state.value for state in DeliveryState])
    add_show(verbs, "one delivery whole: parameters, attempts", "the delivery's id", show_delivery)


def list_deliveries(asked: argparse.Namespace) -> int:
    """Print the deliveries that fit."""
    from router.journal.journal import DeliveryFilter

    wanted = DeliveryFilter(
        event=asked.event,
        action=asked.action,
        destination=asked.destination,
        state=DeliveryState(asked.state) if asked.state else None,
        **filters(asked),
    )
    return print_page(
        asked,
        wanted,
        as_dict=_as_dict,
        head=("DELIVERY", "CREATED", "ACTION", "DESTINATION", "STATE", "ATTEMPTS", "REASON"),
        row=lambda d: (
            d.id,
            when(d.created_at),
            f"{d.route}/{d.action}",
            d.destination,
            _state(d),
            d.attempts,
            d.reason or "",
        ),
    )


def show_delivery(asked: argparse.Namespace) -> int:
    """Print one delivery with its attempts."""

    async def read() -> Any:
        async with reader(asked) as store:
            delivery = await store.delivery(asked.id)
            if delivery is None:
                return None, [], None
            return delivery, await store.attempts(delivery.id), await _why_blocked(store, delivery)

    delivery, attempts, blocked = asyncio.run(read())
    if delivery is None:
        raise Stop(f"no delivery has the id `{asked.id}` (see `router deliveries list`)", AT_FAULT)
    tries = [
        {
            "number": a.number,
            "started_at": a.started_at,
            "ended_at": a.ended_at,
            "outcome": a.outcome,
            "reason": a.reason,
            "facts": dict(a.facts),
        }
        for a in attempts
    ]
    if asked.json:
        more = {"lane": delivery.lane, "blocked": blocked, "params": _params(delivery), "attempts_made": tries}
        print(dump(_as_dict(delivery) | more))
        return FINE
    facts = [
        ("delivery", delivery.id),
        ("event", delivery.event_uid),
        ("action", f"{delivery.route}/{delivery.action}"),
        ("destination", f"{delivery.destination} ({delivery.plugin} {delivery.plugin_version})"),
        *([("lane", delivery.lane)] if delivery.lane else []),
        ("state", _state(delivery) + (f": {delivery.reason}" if delivery.reason else "")),
        ("attempts", f"{delivery.attempts} of {delivery.max_attempts}"),
        ("created", when(delivery.created_at)),
    ]
    if delivery.settled_at is None:
        facts += [("due", when(delivery.due_at)), ("until", when(delivery.expires_at))]
    else:
        facts.append(("settled", when(delivery.settled_at)))
    if blocked:
        facts.append(("its lane", blocked))
    for name, value in facts:
        print(f"{name:<12} {safe(value)}")
    print("\nparameters")
    print("\n".join(f"  {safe(line)}" for line in dump(_params(delivery)).split("\n")))
    if tries:
        print()
        rows = [
            (a.number, when(a.started_at), a.outcome or "running", a.reason or "", json.dumps(dict(a.facts)))
            for a in attempts
        ]
        print(table(("ATTEMPT", "STARTED", "OUTCOME", "REASON", "FACTS"), rows))
    return FINE


async def _why_blocked(store: Any, delivery: Any) -> str | None:
    """Say why nothing starts in the delivery's lane; None where it does, or where nobody waits for it."""
    from router.running import utc_now

    if delivery.state is not DeliveryState.READY:
        return None
    lanes = {(lane.destination, lane.lane): lane for lane in await store.stored_lanes()}
    lane = lanes.get((delivery.destination, delivery.lane))
    return None if lane is None else lane.why_blocked(utc_now())


def _state(delivery: Any) -> str:
    """Return the state that a person is shown: what is ready and not due yet waits."""
    from router.running import utc_now

    waits = delivery.state is DeliveryState.READY and delivery.due_at > utc_now()
    return f"waiting until {when(delivery.due_at)}" if waits else str(delivery.state)


def _params(delivery: Any) -> Any:
    try:
        return json.loads(delivery.params or b"null")
    except ValueError:
        return delivery.params


def _as_dict(delivery: Any) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "event": delivery.event_uid,
        "source": delivery.source,
        "route": delivery.route,
        "action": delivery.action,
        "destination": delivery.destination,
        "plugin": delivery.plugin,
        "state": delivery.state,
        "reason": delivery.reason,
        "attempts": delivery.attempts,
        "max_attempts": delivery.max_attempts,
        "created_at": delivery.created_at,
        "due_at": delivery.due_at,
        "settled_at": delivery.settled_at,
    }
