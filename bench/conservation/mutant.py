"""Runs the router with one promise broken, to see that the harness notices.

    python -m bench.conservation.mutant early-ack run routes.yaml

Nothing of this is in the router: its calls are replaced in this process only.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from router.cli.main import main
from router.delivery.attempt import Runner, Running
from router.delivery.intake import Intake
from router.errors import JournalUnwritable
from router.journal.journal import Appended
from router.journal.sqlite import SqliteJournal
from router.model import Attempt, DeliveryState, Outcome, Plan
from router.tasks import spawn

Call = Callable[..., Any]
WRITE_BEHIND = 0.3
"""Seconds for which a journal that writes behind its acknowledgements gathers events."""


def early_ack() -> None:
    """Acknowledge an event before its commit, as a buffer that is flushed a few times a second would."""
    accept, known = Intake.accept, dict[tuple[str, str], str]()

    async def later(self: Intake, plan: Plan, more: Any) -> None:
        await asyncio.sleep(WRITE_BEHIND)
        try:
            await accept(self, [plan], **more)
        except JournalUnwritable:
            return

    async def early(self: Intake, plans: Sequence[Plan], **more: Any) -> list[Appended]:
        return [one(self, plan, more) for plan in plans]

    def one(self: Intake, plan: Plan, more: Any) -> Appended:
        first = known.setdefault((plan.event.source, plan.event.id), plan.event.uid)
        if first != plan.event.uid:
            return Appended(first, duplicate=True)
        spawn(later(self, plan, more), name=f"write behind {plan.event.uid}")
        promised: Any = plan.deliveries  # the answer counts them
        return Appended(plan.event.uid, promised)

    _patch(Intake, "accept", early)


def early_record() -> None:
    """Record an attempt as delivered, and make it afterwards."""
    run = Runner.run

    async def early(self: Runner, running: Running) -> Attempt | None:
        delivery, now = running.delivery, self._clock()
        state = DeliveryState.DELIVERED
        done = Attempt(delivery.id, delivery.lease, delivery.attempts, now, now, Outcome.DELIVERED, state)
        await self._journal.record(done)
        await run(self, running)
        return None

    _patch(Runner, "run", early)


def no_running() -> None:
    """Start what was claimed, or taken by an append, without writing down that it is running."""
    for journal in _journals():
        _patch(journal, "append_all", _unmarked(journal.append_all))
        _patch(journal, "claim", _unclaimed(journal.claim))


def _unmarked(append: Call) -> Call:
    async def unmarked(self: Any, plans: Sequence[Plan], *, take: Collection[str] = (), **more: Any) -> Any:
        return await append(self, plans, take=(), **more)

    return unmarked


def _unclaimed(claim: Call) -> Call:
    async def unclaimed(self: Any, wanted: Mapping[str, Any], now: Any) -> Any:
        claimed = await claim(self, wanted, now)
        for delivery in claimed.deliveries:
            await self.release(delivery.id, delivery.lease, now)
        return claimed

    return unclaimed


def forgetful() -> None:
    """Forget the outcome of an attempt that the journal does not take."""
    for journal in _journals():
        _patch(journal, "record", _forgetting(journal.record))


def _forgetting(record: Call) -> Call:
    async def forget(self: Any, attempt: Attempt) -> Any:
        try:
            return await record(self, attempt)
        except JournalUnwritable:
            return True

    return forget


def new_key() -> None:
    """Send each attempt under an idempotency key of its own."""
    run = Runner.run

    async def renamed(self: Runner, running: Running) -> Attempt | None:
        delivery = running.delivery
        running.delivery = replace(delivery, id=f"{delivery.id}.{delivery.attempts}")
        try:
            attempt = await run(self, running)
        finally:
            running.delivery = delivery
        return None if attempt is None else replace(attempt, delivery_id=delivery.id)

    _patch(Runner, "run", renamed)


MUTATIONS: Mapping[str, Callable[[], None]] = {
    "early-ack": early_ack,
    "early-record": early_record,
    "no-running": no_running,
    "forgetful": forgetful,
    "new-key": new_key,
}


def _journals() -> list[Any]:
    """Return the classes of the journals that are installed."""
    found: list[Any] = [SqliteJournal]
    try:
        from router.journal.postgres.journal import PostgresJournal
    except ImportError:  # its driver is an extra
        return found
    return [*found, PostgresJournal]


def _patch(owner: type, name: str, function: object) -> None:
    setattr(owner, name, function)


if __name__ == "__main__":
    MUTATIONS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
