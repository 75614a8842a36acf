"""What really became of a stored event: its deliveries beside those that the routes would make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from router.journal.answers import StoredEvent
from router.model import StoredDelivery
from router.routing.values import iso


def plain_stored(stored: StoredEvent, deliveries: Sequence[StoredDelivery]) -> dict[str, Any]:
    """Return how a stored event stands, with its deliveries."""
    return {
        "state": stored.state.value,
        "reason": stored.reason,
        "duplicates": stored.duplicates,
        "duplicates_with_another_body": stored.duplicate_differs,
        "deliveries": [_delivery(delivery) for delivery in deliveries],
        "besides": [],
    }


def merged(
    routes: list[dict[str, Any]], stored: dict[str, Any], deliveries: Sequence[StoredDelivery], *, all_told: bool
) -> None:
    """Add to each delivery that would be made what became of the stored one, as `stored`, in place.

    The ids of deliveries are made from event, route, action and item, so that the two are known to be one.
    With `all_told`, `besides` of the event names the stored ones that would not be made now, replays too.
    """
    by_id = {delivery.id: delivery for delivery in deliveries}
    told = set()
    for delivery in (d for route in routes for action in route["actions"] for d in action["deliveries"]):
        found = by_id.get(delivery["delivery"])
        told.add(delivery["delivery"])
        if found is None:
            delivery["stored"] = None
            continue
        delivery["stored"] = _delivery(found) | {"same_params": _params(found) == delivery["params"]}
    if all_told:
        stored["besides"] = [_delivery(delivery) for delivery in deliveries if delivery.id not in told]


def _delivery(delivery: StoredDelivery) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "route": delivery.route,
        "action": delivery.action,
        "index": delivery.index,
        "destination": delivery.destination,
        "state": delivery.state.value,
        "reason": delivery.reason,
        "attempts": delivery.attempts,
        "settled_at": None if delivery.settled_at is None else iso(delivery.settled_at),
    }


def _params(delivery: StoredDelivery) -> Any:
    try:
        return json.loads(delivery.params)
    except ValueError:
        return None
