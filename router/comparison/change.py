"""What becomes of one event under two configurations: which deliveries are new, gone, different or renamed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from router.comparison.difference import MISSING, Difference, differences
from router.model import DeliveryState, PlannedDelivery

Name = tuple[str, str]
"""A route and an action."""
_PLACE = re.compile(r"(?<!\S)\S+:\d+(?::\d+)?:(?=\s|$)")


class Kind(StrEnum):
    """How a delivery differs."""

    NEW = "new"
    GONE = "gone"
    DIFFERENT = "different"
    RENAMED = "renamed"  #: the same effect, by a route or an action of another name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one configuration makes of an event; `failure` says why it makes nothing of it at all."""

    deliveries: Sequence[PlannedDelivery] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One delivery that differs; `before` or `after` is None where there is none."""

    kind: Kind
    before: PlannedDelivery | None
    after: PlannedDelivery | None
    differences: tuple[Difference, ...] = ()

    @property
    def delivery(self) -> PlannedDelivery:
        """The delivery that gives the change its name: today's, where there is one."""
        found = self.before or self.after
        assert found is not None  # noqa: S101 - a change is about something
        return found


class Comparer:
    """Compares outcomes; `before` and `after` are all names that each configuration has.

    Only where a name stands in one of them alone can a delivery be the same under another name.
    """

    def __init__(self, before: Collection[Name], after: Collection[Name]) -> None:
        self._before = frozenset(before)
        self._after = frozenset(after)

    def changes(self, before: Outcome, after: Outcome, received_at: datetime) -> list[Change]:
        """Return what differs, by route, action and item; ids and the order of deliveries never matter."""
        old = {(d.route, d.action, d.index): d for d in before.deliveries}
        new = {(d.route, d.action, d.index): d for d in after.deliveries}
        found: list[Change] = []
        for key, delivery in old.items():
            other = new.pop(key, None)
            if other is None:
                found.append(Change(Kind.GONE, delivery, None))
            elif told := tuple(effects(delivery, other, received_at)):
                found.append(Change(Kind.DIFFERENT, delivery, other, told))
        found += (Change(Kind.NEW, None, delivery) for delivery in new.values())
        return list(self._renamed(found, received_at))

    def _renamed(self, found: Sequence[Change], received_at: datetime) -> Iterator[Change]:
        free = [c.after for c in found if c.after and c.kind is Kind.NEW and _name(c.after) not in self._before]
        taken: set[str] = set()
        for change in found:
            old = change.before
            if change.kind is Kind.GONE and old is not None and _name(old) not in self._after:
                twin = next((d for d in free if d.id not in taken and _twins(old, d, received_at)), None)
                if twin is not None:
                    taken.add(twin.id)
                    yield Change(Kind.RENAMED, old, twin)
                    continue
            if change.kind is not Kind.NEW or change.delivery.id not in taken:
                yield change


def effects(before: PlannedDelivery, after: PlannedDelivery, received_at: datetime) -> Iterator[Difference]:
    """Yield how two deliveries differ in what they do: where they go, when, whether, and with what."""
    for name, old, new in zip(_FIELDS, _facts(before, received_at), _facts(after, received_at), strict=True):
        if old != new:
            yield Difference(name, MISSING if old is None else old, MISSING if new is None else new)
    if before.state is not after.state:
        yield Difference("state", state_of(before), state_of(after))
    elif without_places(before.reason) != without_places(after.reason):
        yield Difference("reason", before.reason, after.reason)
    ready = before.state is after.state is DeliveryState.READY
    if ready and before.params != after.params:
        yield from differences(params_of(before), params_of(after))


def params_of(delivery: PlannedDelivery) -> Mapping[str, Any]:
    """Return the parameters as values; none where they could not be rendered."""
    return json.loads(delivery.params) or {}


def state_of(delivery: PlannedDelivery) -> str:
    """Return the state with its reason."""
    return f"{delivery.state.value}: {delivery.reason}" if delivery.reason else delivery.state.value


def without_places(reason: str | None) -> str | None:
    """Return a reason without the file and line in it, which differ between any two files."""
    return reason if reason is None else _PLACE.sub("", reason).strip()


_FIELDS = ("plugin", "destination", "lane", "delay", "fresh")


def _facts(delivery: PlannedDelivery, received_at: datetime) -> tuple[str | None, ...]:
    delay = None if delivery.due_at is None else _span(delivery.due_at - received_at)
    fresh = None if delivery.fresh_until is None else _span(delivery.fresh_until - received_at)
    return delivery.plugin, delivery.destination, delivery.lane or None, delay, fresh


def _span(span: timedelta) -> str:
    return f"{'-' if span < timedelta(0) else ''}{abs(span)} after the receipt"


def _name(delivery: PlannedDelivery) -> Name:
    return delivery.route, delivery.action


def _twins(old: PlannedDelivery, new: PlannedDelivery, received_at: datetime) -> bool:
    return old.index == new.index and next(effects(old, new, received_at), None) is None
