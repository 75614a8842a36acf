"""Counts and first examples of what differs over many events; its size does not grow with their number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from router.comparison.change import Change, Comparer, Kind, Outcome, params_of, state_of, without_places
from router.comparison.difference import MISSING, Difference
from router.model import DeliveryState, PlannedDelivery

LONGEST = 2000
"""Characters that are kept of a value in an example."""
_FIELDS = 40  # names of fields that are counted in a group
_REASONS = 30  # of failures


@dataclass(frozen=True, slots=True)
class Subject:
    """The event that is compared: its ids, what it is, and when it came."""

    uid: str
    id: str
    source: str
    type: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Example:
    """One event in which a group's deliveries differ; `why` says why there is none on the other side.

    `sent` are the parameters of a delivery that is new or gone.
    """

    subject: Subject
    index: int | None
    differences: tuple[Difference, ...] = ()
    why: str = ""
    state: str = ""
    sent: tuple[Difference, ...] = ()


@dataclass(slots=True)
class Group:
    """All deliveries of one action of one route that differ in the same way; `to` is its new name."""

    kind: Kind
    route: str
    action: str
    to: tuple[str, str] | None = None
    count: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Failure:
    """Events of which nothing can be made; `side` is `today`, `new`, or `both`."""

    side: str
    reason: str
    count: int = 0
    examples: list[Subject] = field(default_factory=list)


Why = Callable[[Change], str]


class Tally:
    """Gathers the changes of event after event."""

    def __init__(self, comparer: Comparer, examples: int) -> None:
        self._comparer = comparer
        self._examples = examples
        self._groups: dict[tuple[Any, ...], Group] = {}
        self._failures: dict[tuple[str, str], Failure] = {}
        self.events = 0
        self.changed = 0  #: events of which something differs
        self.same = 0  #: deliveries that are as before

    def add(self, subject: Subject, before: Outcome, after: Outcome, why: Why) -> None:
        """Compare both outcomes of an event; `why` is asked only for an example that is kept."""
        self.events += 1
        changes = self._comparer.changes(before, after, subject.received_at)
        self.same += len(before.deliveries) - sum(change.before is not None for change in changes)
        for change in changes:
            self._note(subject, change, why)
        failed = self._fail(subject, before.failure, after.failure)
        self.changed += bool(changes) or failed

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return self.changed > 0

    @property
    def groups(self) -> list[Group]:
        """The groups by route and action, in that order."""
        order = list(Kind)
        return sorted(self._groups.values(), key=lambda g: (g.route, g.action, order.index(g.kind), g.to or ()))

    @property
    def failures(self) -> list[Failure]:
        """The failures, the most frequent first."""
        return sorted(self._failures.values(), key=lambda failure: (-failure.count, failure.side, failure.reason))

    def total(self, kind: Kind) -> int:
        """Return how many deliveries differ in this way."""
        return sum(group.count for group in self._groups.values() if group.kind is kind)

    def _note(self, subject: Subject, change: Change, why: Why) -> None:
        named, other = change.delivery, change.after
        to = (other.route, other.action) if change.kind is Kind.RENAMED and other is not None else None
        key = (change.kind, named.route, named.action, to)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(change.kind, named.route, named.action, to)
        group.count += 1
        for name in dict.fromkeys(_field(difference.path) for difference in change.differences):
            if name in group.fields or len(group.fields) < _FIELDS:
                group.fields[name] = group.fields.get(name, 0) + 1
        if len(group.examples) < self._examples:
            group.examples.append(_example(subject, change, why))

    def _fail(self, subject: Subject, before: str | None, after: str | None) -> bool:
        """Count a failure; tell whether only one side has it."""
        if before is None and after is None:
            return False
        alike = before is not None and after is not None and without_places(before) == without_places(after)
        sides = [("both", before)] if alike else [("today", before), ("new", after)]
        for side, reason in sides:
            if reason is None:
                continue
            key = (side, reason)
            if key not in self._failures and len(self._failures) >= _REASONS:
                key = (side, "other reasons")
            failure = self._failures.setdefault(key, Failure(*key))
            failure.count += 1
            if len(failure.examples) < self._examples:
                failure.examples.append(subject)
        return not alike


def _example(subject: Subject, change: Change, why: Why) -> Example:
    delivery = change.delivery
    if change.kind is Kind.DIFFERENT:
        return Example(subject, delivery.index, tuple(map(_cut, change.differences)))
    if change.kind is Kind.RENAMED:
        return Example(subject, delivery.index)
    state = "" if delivery.state is DeliveryState.READY else state_of(delivery)
    return Example(subject, delivery.index, (), why(change), state, tuple(_sent(change.kind, delivery)))


def _sent(kind: Kind, delivery: PlannedDelivery) -> Iterator[Difference]:
    for name, value in {"destination": delivery.destination, **params_of(delivery)}.items():
        yield _cut(Difference(name, *((MISSING, value) if kind is Kind.NEW else (value, MISSING))))


def _field(path: str) -> str:
    """Return the field of a path: what is inside a list is its list's, and of a mapping two steps are told."""
    return ".".join(path.split("[")[0].split(".")[:2])


def _cut(difference: Difference) -> Difference:
    before, after = difference.before, difference.after
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > LONGEST:
        start = max(0, _common(before, after) - LONGEST // 4)
        return Difference(difference.path, _window(before, start), _window(after, start))
    return Difference(difference.path, _short(before), _short(after))


def _common(before: str, after: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)


def _window(text: str, start: int) -> str:
    end = start + LONGEST
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return _window(value, 0)
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= LONGEST else _window(text, 0)
    return value
