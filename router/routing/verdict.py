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
from router.routing.told import IfVerdict, UsedVar, told_if


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """What became of one action; `made` when it has deliveries, else `reason` says why it has none.

    `condition` is told only to those who asked for it, and only where one `if` is for the whole action.
    """

    name: str
    plugin: str
    destination: str
    made: bool
    reason: str
    deliveries: tuple[PlannedDelivery, ...] = ()
    condition: IfVerdict | None = None


@dataclass(frozen=True, slots=True)
class RouteVerdict:
    """What became of one route, in words; what follows `reason` is told only to those who asked for it.

    `misfit` is `source` or `type` where that alone keeps the event away, '' where the conditions decide.
    """

    name: str
    taken: bool
    reason: str
    where: ConditionResult | None = None
    actions: tuple[ActionVerdict, ...] = ()
    condition: IfVerdict | None = None
    vars: tuple[UsedVar, ...] = ()
    misfit: str = ""
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a route takes an event; `otherwise` when by its `else`, `error` when its `if` failed."""

    route: Route
    taken: bool
    reason: str
    where: ConditionResult | None = None
    otherwise: bool = False
    error: str | None = None
    condition: IfVerdict | None = None
    misfit: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether an `if` holds and the value that says so, or why that cannot be said."""

    holds: bool
    error: str | None = None
    value: Any = None


def judge(route: Route, event: Event, scope: Scope, names: dict[str, Any], *, told: bool) -> Judgement:
    """Say whether a route takes an event, were it switched on and its turn; `told` asks for the conditions."""
    if route.sources is not None and event.source not in route.sources:
        wanted = " or ".join(f"`{name}`" for name in sorted(route.sources))
        return Judgement(
            route, False, f"the event is from `{event.source}`, the route takes {wanted}", misfit="source"
        )
    if route.events is not None and not route.events.fits(event.type):
        return Judgement(route, False, f"event is `{event.type}`, the route wants {route.events}", misfit="type")
    result, failed, asked = None, None, None
    if route.where is not None:
        if told:
            result = route.where.explain(scope.of_conditions, event.payload)
            failed = None if result.held else f"where: {_why(result)}"
        elif not route.where.holds(scope.of_conditions, event.payload):
            failed = "where: it does not hold"
    if failed is None and route.condition is not None:
        found = truth(route.condition, names, "`if`")
        asked = told_if(route.condition, names, found.holds, found.value, found.error) if told else None
        if found.error is not None:
            reason = f"`if` failed: {found.error}"
            return Judgement(route, True, reason, result, error=found.error, condition=asked)
        failed = None if found.holds else "`if` is false"
    if failed is None:
        return Judgement(route, True, "taken", result, condition=asked)
    if route.otherwise:
        return Judgement(route, True, f"`else`, because {failed}", result, otherwise=True, condition=asked)
    return Judgement(route, False, failed, result, condition=asked)


def truth(condition: Template, names: dict[str, Any], what: str) -> Truth:
    """Return whether an `if` holds, or why that cannot be said."""
    try:
        with fresh_budget():
            value = condition.bare(names)
            return Truth(bool(value), None, value)
    except Exception as error:
        return Truth(False, str(condition.failed(error, names, what)))


def _why(result: ConditionResult) -> str:
    for child in result.children:
        if not child.held and result.text != "none":
            return _why(child)
    return f"{result.text}: {result.reason}" if result.text and result.text not in result.reason else result.reason
