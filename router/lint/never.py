"""Tells routes and actions that no event can ever reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from router.config.node import Mark
from router.config.problem import Problems
from router.jsonpath import DottedPath
from router.routing.condition_operator import ORDER, Check
from router.routing.condition_tree import Comparison, Condition, Group, Path
from router.routing.condition_value import is_number, written
from router.routing.events import EventFilter
from router.routing.route import Route
from router.routing.template import Template

TEXTUAL = frozenset({"starts_with", "ends_with", "matches", "search"})  #: what holds for texts only


def check_where(route: Route, known: frozenset[str] | None, problems: Problems) -> None:
    """Note conditions of a `where` that contradict each other, and types of event that never come here."""
    for group in _together(route.where) if route.where is not None else ():
        _check_group(group, problems)
        for one in group:
            if isinstance(one.paths[0], DottedPath) and one.paths[0].text == "event.type":
                _check_types(one, route.events, known, problems)
            elif isinstance(one.paths[0], DottedPath) and one.paths[0].text == "event.source" and route.sources:
                _check_sources(one, route.sources, problems)


def _together(condition: Condition) -> Iterator[list[Comparison]]:
    """Yield the comparisons that must hold together: those of `where`, and those of each branch of an `any`."""
    own: list[Comparison] = []
    waiting = [condition]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Comparison):
            own.append(one)
        elif isinstance(one, Group) and one.kind == "all":
            waiting.extend(reversed(one.parts))
        elif isinstance(one, Group):
            for part in one.parts:
                yield from _together(part)
    if own:
        yield own


def _check_group(group: list[Comparison], problems: Problems) -> None:
    by_path: dict[str, list[Comparison]] = {}
    for one in group:
        if _single(one.paths[0]):
            by_path.setdefault(one.paths[0].text, []).append(one)
        elif (why := _contradiction(one.checks)) is not None:
            problems.warning("never", one.place, f"this never holds: one value {why}")
    for text, several in by_path.items():
        for number, one in enumerate(several):
            before = [check for other in several[:number] for check in other.checks]
            if (why := _contradiction((*before, *one.checks))) is not None:
                also = f", together with {several[0].place}" if before else ""
                problems.warning("never", one.place, f"this never holds{also}: `{text}` {why}", _hint(one, before))
                break


def _single(path: Path) -> bool:
    """Whether a path selects one value at most."""
    return (
        all(step != (None, None) for step in path.steps) if isinstance(path, DottedPath) else path.query.singular
    )


def _contradiction(checks: Iterable[Check]) -> str | None:
    """Say why no value can satisfy all checks; None where one may."""
    every = list(checks)
    positive = [check for check in every if not check.forbids and not check.absent]
    if positive and any(check.absent for check in every):
        return "cannot be missing and have a value"
    for check in positive:
        candidates = _candidates(check)
        if candidates is not None and not any(_fits(every, value) for value in candidates):
            others = [
                _said(other)
                for other in every
                if other is not check and not any(_fits([other], c) for c in candidates)
            ]
            mine = " or ".join(written(candidate) for candidate in candidates[:3])
            return f"cannot be {mine} and {' and '.join(others[:2] or ['the rest'])}"
    return _range(positive)


def _candidates(check: Check) -> list[Any] | None:
    if check.name == "eq":
        return [check.operand]
    return list(check.operand) if check.name == "in" else None


def _fits(checks: Iterable[Check], value: Any) -> bool:
    return all(not check.absent and check.passes(value) is not check.forbids for check in checks)


def _said(check: Check) -> str:
    names = {
        "eq": "",
        "in": "one of ",
        "ne": "not ",
        "not_in": "none of ",
        **{name: f"{said} " for name, (_, said) in ORDER.items()},
    }
    return f"{names.get(check.name, f'{check.name} ')}{written(check.operand)}"


def _range(checks: list[Check]) -> str | None:
    low = [check for check in checks if check.name in ("gt", "gte")]
    high = [check for check in checks if check.name in ("lt", "lte")]
    kinds = {is_number(check.operand) for check in (*low, *high)}
    kinds |= {False for check in checks if check.name in TEXTUAL}
    if len(kinds) > 1:
        return "cannot be a number and a text"
    if low and high:
        at_least, at_most = (
            max(low, key=lambda c: (c.operand, c.name == "gt")),
            min(high, key=lambda c: (c.operand, c.name == "lte")),
        )
        strict = at_least.name == "gt" or at_most.name == "lt"
        if at_least.operand > at_most.operand or (strict and at_least.operand == at_most.operand):
            return f"cannot be {_said(at_least)} and {_said(at_most)}"
    return None


def _hint(one: Comparison, before: list[Check]) -> str | None:
    texts = {str(c).lower() for check in one.checks for c in _candidates(check) or ()}
    other = {str(c).lower() for check in before for c in _candidates(check) or ()}
    if texts & other:
        return "they differ in case only: upper and lower case count"
    return "for one of several values write a list, or put the conditions under `any`" if texts and other else None


def _check_types(
    one: Comparison, events: EventFilter | None, known: frozenset[str] | None, problems: Problems
) -> None:
    for check in one.checks:
        candidates = _candidates(check)
        if candidates is None:
            continue
        for value in candidates:
            if events is not None and not (isinstance(value, str) and events.fits(value)):
                said = "this never holds" if len(candidates) == 1 else f"{written(value)} never comes here"
                problems.warning("never", one.place, f"{said}: the route takes {events}, not {written(value)}")
            elif known and value not in known:
                problems.warning("never", one.place, f"{written(value)} is no known event type of the source")


def _check_sources(one: Comparison, sources: Iterable[str], problems: Problems) -> None:
    taken = " or ".join(f"`{name}`" for name in sorted(sources))
    for check in one.checks:
        candidates = _candidates(check)
        if candidates and not any(value in sources for value in candidates):
            message = f"this never holds: the route takes events of {taken}, not of {written(candidates[0])}"
            problems.warning("never", one.place, message)


def check_fallback(
    route: Route, routes: Iterable[Route], sources: Iterable[str], place: Mark, problems: Problems
) -> None:
    """Note a `fallback` that never runs, as other routes take everything of its sources."""
    wanted = frozenset(sources) if route.sources is None else route.sources
    taking: dict[str, Route] = {}
    for other in routes:
        if other is not route and not other.fallback and _takes_all(other, route):
            for source in wanted if other.sources is None else other.sources & wanted:
                taking.setdefault(source, other)
    if wanted and set(taking) == set(wanted):
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(other.name for other in taking.values()))
        what = "every event" if route.events is None else f"every {route.events}"
        of = "" if route.sources is None else " of " + " and ".join(f"`{name}`" for name in sorted(wanted))
        verb = "take" if "," in names else "takes"
        problems.warning("never", place, f"this fallback never runs: {names} {verb} {what}{of}")


def _takes_all(route: Route, other: Route) -> bool:
    """Whether a route takes all that another one wants, but for the source."""
    if not route.enabled or ((route.where is not None or route.condition is not None) and not route.otherwise):
        return False
    if route.events is None:
        return True
    return (
        other.events is not None
        and other.events.exact <= route.events.exact
        and set(other.events.globs) <= set(route.events.globs)
    )


def check_constant_if(
    condition: Template, *, otherwise: Mark | None, place: Mark, what: str, problems: Problems
) -> None:
    """Note an `if` that is always the same."""
    said = condition.source.strip("{} ").lower()
    if said in ("false", "none", "null"):
        hint = "to switch a route off write `enabled: false`" if what == "route" else "leave the action out"
        problems.warning("never", place, f"this {what} never runs: its `if` is always false", hint)
    elif said == "true" and otherwise is not None:
        problems.warning("never", otherwise, "`else` never happens: the `if` is always true")


def check_action_events(
    own: EventFilter, route: EventFilter | None, known: frozenset[str] | None, place: Mark, problems: Problems
) -> None:
    """Note globs of an action that no type of the route fits; exact types are told when they are read."""
    if route is None or not own.globs or own.exact:
        return
    types = known if known else (route.exact if not route.globs else None)
    if (
        types
        and any(own.fits(type_) for type_ in types)
        and not any(own.fits(t) and route.fits(t) for t in (*types, *route.exact))
    ):
        problems.warning("never", place, f"this never happens: no type fits both {own} and the route's {route}")
