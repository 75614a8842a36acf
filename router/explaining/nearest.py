"""Routes that do not fit the source or type of an event, and probably were meant to."""

from __future__ import annotations

from difflib import SequenceMatcher

from router.model import Event
from router.routing.route import Route

_NEAR = 0.7
_TOLD = 3


def nearest(routes: list[Route], event: Event) -> list[str]:
    """Return the names of routes for other events that are nearest to this one, the nearest first."""
    rated = [(_nearness(route, event), route.order, route.name) for route in routes]
    return [name for rate, _, name in sorted(rated, key=lambda one: (-one[0], one[1])) if rate >= _NEAR][:_TOLD]


def _nearness(route: Route, event: Event) -> float:
    """Rate how near a route is: 1 for the same type of another source, less for a type that is spelled alike."""
    here = route.sources is None or event.source in route.sources
    if route.events is None or not event.type:
        return 0.0 if here or route.events is None else 0.5
    if route.events.fits(event.type):
        return 1.0
    rate = max((_alike(name, event.type) for name in (*route.events.exact, *route.events.globs)), default=0.0)
    return rate if here else rate - 0.2


def _alike(name: str, type_: str) -> float:
    """Compare two types; where both have several parts, the family and the rest have to be alike."""
    one, other = name.replace("*", "").lower(), type_.lower()
    family, _, last = one.rpartition(".")
    family_too, _, last_too = other.rpartition(".")
    if family and family_too:
        return min(_ratio(family, family_too), _ratio(last, last_too))
    return _ratio(one, other)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
