"""Decides what is to be done about an event. Pure: the same event and routes give the same plan, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from router.ids import delivery_id
from router.model import Event, EventState, Plan, PlannedDelivery
from router.routing.action import RouteAction
from router.routing.bounds import DELIVERIES, BoundsError, event_budget, fresh_budget
from router.routing.maker import Maker
from router.routing.parts import listed
from router.routing.route import Route
from router.routing.scope import Scope
from router.routing.table import RouteTable
from router.routing.told import IfVerdict, UsedVar, told_if, used_vars
from router.routing.verdict import ActionVerdict, Judgement, RouteVerdict, Truth, judge, truth

Only = Callable[[str, str], bool]


def plan(table: RouteTable, event: Event, *, replay: str = "", only: Only | None = None) -> Plan:
    """Return the event with its deliveries, rendered.

    `replay` names a replay, whose deliveries have ids of their own; `only` says of route and action whether
    to make their deliveries. Never raises: what goes wrong as a whole is a plan with the state `plan-failed`.
    """
    try:
        verdicts = decide(table, event, table.candidates(event.source, event.type), replay=replay, only=only)
        made = tuple(d for verdict in verdicts for action in verdict.actions for d in action.deliveries)
        if made:
            return Plan(event, EventState.PLANNED, made)
        return Plan(event, EventState.UNMATCHED, (), _unmatched(verdicts))
    except (Exception, RecursionError, MemoryError) as error:
        return Plan(event, EventState.PLAN_FAILED, (), f"planning failed: {failure(error)}")


def failure(error: BaseException) -> str:
    """Return why an event cannot be planned as a whole."""
    return str(error) if isinstance(error, BoundsError) else f"{type(error).__name__}: {error}"


def decide(
    table: RouteTable,
    event: Event,
    routes: Iterable[Route],
    *,
    replay: str = "",
    only: Only | None = None,
    told: bool = False,
) -> list[RouteVerdict]:
    """Return the verdict of each route, in their order; raises BoundsError for more than 1,000 deliveries."""
    with event_budget():
        return _Decision(table, event, replay, only, told).of(tuple(routes))


class _Decision:
    def __init__(self, table: RouteTable, event: Event, replay: str, only: Only | None, told: bool) -> None:
        self.table = table
        self.event = event
        self.only = only
        self.told = told
        self.scope = Scope(event, table.constants, table.source_vars.get(event.source, ()))
        self.maker = Maker(event, partial(_identified, event.uid, replay), event.received_at)
        self.made = 0

    def of(self, routes: tuple[Route, ...]) -> list[RouteVerdict]:
        taken_by: str | None = None
        verdicts: dict[int, RouteVerdict] = {}
        for route in sorted(routes, key=lambda route: route.fallback):
            names = self.scope.of_route(route.name, route.vars)
            judged = judge(route, self.event, self.scope, names, told=self.told)
            if not route.enabled:
                judged = _switched_off(judged)
            elif route.fallback and judged.taken and taken_by is not None:
                judged = replace(judged, taken=False, reason=f"fallback: another route took it (`{taken_by}`)")
            elif judged.taken and not route.fallback:
                taken_by = taken_by or route.name
            actions = self._actions(judged, names) if judged.taken else ()
            verdicts[route.order] = RouteVerdict(
                *(route.name, judged.taken, judged.reason, judged.where, actions, judged.condition),
                vars=self._vars(judged, names) if self.told else (),
                misfit=judged.misfit,
                otherwise=judged.otherwise,
            )
        return [verdicts[route.order] for route in routes]

    def _vars(self, judged: Judgement, names: dict[str, Any]) -> tuple[UsedVar, ...]:
        route, found = judged.route, [judged.route.condition] if judged.route.condition is not None else []
        if judged.taken:
            actions = route.otherwise if judged.otherwise else route.actions
            found += [template for action in actions for template in action.templates]
        owners = {
            "route": route.vars,
            "source": self.table.source_vars.get(self.event.source, ()),
        }
        return used_vars(found, owners, self.table.constants, names)

    def _actions(self, judged: Judgement, names: dict[str, Any]) -> tuple[ActionVerdict, ...]:
        actions = judged.route.otherwise if judged.otherwise else judged.route.actions
        return tuple(self._action(judged, action, names) for action in actions)

    def _action(self, judged: Judgement, action: RouteAction, names: dict[str, Any]) -> ActionVerdict:
        reason = "made"
        condition: IfVerdict | None = None
        deliveries: tuple[PlannedDelivery, ...] = ()
        if action.events is not None and not action.events.fits(self.event.type):
            reason = f"event is `{self.event.type}`, the action wants {action.events}"
        elif self.only is not None and not self.only(judged.route.name, action.name):
            reason = "left out: nothing is to be done again"
        elif judged.error is not None:
            deliveries = (self.maker.dead(judged.route.name, action, None, judged.error),)
        else:
            found = Truth(True)
            if action.condition is not None and not action.condition_of_item:
                found = truth(action.condition, names, "`if`")
                if self.told:
                    condition = told_if(action.condition, names, found.holds, found.value, found.error)
            deliveries, why = self._deliveries(judged.route, action, names, found)
            reason = why or reason
        self.made += len(deliveries)
        if self.made > DELIVERIES:
            raise BoundsError(f"more than {DELIVERIES:,} deliveries for one event")
        made = bool(deliveries)
        return ActionVerdict(
            *(action.name, action.plugin.name, action.destination.name, made, reason, deliveries, condition)
        )

    def _deliveries(
        self, route: Route, action: RouteAction, names: dict[str, Any], asked: Truth
    ) -> tuple[tuple[PlannedDelivery, ...], str | None]:
        if asked.error is not None:
            return (self.maker.dead(route.name, action, None, asked.error),), None
        if not asked.holds:
            return (), "`if` is false"
        if action.each is None:
            return (self.maker.rendered(route.name, action, None, names),), None
        try:
            with fresh_budget():
                items = listed(action.each.bare(names))
        except Exception as error:
            failed = action.each.failed(error, names, "`for_each`")
            return (self.maker.dead(route.name, action, None, str(failed)),), None
        if self.made + len(items) > DELIVERIES:
            raise BoundsError(f"more than {DELIVERIES:,} deliveries for one event")
        found = [self._of_item(route, action, i, {**names, "item": x, "index": i}) for i, x in enumerate(items)]
        made = tuple(delivery for delivery in found if delivery is not None)
        if made:
            return made, None
        return (), "`if` is false for every item" if items else "`for_each` has no items"

    def _of_item(
        self, route: Route, action: RouteAction, index: int, names: dict[str, Any]
    ) -> PlannedDelivery | None:
        if action.condition is not None and action.condition_of_item:
            found = truth(action.condition, names, "`if`")
            if found.error is not None:
                return self.maker.dead(route.name, action, index, found.error)
            if not found.holds:
                return None
        return self.maker.rendered(route.name, action, index, names)


def _identified(uid: str, replay: str, route: str, action: str, index: int | None) -> str:
    return delivery_id(uid, route, action, index, replay)


def _switched_off(judged: Judgement) -> Judgement:
    would = "; it would have taken the event" if judged.taken else f"; besides: {judged.reason}"
    return replace(judged, taken=False, reason=f"switched off{would}")


def _unmatched(verdicts: list[RouteVerdict]) -> str:
    taken = [verdict for verdict in verdicts if verdict.taken]
    if taken:
        actions = [(v.name, a) for v in taken for a in v.actions]
        return "nothing to do: " + "; ".join(f"`{name}/{a.name}`: {a.reason}" for name, a in actions[:5])
    off = [v.name for v in verdicts if v.reason == "switched off; it would have taken the event"]
    if off:
        return "no route took it; switched off: " + ", ".join(f"`{name}`" for name in off)
    return "no route took it"
