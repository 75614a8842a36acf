"""Says of every route why it takes an event or not, and what would be sent: the plan, told."""

from __future__ import annotations

from dataclasses import dataclass

from router.model import Event
from router.routing.bounds import BoundsError
from router.routing.condition_result import ConditionResult
from router.routing.plan import decide
from router.routing.table import RouteTable
from router.routing.verdict import ActionVerdict, RouteVerdict

__all__ = ["ActionVerdict", "ConditionResult", "Explanation", "RouteVerdict", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every route's verdict, in file order; `reason` says why there are none, where planning fails as a whole."""

    routes: tuple[RouteVerdict, ...]
    reason: str | None = None


def explain(table: RouteTable, event: Event) -> Explanation:
    """Return the verdict of every route, with the deliveries that `plan` would make."""
    try:
        return Explanation(tuple(decide(table, event, table.routes, told=True)))
    except BoundsError as error:
        return Explanation((), str(error))
