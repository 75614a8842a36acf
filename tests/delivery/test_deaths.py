"""Each death is told once: at once, after a crash, and without going round in circles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from router.delivery import deaths as module
from router.delivery.deaths import Deaths
from router.errors import JournalUnwritable
from router.journal.journal import DeliveryFilter, StoredEvent
from router.journal.lane import LaneLimits
from router.journal.sqlite import SqliteJournal
from router.model import Attempt, EventState, Outcome, Plan, PlannedDelivery, StoredDelivery
from tests.delivery.archive import DEAD, DELIVERED, Archive, archive, past
from tests.delivery.house import eventually, planned

RARELY = 3600.0


def alert(event: StoredEvent, dead: StoredDelivery) -> list[PlannedDelivery]:
    """Say what is done about a death: one alert."""
    number = int(event.uid[4:])
    cause = f"{dead.id} {dead.attempts}"
    return [planned("pager", number, action="alert", replay=cause, tells=False)]


@asynccontextmanager
async def telling(
    old: Archive, plan: Any = alert, *, look_every: float = RARELY, journal: Any = None
) -> AsyncIterator[tuple[Deaths, list[None]]]:
    """Run what tells of deaths; the list grows each time the worker is woken."""
    woken: list[None] = []
    deaths = Deaths(journal or old.journal, plan, old.clock, lambda: woken.append(None), look_every=look_every)
    deaths.start()
    yield deaths, woken
    await deaths.stop()


async def alerts(old: Archive) -> int:
    return await old.journal.count(DeliveryFilter(destination="pager"))


async def all_told(old: Archive) -> None:
    async def none() -> bool:
        return not await old.journal.untold()

    await eventually(none)


async def dies(old: Archive, deaths: Deaths, number: int) -> StoredDelivery:
    """Let a delivery die, as the recorder does it: in the journal first, then told to observers."""
    plan = Plan(past(number), EventState.PLANNED, (planned(number=number),))
    (delivery,) = (await old.journal.append(plan, take=[plan.deliveries[0].id])).deliveries
    await attempted(old, deaths, delivery)
    return delivery


async def attempted(old: Archive, deaths: Deaths, delivery: StoredDelivery) -> None:
    now = old.clock()
    attempt = Attempt(delivery.id, delivery.lease, delivery.attempts, now, now, Outcome.DEAD, DEAD)
    assert await old.journal.record(attempt)
    deaths.attempted(delivery, attempt)


async def test_a_death_is_told_when_it_is_seen(tmp_path: Path) -> None:
    async with archive(tmp_path) as old, telling(old) as (deaths, woken):
        await asyncio.sleep(0.02)
        assert woken == []
        await dies(old, deaths, 1)
        await all_told(old)
        assert (await alerts(old), len(woken)) == (1, 1)
        await dies(old, deaths, 2)
        await all_told(old)
        assert await alerts(old) == 2


async def test_one_that_died_when_it_was_planned_is_told(tmp_path: Path) -> None:
    async with archive(tmp_path) as old, telling(old) as (deaths, _):
        plan = Plan(past(1), EventState.PLANNED, (planned(state=DEAD, reason="no template"),))
        await old.journal.append(plan)
        deaths.accepted(plan.event, plan, duplicate=False, differs=False)
        await all_told(old)
        assert await alerts(old) == 1


async def test_what_nobody_has_seen_is_found_at_the_start_over_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    async with archive(tmp_path) as old:
        await old.keep(1, 2, 3, 4, 5, state=DEAD)
        await old.keep(6)
        async with telling(old):
            await all_told(old)
        assert await alerts(old) == 5


async def test_it_looks_by_itself_now_and_then(tmp_path: Path) -> None:
    async with archive(tmp_path) as old, telling(old, look_every=0.005):
        await asyncio.sleep(0.02)
        await old.keep(1, state=DEAD)
        await all_told(old)
        assert await alerts(old) == 1


async def test_one_that_dies_again_after_a_retry_is_told_again(tmp_path: Path) -> None:
    async with archive(tmp_path) as old, telling(old) as (deaths, _):
        delivery = await dies(old, deaths, 1)
        await all_told(old)
        await old.journal.retry(DeliveryFilter(ids=[delivery.id]), old.clock())
        (again,) = (await old.journal.claim({"app": LaneLimits(1, 1)}, old.clock())).deliveries
        await attempted(old, deaths, again)
        await all_told(old)
        assert await alerts(old) == 2


async def test_the_death_of_an_alert_is_told_nobody(tmp_path: Path) -> None:
    seen: list[str] = []

    def plan(event: StoredEvent, dead: StoredDelivery) -> list[PlannedDelivery]:
        seen.append(dead.action)
        return alert(event, dead)

    async with archive(tmp_path) as old, telling(old, plan) as (deaths, _):
        await dies(old, deaths, 1)
        await all_told(old)
        (delivery,) = (await old.journal.claim({"pager": LaneLimits(1, 1)}, old.clock())).deliveries
        await attempted(old, deaths, delivery)
        await dies(old, deaths, 2)
        await all_told(old)
    assert seen == ["say", "say"]


async def test_a_plan_that_raises_is_logged_once_and_holds_up_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def plan(event: StoredEvent, dead: StoredDelivery) -> list[PlannedDelivery]:
        calls.append(event.uid)
        if event.uid == "evt_00001":
            raise ZeroDivisionError("a bug")
        return alert(event, dead)

    async with archive(tmp_path) as old:
        await old.keep(1, 2, state=DEAD)
        async with telling(old, plan, look_every=0.005):
            await all_told(old)
            await asyncio.sleep(0.03)
        assert await alerts(old) == 1
    assert calls == ["evt_00001", "evt_00002"]
    assert caplog.text.count("cannot be planned") == 1
    assert planned(number=1).id in caplog.text


async def test_a_plan_that_cannot_be_stored_counts_as_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def plan(event: StoredEvent, dead: StoredDelivery) -> Sequence[PlannedDelivery]:
        return [planned("pager", action="alert", max_attempts="many")]

    async with archive(tmp_path) as old:
        await old.keep(1, state=DEAD)
        async with telling(old, plan):
            await all_told(old)
        assert await alerts(old) == 0
    assert "cannot be stored" in caplog.text


class Failing(SqliteJournal):
    """Cannot write what is told, the first times."""

    left = 3

    async def tell(self, *args: Any) -> None:
        if self.left:
            self.left -= 1
            raise JournalUnwritable("the disk is full")
        await super().tell(*args)


async def test_a_journal_that_fails_is_asked_again_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, 2, state=DEAD)
        await old.journal.close()
        journal = Failing(old.journal.path, clock=old.clock, min_free=0)
        await journal.open()
        old = Archive(journal, old.clock)
        async with telling(old, look_every=0.005):
            await all_told(old)
        assert await alerts(old) == 2
        await journal.close()
    assert "the disk is full" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_crash_between_the_death_and_the_telling_loses_nothing_and_repeats_nothing(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    def plan(event: StoredEvent, dead: StoredDelivery) -> list[PlannedDelivery]:
        asked.append(dead.id)
        return alert(event, dead)

    async with archive(tmp_path) as old:
        await old.keep(1, state=DEAD)  # and nothing tells of it before the end
    async with archive(tmp_path) as old:
        async with telling(old, plan):
            await all_told(old)
        assert await alerts(old) == 1
    async with archive(tmp_path) as old:
        async with telling(old, plan, look_every=0.005):
            await asyncio.sleep(0.03)
        assert await alerts(old) == 1
    assert len(asked) == 1


async def test_what_lives_or_was_delivered_is_no_death(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, state=DELIVERED)
        await old.keep(2, state=DEAD)
        await old.journal.retry(DeliveryFilter(), old.clock())
        async with telling(old, look_every=0.005):
            await asyncio.sleep(0.03)
        assert await alerts(old) == 0
