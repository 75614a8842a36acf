"""Why a route took an event or not, and why an action was not made, each with its place in the routes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from router.routing.condition_result import ConditionResult
from router.routing.explain import RouteVerdict
from router.testing.outcome import Reason
from router.testing.rules import Known


def why(route: RouteVerdict, known: Known) -> Iterator[Reason]:
    """Yield why a route took the event, or why not: the conditions that failed."""
    compiled = known.ruleset.table.route(route.name)
    place = None if compiled is None else compiled.mark
    if route.taken:
        yield Reason(f"`{route.name}` {way(route)}", place)
    elif route.where is not None and not route.where.held and not route.reason.startswith("switched off"):
        yield Reason(f"`{route.name}` did not take it, because of its `where`", place)
        yield from _decisive(route.where)
    else:
        yield Reason(f"`{route.name}` did not take it: {route.reason}", place)


def why_not(
    action: str, verdicts: Mapping[str, RouteVerdict], known: Known, explained: Collection[str] = ()
) -> tuple[Reason, ...]:
    """Return why an action has no deliveries: its own reason, or its route's; in short if that is `explained`."""
    own_name, name = known.actions[action].name, route_of(action, known)
    route = verdicts.get(name)
    if route is None:
        return ()
    if not route.taken:
        return (Reason(f"`{name}` did not take it"),) if name in explained else tuple(why(route, known))
    mark = known.actions[action].mark
    own = next((one for one in route.actions if one.name == own_name), None)
    if own is None:
        other = tuple(_decisive(route.where)) if route.where is not None and not route.where.held else ()
        return (Reason(f"`{name}` {way(route)}", mark), *other)
    return (Reason(own.reason, mark),)


def route_of(action: str, known: Known) -> str:
    """Return the route of an action, which is named `route/action`."""
    return action.removesuffix(f"/{known.actions[action].name}")


def way(route: RouteVerdict) -> str:
    """Return how a route took the event."""
    if route.reason.startswith("`else`"):
        why = ", because `if` is false" if route.reason.endswith("`if` is false") else ""
        return f"took it by its `else`{why}"
    return "took it" if route.reason == "taken" else f"took it: {route.reason}"


def _decisive(result: ConditionResult) -> Iterator[Reason]:
    """Yield the conditions that made a `where` fail."""
    if not result.children:
        if result.text and result.text not in result.reason:
            yield Reason(f"{result.text}: {result.reason}", result.place)
        else:
            yield Reason(result.reason, result.place)
        return
    if result.text == "none":
        for child in result.children:
            if child.held:
                yield Reason(f"none: {child.text}: {child.reason}", child.place)
        return
    for child in result.children:
        if not child.held:
            yield from _decisive(child)
