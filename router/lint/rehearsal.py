"""Plans the samples that a route takes, as events are planned, and tells the deliveries that would be dead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from router.config.node import Mark, at
from router.config.problem import Problems
from router.errors import RenderError
from router.lint.view import View, named_types
from router.model import DeliveryState, Event
from router.routing.action import RouteAction
from router.routing.bounds import BoundsError, fresh_budget
from router.routing.parts import Filled, ListOf, MapOf, Part, Written
from router.routing.plan import decide
from router.routing.route import Route
from router.routing.sandbox import GLOBALS
from router.routing.table import RouteTable

_REASON = re.compile(r"(?P<file>.*?):(?P<line>\d+): (?:`(?P<field>[^`]*)`: )?(?P<why>.*)", re.DOTALL)
_OF_EVENT = re.compile(
    r"`(data|payload|item)\b|`?\w+`? is empty"
)  # not: of headers, or of a mapping of the file's
_ENDING = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


@dataclass(slots=True)
class Budget:
    """How much is planned for one configuration: texts that are new have to be compiled, which takes longest."""

    texts: int = 200
    plans: int = 3000
    seen: set[str] = field(default_factory=set)

    def takes(self, route: Route, events: int) -> bool:
        """Whether a route still fits; it is counted if it does."""
        every = (*route.actions, *route.otherwise)
        new = {template.source for action in every for template in action.templates} - self.seen
        if len(new) > self.texts or events > self.plans:
            return False
        self.seen |= new
        self.texts -= len(new)
        self.plans -= events
        return True


@dataclass(slots=True)
class Tally:
    """Of one action: for which samples it makes something, and why which of them fail."""

    made: list[Event] = field(default_factory=list)
    failed: dict[str, list[Event]] = field(default_factory=dict)


def check_samples(table: RouteTable, route: Route, view: View, budget: Budget, problems: Problems) -> None:
    """Note the actions of a route whose deliveries are dead from the start, for all of its samples or for some."""
    if not view.events or not route.enabled or not budget.takes(route, len(view.events)):
        return
    tallies = _planned(table, route, view.events)
    unconditional = not tallies and route.where is not None
    if unconditional:  # its conditions hold for none of the samples: what fails whatever they are is told
        tallies = _planned(table, replace(route, where=None, condition=None), view.events)
    for action in (*route.actions, *route.otherwise):
        if action.name in tallies:
            given = sum(action.events is None or action.events.fits(event.type) for event in view.events)
            _tell(route, action, tallies[action.name], given, problems, sure=not unconditional)


def check_constants(action: RouteAction, problems: Problems) -> None:
    """Note expressions that no event changes and that cannot be rendered; samples are not needed for that."""
    waiting: list[Part] = [action.parameters.part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ListOf):
            waiting.extend(part.parts)
        elif isinstance(part, MapOf):
            waiting.extend(inner for _, inner in part.entries)
        elif isinstance(part, Filled | Written) and not part.template.names:
            try:
                with fresh_budget():
                    part.render(dict(GLOBALS))
            except RenderError as error:
                said = _REASON.fullmatch(str(error))
                why = said["why"] if said is not None else str(error)
                place = part.template.place.mark
                problems.warning("fails-for-samples", place, f"this fails for every event: `{part.path}`: {why}")


def _planned(table: RouteTable, route: Route, events: tuple[Event, ...]) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for event in events:
        try:
            (verdict,) = decide(table, event, (route,))
        except BoundsError:
            continue
        for action in verdict.actions:
            if not action.deliveries:
                continue
            tally = tallies.setdefault(action.name, Tally())
            tally.made.append(event)
            dead = [made.reason for made in action.deliveries if made.state == DeliveryState.DEAD and made.reason]
            for reason in dead[:1]:
                tally.failed.setdefault(reason, []).append(event)
    return tallies


def _tell(route: Route, action: RouteAction, tally: Tally, given: int, problems: Problems, *, sure: bool) -> None:
    """Note why an action's deliveries are dead; `given` are its samples, taken by the route or not."""
    for reason, events in tally.failed.items():
        said = _REASON.fullmatch(reason)
        if said is None:
            continue
        why, all_ = said["why"], len(events) == len(tally.made)  # of those that it acts on
        absent = "missing" in why or "null" in why
        if (absent and not _OF_EVENT.match(why)) or (not sure and (absent or not all_)):
            continue
        line = _line(said["file"], int(said["line"]), problems)
        mark = _mark(route, action, line, said["field"] or "")
        if absent and problems.on_line(mark):  # the missing field was told there
            continue
        if len(events) == given:
            message = f"this fails for {'the' if len(events) == 1 else 'every'} sample of {named_types(events)}"
        else:
            message = f"this fails for {len(events)} of {given} samples ({named_types(events)})"
        field_ = f"`{said['field']}`: " if said["field"] else ""
        problems.warning(
            "fails-for-samples", mark, f"{message}: {field_}{why}", _hint(why, absent=absent, all_=all_)
        )


def _hint(why: str, *, absent: bool, all_: bool) -> str | None:
    if absent:
        return "give it another value where it is missing: `| default('...')`"
    if "not supported between instances" in why:
        return "numbers often come as texts: write `data.x | number`"
    return None if all_ else "narrow `event`, or give the action an `if`"


def _line(file: str, number: int, problems: Problems) -> Mark:
    """Return the place of what stands on a line."""
    lines = problems.texts.get(file, "").split("\n")
    text = lines[number - 1] if number <= len(lines) else ""
    return Mark(file, number, len(text) - len(text.lstrip()) + 1, max(1, len(text.strip())))


def _mark(route: Route, action: RouteAction, line: Mark, field_: str) -> Mark:
    """Return the place of the field, where it stands on the line that the reason names."""
    for template in (action.condition, action.each, route.condition):
        if template is not None and field_ in ("if", "for_each") and template.place.mark.line == line.line:
            return template.place.mark
    steps: list[str | int] = []
    for index, name in _ENDING.findall(field_):
        steps.append(int(index) if index else name)
    found = at(action.parameters.node, tuple(steps)) if steps else line
    if found.file == line.file and found.line == line.line:
        return found
    return line
