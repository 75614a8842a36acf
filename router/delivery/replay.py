"""Sends stored events through today's routes again: new deliveries, with ids of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Protocol

from router.delivery.faults import reason_of
from router.delivery.replay_request import Only, ReplayRequest
from router.errors import RouterError
from router.journal.journal import DeliveryFilter, Journal, StoredEvent
from router.model import DeliveryState, EventState, Plan, PlannedDelivery, Priority

PAGE = 500
SHOWN_FAILURES = 10

_LEFT_OUT = frozenset(
    {
        DeliveryState.DELIVERED,
        DeliveryState.READY,
        DeliveryState.RUNNING,
        DeliveryState.WAITING,
        DeliveryState.HELD,
    }
)
"""What was delivered, or still will be: a second one would be a second effect."""
_COUNTED = {DeliveryState.READY: "deliveries", DeliveryState.DEAD: "dead", DeliveryState.SKIPPED: "skipped"}


class Planner(Protocol):
    """The configuration in force, as far as replays ask it."""

    @property
    def actions(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the actions of each route."""

    @property
    def hosts(self) -> Mapping[str, str]:
        """The host that each destination goes to, where its settings say it."""

    def replan(self, stored: StoredEvent, replay: str, only: Only | None = None) -> Plan:
        """Plan a stored event, body included, by today's routes; what it raises says why that is impossible."""


@dataclass
class ReplayResult:
    """What a replay did, or would do.

    `deliveries` are new and will be sent; of them, `repeats` were delivered before or are under way: they are
    sent twice. `dead` are new and failed to render, `skipped` are new and not to be sent. `left_out` are delivered
    or under way already. `unmatched` and `plan_failed` count events; `failures` tells the first reasons.
    `destinations` has `deliveries` and `repeats` of each.
    """

    events: int = 0
    deliveries: int = 0
    repeats: int = 0
    dead: int = 0
    skipped: int = 0
    left_out: int = 0
    unmatched: int = 0
    plan_failed: int = 0
    failures: list[str] = field(default_factory=list)
    destinations: dict[str, dict[str, int]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts under their names."""
        return asdict(self)

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> ReplayResult:
        """Return what `as_dict` was made of; other keys are left alone."""
        return cls(**{item.name: counts[item.name] for item in fields(cls) if item.name in counts})

    def failed(self, uid: str, reason: str) -> None:
        """Count an event that could not be planned."""
        self.plan_failed += 1
        if len(self.failures) < SHOWN_FAILURES:
            self.failures.append(f"{uid}: {reason}")

    def add(self, delivery: PlannedDelivery, *, repeats: bool) -> None:
        """Count a new delivery."""
        name = _COUNTED[delivery.state]
        setattr(self, name, getattr(self, name) + 1)
        if delivery.state is DeliveryState.READY:
            self.repeats += repeats
            counts = self.destinations.setdefault(delivery.destination, {"deliveries": 0, "repeats": 0})
            counts["deliveries"] += 1
            counts["repeats"] += repeats


@dataclass(slots=True)
class Cursor:
    """How far a replay has come: its last event, and when that came in."""

    uid: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """What comes of one event: why it cannot be planned, or the new deliveries, and whether each is a repeat."""

    event: StoredEvent
    failure: str | None
    planned: int = 0
    new: tuple[tuple[PlannedDelivery, bool], ...] = ()


class Replay:
    """One replay, step by step. A step that is repeated adds nothing twice: its deliveries have the same ids."""

    def __init__(self, journal: Journal, planner: Planner, request: ReplayRequest, id_: str) -> None:
        self._journal = journal
        self._planner = planner
        self._request = request
        self._id = id_

    async def page(self, cursor: Cursor) -> list[str]:
        """Return the ids of the next events that fit, the oldest first; none at the end."""
        wanted = self._request.wanted
        if cursor.at is not None:  # it holds where the event itself is gone by now
            wanted = replace(wanted, since=max(cursor.at, wanted.since or cursor.at))
        return await self._journal.uids(wanted, cursor.uid, PAGE)

    async def steps(
        self,
        uids: Sequence[str],
        cursor: Cursor,
        result: ReplayResult,
        clock: Callable[[], datetime],
        *,
        dry_run: bool,
    ) -> None:
        """Plan these events, add what comes of it unless `dry_run`, count it, and move on.

        An event that is gone by now is passed over. Where the journal fails for one, it and what follows is
        neither counted nor passed.
        """
        found = [step for step in await asyncio.gather(*map(self._prepare, uids)) if step is not None]
        # Side by side, so that they share a commit; their times, which are the order of sending, are the events'.
        adding = (self._add(step, clock()) for step in found if not dry_run)
        errors = await asyncio.gather(*adding, return_exceptions=True) if not dry_run else [None] * len(found)
        for step, error in zip(found, errors, strict=True):
            if isinstance(error, KeyError):  # it was removed meanwhile
                continue
            if isinstance(error, ValueError):
                step = replace(step, failure=str(error), planned=0, new=())
            elif error is not None:
                raise error
            _count(step, result)
            cursor.uid, cursor.at = step.event.uid, step.event.received_at

    async def _prepare(self, uid: str) -> _Step | None:
        event = await self._journal.event(uid)
        if event is None:
            return None
        failure, planned = self._plan(event)
        if not planned:
            return _Step(event, failure)
        done = await self._done(uid, {delivery.id for delivery in planned})
        pairs = [(d, (d.route, d.action, d.index) in done) for d in planned]
        new = pairs if self._request.again else [pair for pair in pairs if not pair[1]]
        return _Step(event, None, len(planned), tuple(new))

    async def _add(self, step: _Step, now: datetime) -> None:
        if step.new:
            await self._journal.add(step.event.uid, [delivery for delivery, _ in step.new], now)

    def _plan(self, event: StoredEvent) -> tuple[str | None, Sequence[PlannedDelivery]]:
        try:
            plan = self._planner.replan(event, self._id, self._request.only)
        except Exception as error:
            return (str(error) if isinstance(error, RouterError) else reason_of(error)), ()
        if plan.state is EventState.PLAN_FAILED:
            return plan.reason or "", ()
        return None, [replace(delivery, priority=Priority.REPLAY) for delivery in plan.deliveries]

    async def _done(self, uid: str, own: Collection[str]) -> set[tuple[str, str, int | None]]:
        """Return what was delivered or is under way, but for what this replay itself has made before."""
        done = set()
        page = DeliveryFilter(event=uid, limit=PAGE)
        while deliveries := await self._journal.deliveries(page):
            done |= {(d.route, d.action, d.index) for d in deliveries if d.state in _LEFT_OUT and d.id not in own}
            page = replace(page, before=deliveries[-1].id)
        return done


def _count(step: _Step, result: ReplayResult) -> None:
    result.events += 1
    if step.failure is not None:
        result.failed(step.event.uid, step.failure)
    elif not step.planned:
        result.unmatched += 1
    result.left_out += step.planned - len(step.new)
    for delivery, repeats in step.new:
        result.add(delivery, repeats=repeats)
