"""Says of every route why it takes an event or not, and what would be sent: the plan, told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from router.model import Event
from router.routing.condition_result import ConditionResult
from router.routing.plan import decide, failure
from router.routing.route import Route
from router.routing.table import RouteTable
from router.routing.verdict import ActionVerdict, RouteVerdict

__all__ = ["ActionVerdict", "ConditionResult", "Explanation", "RouteVerdict", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every route's verdict, in file order; `reason` says why there are none, where planning fails as a whole."""

    routes: tuple[RouteVerdict, ...]
    reason: str | None = None


def explain(table: RouteTable, event: Event, named: Collection[str] | None = None) -> Explanation:
    """Return the verdict of every route, with the deliveries that `plan` would make.

    Never raises: where `plan` fails as a whole, so does this, for the same reason. `named` are routes to tell of
    besides those that want events of this source and type; without it all are told of.
    """
    try:
        return Explanation(tuple(decide(table, event, _told_of(table, event, named), told=True)))
    except (Exception, RecursionError, MemoryError) as error:
        return Explanation((), failure(error))


def _told_of(table: RouteTable, event: Event, named: Collection[str] | None) -> tuple[Route, ...]:
    if named is None:
        return tuple(table.routes)
    found = {route.order: route for route in table.candidates(event.source, event.type)}
    found |= {route.order: route for name in named if (route := table.route(name)) is not None}
    return tuple(found[order] for order in sorted(found))
