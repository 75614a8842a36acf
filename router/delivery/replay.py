"""Sends stored events through today's routes again: new deliveries, with ids of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from router.delivery.faults import reason_of
from router.errors import RouterError
from router.journal.journal import DeliveryFilter, EventFilter, Journal, StoredEvent
from router.model import DeliveryState, EventState, Plan, PlannedDelivery

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


@dataclass
class ReplayResult:
    """What a replay did, or with `dry_run` would do.

    `deliveries` are new and will be sent; `dead` are new and failed to render; `left_out` are delivered or
    under way already; `unmatched` and `plan_failed` count events; `failures` tells the first reasons.
    """

    events: int = 0
    deliveries: int = 0
    dead: int = 0
    left_out: int = 0
    unmatched: int = 0
    plan_failed: int = 0
    failures: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts under their names."""
        return asdict(self)


async def replay(
    journal: Journal,
    plan: Callable[[StoredEvent, str], Plan],
    wanted: EventFilter,
    *,
    replay: str,
    now: datetime,
    again: bool = False,
    dry_run: bool = False,
    progress: Callable[[ReplayResult], None] = lambda result: None,
) -> ReplayResult:
    """Plan the events that fit, the oldest first, and add what comes of it to them.

    `plan` gets the stored event, body included, and the replay's id `replay`; what it raises counts as
    `plan_failed`. `limit` and `before` of the filter are ignored. Only the events' ids are held in memory.
    """
    result = ReplayResult()
    for uid in await _oldest_first(journal, wanted):
        event = await journal.event(uid)
        if event is None:  # its time in the journal has just ended
            continue
        result.events += 1
        try:
            planned = plan(event, replay)
        except Exception as error:
            _plan_failed(result, uid, reason_of(error) if not isinstance(error, RouterError) else str(error))
            continue
        if planned.state is EventState.PLAN_FAILED:
            _plan_failed(result, uid, planned.reason or "")
        elif not planned.deliveries:
            result.unmatched += 1
        else:
            await _add(journal, uid, planned.deliveries, result, now, again=again, dry_run=dry_run)
        progress(result)
    return result


async def _oldest_first(journal: Journal, wanted: EventFilter) -> list[str]:
    uids: list[str] = []
    page = replace(wanted, limit=PAGE, before=None)
    while events := await journal.events(page):
        uids.extend(event.uid for event in events)
        page = replace(page, before=events[-1].uid)
    uids.reverse()
    return uids


async def _add(
    journal: Journal,
    uid: str,
    planned: tuple[PlannedDelivery, ...],
    result: ReplayResult,
    now: datetime,
    *,
    again: bool,
    dry_run: bool,
) -> None:
    done = set() if again else await _done(journal, uid)
    new = [delivery for delivery in planned if (delivery.route, delivery.action, delivery.index) not in done]
    result.left_out += len(planned) - len(new)
    result.deliveries += sum(delivery.state is DeliveryState.READY for delivery in new)
    result.dead += sum(delivery.state is DeliveryState.DEAD for delivery in new)
    if new and not dry_run:
        await journal.add(uid, new, now)


async def _done(journal: Journal, uid: str) -> set[tuple[str, str, int | None]]:
    done = set()
    page = DeliveryFilter(event=uid, limit=PAGE)
    while deliveries := await journal.deliveries(page):
        done |= {(d.route, d.action, d.index) for d in deliveries if d.state in _LEFT_OUT}
        page = replace(page, before=deliveries[-1].id)
    return done


def _plan_failed(result: ReplayResult, uid: str, reason: str) -> None:
    result.plan_failed += 1
    if len(result.failures) < SHOWN_FAILURES:
        result.failures.append(f"{uid}: {reason}")
