"""What one route says of one event: taken or not and why, and what it makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.model import Event, PlannedDelivery
from router.routing.bounds import fresh_budget
from router.routing.condition_result import ConditionResult
from router.routing.route import Route
from router.routing.scope import Scope
from router.routing.template import Template


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """What became of one action; `made` when it has deliveries, else `reason` says why it has none."""

    name: str
    plugin: str
    destination: str
    made: bool
    reason: str
    deliveries: tuple[PlannedDelivery, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteVerdict:
    """What became of one route, in words; `where` is told only to those who asked for it."""

    name: str
    taken: bool
    reason: str
    where: ConditionResult | None = None
    actions: tuple[ActionVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a route takes an event; `otherwise` when by its `else`, `error` when its `if` failed."""

    route: Route
    taken: bool
    reason: str
    where: ConditionResult | None = None
    otherwise: bool = False
    error: str | None = None


def judge(route: Route, event: Event, scope: Scope, names: dict[str, Any], *, told: bool) -> Judgement:
    """Say whether a route takes an event, were it switched on and its turn; `told` asks for the conditions."""
    if route.sources is not None and event.source not in route.sources:
        wanted = " or ".join(f"`{name}`" for name in sorted(route.sources))
        return Judgement(route, False, f"the event is from `{event.source}`, the route takes {wanted}")
    if route.events is not None and not route.events.fits(event.type):
        return Judgement(route, False, f"event is `{event.type}`, the route wants {route.events}")
    result, failed = None, None
    if route.where is not None:
        if told:
            result = route.where.explain(scope.of_conditions, event.payload)
            failed = None if result.held else f"where: {_why(result)}"
        elif not route.where.holds(scope.of_conditions, event.payload):
            failed = "where: it does not hold"
    if failed is None and route.condition is not None:
        holds, error = truth(route.condition, names, "`if`")
        if error is not None:
            return Judgement(route, True, f"`if` failed: {error}", result, error=error)
        failed = None if holds else "`if` is false"
    if failed is None:
        return Judgement(route, True, "taken", result)
    if route.otherwise:
        return Judgement(route, True, f"`else`, because {failed}", result, otherwise=True)
    return Judgement(route, False, failed, result)


def truth(condition: Template, names: dict[str, Any], what: str) -> tuple[bool, str | None]:
    """Return whether an `if` holds, or why that cannot be said."""
    try:
        with fresh_budget():
            return bool(condition.bare(names)), None
    except Exception as error:
        return False, str(condition.failed(error, names, what))


def _why(result: ConditionResult) -> str:
    for child in result.children:
        if not child.held and result.text != "none":
            return _why(child)
    return f"{result.text}: {result.reason}" if result.text and result.text not in result.reason else result.reason
