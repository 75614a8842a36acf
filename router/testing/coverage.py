"""Which routes, actions and conditions no test ever made take, run, hold or fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from router.config.node import Mark
from router.model import Event
from router.routing.action import RouteAction
from router.routing.condition_result import ConditionResult
from router.routing.explain import ActionVerdict, RouteVerdict
from router.routing.route import Route
from router.routing.template import Template
from router.ruleset import Ruleset
from router.testing.outcome import Outcome

Kind = Literal["taken", "made", "true", "false"]
_SIDES: tuple[Kind, Kind] = ("true", "false")
_NOWHERE: dict[str, Any] = {"data": None, "payload": None, "event": {}, "headers": {}, "query": {}}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a test can make happen of a route: it is `taken`, an action `made`, a condition `true` or `false`."""

    route: str
    kind: Kind
    place: Mark
    text: str


@dataclass
class Coverage:
    """Gathers what the tests made happen, of all that can."""

    aims: dict[Aim, bool] = field(default_factory=dict)
    _left: dict[tuple[str, Mark], set[Aim]] = field(default_factory=dict, repr=False)

    def know(self, ruleset: Ruleset) -> None:
        """Take up what can happen in a ruleset; what is switched off cannot."""
        for route in ruleset.table.routes:
            if route.enabled:
                for aim in _aims(route):
                    self.aims.setdefault(aim, False)

    def add(self, outcome: Outcome) -> None:
        """Note what one test made happen."""
        event = outcome.specimen.event
        if outcome.explanation is None or event is None:
            return
        table = outcome.case.known.ruleset.table
        for verdict in outcome.explanation.routes:
            route = table.route(verdict.name)
            if route is None or not route.enabled or verdict.misfit:
                continue
            key = (route.name, route.mark)
            if (left := self._left.get(key)) is None:
                left = self._left[key] = {aim for aim in _aims(route) if self.aims.get(aim) is False}
            if not left:  # nothing more can be learned of it
                continue
            for aim in _happened(route, verdict, event):
                if aim in left:
                    left.discard(aim)
                    self.aims[aim] = True

    def count(self, *kinds: Kind) -> tuple[int, int]:
        """Return how many of these kinds happened, and how many there are."""
        found = [happened for aim, happened in self.aims.items() if aim.kind in kinds]
        return sum(found), len(found)

    @property
    def percent(self) -> float:
        """The share of everything that happened; 100 where there is nothing."""
        happened, all_ = self.count("taken", "made", "true", "false")
        return 100.0 if not all_ else 100.0 * happened / all_

    @property
    def missing(self) -> list[Aim]:
        """Everything that never happened, in the order of the files."""
        left = [aim for aim, happened in self.aims.items() if not happened]
        return sorted(left, key=lambda aim: (aim.place.file, aim.place.line, aim.place.column, aim.kind))

    @property
    def gaps(self) -> list[tuple[str, Aim]]:
        """The same in words, each thing once: what follows from another gap is left out."""
        reached = {aim.route for aim, happened in self.aims.items() if happened}
        missing = self.missing
        untaken = {aim.route for aim in missing if aim.kind == "taken"}
        found: dict[tuple[Mark, str], tuple[str, Aim]] = {}
        for aim in missing:
            of_untaken = aim.kind != "taken" and aim.route in untaken
            if of_untaken and (aim.route not in reached or aim.kind == "made"):
                continue
            place = (aim.place, aim.text)
            word = "never asked" if place in found else f"never {aim.kind}"
            found[place] = (word, aim)
        return list(found.values())


def _aims(route: Route) -> Iterator[Aim]:
    yield Aim(route.name, "taken", route.mark, f"route `{route.name}`")
    if route.where is not None:
        for leaf in _leaves(route.where.explain(_NOWHERE, None)):
            yield from (Aim(route.name, kind, leaf.place, leaf.text) for kind in _SIDES)
    if route.condition is not None:
        yield from _of_if(route, route.condition)
    for action in (*route.actions, *route.otherwise):
        name = f"{route.name}/{action.name}"
        yield Aim(route.name, "made", action.mark, f"action `{name}`")
        if action.condition is not None:
            yield from _of_if(route, action.condition)


def _of_if(route: Route, condition: Template, kinds: Iterable[Kind] = _SIDES) -> Iterator[Aim]:
    for kind in kinds:
        yield Aim(route.name, kind, condition.place.mark, f"if: {condition.source}")


def _leaves(result: ConditionResult) -> Iterator[ConditionResult]:
    if not result.children:
        yield result
    for child in result.children:
        yield from _leaves(child)


def _happened(route: Route, verdict: RouteVerdict, event: Event) -> Iterator[Aim]:
    if verdict.taken:
        yield Aim(route.name, "taken", route.mark, f"route `{route.name}`")
    if verdict.where is not None:
        for leaf in _leaves(verdict.where):
            yield Aim(route.name, "true" if leaf.held else "false", leaf.place, leaf.text)
    asked = route.wants(event.source, event.type) and (verdict.where is None or verdict.where.held)
    if asked and route.condition is not None and not verdict.reason.startswith("`if` failed"):
        yield from _of_if(route, route.condition, ["false" if "`if` is false" in verdict.reason else "true"])
    actions = {action.name: action for action in (*route.actions, *route.otherwise)}
    for one in verdict.actions:
        action = actions[one.name]
        if one.made:
            yield Aim(route.name, "made", action.mark, f"action `{route.name}/{action.name}`")
        if action.condition is not None:
            yield from _of_if(route, action.condition, _truths(action, one))


def _truths(action: RouteAction, verdict: ActionVerdict) -> Iterator[Kind]:
    """Yield how the `if` of an action came out: both ways, where some items have a delivery and others none."""
    if "`if` is false" in verdict.reason:
        yield "false"
    sound = [d for d in verdict.deliveries if not (d.reason and ": `if`: " in d.reason)]
    if sound:
        yield "true"
        indexes = [d.index for d in verdict.deliveries if d.index is not None]
        if action.condition_of_item and indexes and max(indexes) + 1 > len(indexes):
            yield "false"
