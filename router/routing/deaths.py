"""Decides what is done about the death of a delivery. Pure: the same event, routes and death give the same."""

from __future__ import annotations

from typing import Any

from router.ids import delivery_id
from router.model import Death, Event, PlannedDelivery
from router.routing.action import PREFIX, RouteAction
from router.routing.bounds import event_budget
from router.routing.maker import Maker
from router.routing.names import DEATH_MEMBERS
from router.routing.scope import Scope
from router.routing.table import RouteTable
from router.routing.vars import Var
from router.routing.verdict import truth


def on_dead(table: RouteTable, event: Event, death: Death) -> tuple[PlannedDelivery, ...]:
    """Return the deliveries of the `on_dead` of the route, or of the file where it has none; never raises.

    A route or source that has gone leaves the file's. The same death makes the same ids; a template that fails
    makes a dead delivery, and no death of any of them is told.
    """
    actions, vars_ = _list(table, event, death)
    scope = Scope(event, table.constants, table.source_vars.get(event.source, ()))
    told = {member: getattr(death, member) for member in DEATH_MEMBERS}
    names = {**scope.of_route(death.route, vars_), "delivery": told}

    def identified(route: str, action: str, index: int | None) -> str:
        return delivery_id(death.id, route, action, index, str(death.lease))

    maker = Maker(event, identified, event.received_at, prefix=PREFIX, tells=False)
    with event_budget():
        made = [_made(maker, death.route, action, names) for action in actions]
    return tuple(delivery for delivery in made if delivery is not None)


def _list(table: RouteTable, event: Event, death: Death) -> tuple[tuple[RouteAction, ...], tuple[Var, ...]]:
    route = table.route(death.route)
    if route is None or route.on_dead is None or event.source not in table.source_vars:
        return table.on_dead, ()
    return route.on_dead, route.vars


def _made(maker: Maker, route: str, action: RouteAction, names: dict[str, Any]) -> PlannedDelivery | None:
    if action.condition is not None:
        found = truth(action.condition, names, "`if`")
        if found.error is not None:
            return maker.dead(route, action, None, found.error)
        if not found.holds:
            return None
    return maker.rendered(route, action, None, names)
