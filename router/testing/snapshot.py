"""What happened to one event, as a test says it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from router.model import DeliveryState, Plan, PlannedDelivery
from router.printable import to_the_second
from router.routing.explain import Explanation
from router.specimen import Specimen

_PLACE = re.compile(r"^\S+:\d+: ")  # lines of the routes come and go


def snapshot(specimen: Specimen, plan: Plan | None, explanation: Explanation | None) -> dict[str, Any]:
    """Return a whole `expect`: of a refusal the verdict, else the routes and every action's parameters."""
    if specimen.refusal is not None or plan is None or explanation is None:
        return {"verify": verdict_of(specimen)}
    routes = [route.name for route in explanation.routes if route.taken]
    actions = {name: told(deliveries) for name, deliveries in deliveries_of(plan).items()}
    return {"routes": routes, **({"actions": actions} if actions else {})}


def verdict_of(specimen: Specimen) -> Any:
    """Return the verdict of the verification."""
    refusal = specimen.refusal
    return "ok" if refusal is None else {"status": refusal.status, "reason": refusal.reason}


def deliveries_of(plan: Plan) -> dict[str, list[PlannedDelivery]]:
    """Return the deliveries of each `route/action` that has some."""
    found: dict[str, list[PlannedDelivery]] = {}
    for delivery in plan.deliveries:
        found.setdefault(f"{delivery.route}/{delivery.action}", []).append(delivery)
    return found


def told(deliveries: Sequence[PlannedDelivery]) -> Any:
    """Return the value of an action: parameters, or a state; a list for `for_each`, None without deliveries."""
    values = [value_of(delivery) for delivery in deliveries]
    indexed = any(delivery.index is not None for delivery in deliveries)
    return (values if indexed else values[0]) if values else None


def facts_of(delivery: PlannedDelivery) -> dict[str, str | None]:
    """Return what else a test can say of a delivery, beside its state."""
    due = None if delivery.due_at is None else to_the_second(delivery.due_at)
    return {"destination": delivery.destination, "due_at": due, "lane": delivery.lane or None}


def value_of(delivery: PlannedDelivery) -> Any:
    """Return the parameters of a delivery; its state and reason where it is not to be sent."""
    if delivery.state is DeliveryState.READY:
        return json.loads(delivery.params)
    return {"state": delivery.state.value, "reason": _PLACE.sub("", delivery.reason or "")}
