"""The keeper sweeps a real journal, in steps with rests, and outlives what fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from router.delivery.keeper import BETWEEN, FIRST, LEAST_REST, Keeper
from router.errors import JournalError, JournalUnwritable
from router.journal.journal import EventFilter
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState
from router.observe import Observer
from router.tasks import spawn
from tests.journal.values import NOW, later, plan, planned

DAY = 86400.0


class Counter(Observer):
    """Adds up what was purged."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def purged(self, events: int) -> None:
        self.steps.append(events)


class Rests:
    """Pauses that end when the test says so; `asked` are their lengths."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._begun: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun.put_nowait(end)
        await end

    async def next(self) -> Callable[[], None]:
        """Wait until a pause has begun; return what ends it."""
        async with asyncio.timeout(30):
            end = await self._begun.get()
        return lambda: end.set_result(None)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    """A journal with 450 old skipped events, an old dead one, an older dead one, and a new one."""
    one = SqliteJournal(tmp_path / "router.db", clock=lambda: NOW, min_free=0)
    await one.open()

    def old(name: str, days: float, state: DeliveryState) -> Awaitable[Any]:
        return one.append(plan(name, planned(f"evt_{name}", state=state), received_at=later(-days * DAY)))

    await asyncio.gather(*(old(f"n{n}", 31, DeliveryState.SKIPPED) for n in range(450)))
    await old("dead", 80, DeliveryState.DEAD)
    await old("long-dead", 91, DeliveryState.DEAD)
    await old("fresh", 29, DeliveryState.SKIPPED)
    await old("last", 0, DeliveryState.SKIPPED)
    yield one
    await one.close()


def keeper(journal: Any, **more: Any) -> Keeper:
    return Keeper(journal, 30 * DAY, 90 * DAY, **({"clock": lambda: NOW} | more))


async def left(journal: SqliteJournal) -> list[str]:
    return sorted(e.uid.removeprefix("evt_") for e in await journal.events(EventFilter(limit=1000)))


async def quickly(_: float) -> None:
    """No pause."""


async def test_a_sweep_removes_what_is_over_and_counts_it(journal: SqliteJournal) -> None:
    counter = Counter()
    assert await keeper(journal, pause=quickly, observer=counter).sweep() == 451
    assert await left(journal) == ["dead", "fresh", "last"]
    assert sum(counter.steps) == 451
    assert len(counter.steps) > 2


async def test_each_step_is_followed_by_a_rest_of_nine_times_its_length(journal: SqliteJournal) -> None:
    rests: list[float] = []
    ticks = iter(float(n * n) for n in range(100))

    async def pause(seconds: float) -> None:
        rests.append(seconds)

    await keeper(journal, pause=pause, monotonic=lambda: next(ticks)).sweep()
    assert rests == [9.0, 45.0, 81.0]  # steps of 1, 5 and 9 seconds by this clock

    await journal.append(plan("x", planned("evt_x", state=DeliveryState.SKIPPED), received_at=later(-40 * DAY)))
    await journal.append(plan("y", planned("evt_y", state=DeliveryState.SKIPPED)))
    rests.clear()
    await keeper(journal, pause=pause, monotonic=lambda: 0.0).sweep()
    assert rests == [LEAST_REST]


async def test_the_first_sweep_comes_after_a_minute_and_the_next_an_hour_after_its_end(
    journal: SqliteJournal,
) -> None:
    rests = Rests()
    now: list[datetime] = [NOW]
    task = spawn(keeper(journal, pause=rests, clock=lambda: now[0]).run(), name="keep the journal")
    (await rests.next())()
    for _ in range(3):
        (await rests.next())()
    next_sweep = await rests.next()
    assert (rests.asked[0], rests.asked[-1]) == (FIRST, BETWEEN)
    assert all(LEAST_REST <= rest < BETWEEN for rest in rests.asked[1:-1])
    assert await left(journal) == ["dead", "fresh", "last"]
    now[0] += timedelta(days=11)
    next_sweep()
    (await rests.next())()
    await rests.next()
    assert rests.asked[-1] == BETWEEN
    assert await left(journal) == ["last"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (JournalUnwritable("no space left"), logging.DEBUG),
        (JournalError("the search was ended"), logging.DEBUG),
        (RuntimeError("unforeseen"), logging.ERROR),
    ],
)
async def test_a_journal_that_cannot_be_used_is_swept_later(
    journal: SqliteJournal, error: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        fails = True

        async def purge(self, *before: datetime) -> int:
            if self.fails:
                raise error
            return await journal.purge(*before)

    broken, rests = Broken(), Rests()
    with caplog.at_level(logging.DEBUG, "router.delivery.keeper"):
        task = spawn(keeper(broken, pause=rests).run(), name="keep the journal")
        (await rests.next())()
        again = await rests.next()
        assert rests.asked == [FIRST, BETWEEN]
    assert [record.levelno for record in caplog.records] == [level]
    broken.fails = False
    again()
    while rests.asked[-1] != BETWEEN or len(rests.asked) == 2:
        (await rests.next())()
    assert await left(journal) == ["dead", "fresh", "last"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_events_come_in_while_a_sweep_rests(journal: SqliteJournal) -> None:
    rests = Rests()
    sweep = spawn(keeper(journal, pause=rests).sweep(), name="sweep")
    for n in range(3):
        end = await rests.next()
        assert not (await journal.append(plan(f"now{n}"))).duplicate
        end()
    assert await sweep == 451
    assert await left(journal) == ["dead", "fresh", "last", "now0", "now1", "now2"]
