"""Several processes on one journal: a replay is carried out by one at a time, and none is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from router.delivery import replay_job as job
from router.delivery import replay_tenure as tenure
from router.delivery import replays as all_of_them
from router.delivery.replay_request import ReplayRequest
from router.delivery.replays import Replays
from router.errors import JournalUnwritable
from router.journal.journal import DeliveryFilter, EventFilter, StoredEvent
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.life import Pace
from router.model import EventState, Plan
from router.tasks import spawn
from tests.delivery.archive import Today, past
from tests.delivery.house import Clock, eventually

ALL = ReplayRequest(EventFilter())
EVENTS = 5


class Halting(PostgresJournal):
    """Stops before it tells of one event, but not the first time, until it is let go on.

    While `deaf`, it owns nothing anew.
    """

    at = ""
    passes = 0
    deaf = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def event(self, wanted: str) -> StoredEvent | None:
        if wanted == self.at:
            self.passes -= 1
            if self.passes < 0:
                self.reached.set()
                await self.go_on.wait()
        return await super().event(wanted)

    async def own_replay(self, *args: Any) -> bool:
        if self.deaf:
            raise JournalUnwritable("the database is away")
        return await super().own_replay(*args)


class Process:
    """What one process has: its journal, its routes, its replays."""

    def __init__(self, journal: Halting, clock: Clock, **options: Any) -> None:
        self.journal = journal
        self.today = Today("say")
        self.replays = Replays(journal, self.today, clock=clock, **options)

    async def halt(self, request: ReplayRequest = ALL, *, at: int) -> str:
        """Start a replay and stop it, after it has counted, before it plans that event; return its id."""
        self.journal.at, self.journal.passes = f"evt_{at:05}", 1
        id_: str = (await self.replays.start(request))["replay"]
        await self.journal.reached.wait()
        return id_

    async def crash(self) -> None:
        """End without a word to the journal, as a kill would."""
        for _, task in list(self.replays._jobs.values()):
            task.cancel()
            await asyncio.wait({task})

    async def over(self, id_: str) -> dict[str, Any]:
        """Wait until a replay is over; return how it ended."""

        async def there() -> dict[str, Any] | None:
            said = await self.replays.status(id_)
            return said if said["state"] != "running" else None

        found: dict[str, Any] = await eventually(there)
        return found


Open = Callable[..., Awaitable[Process]]


@pytest.fixture
async def process(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Opens one more process on the same journal, which has some events; one event is a batch, and is saved."""
    for module in (job, all_of_them):
        monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(job, "SAVE_EVERY", 1)
    clock = Clock()
    clock.move(minutes=10)
    never = Pace(beat=60, life=600, deadline=500, reap=60)
    async with AsyncExitStack() as stack:

        async def opened(*, worker: bool = True, **options: Any) -> Process:
            journal = Halting(postgres_url, clock=clock, pace=never, worker=worker)
            await journal.open()
            stack.push_async_callback(journal.close)
            one = Process(journal, clock, **options)
            stack.push_async_callback(one.replays.close)
            stack.callback(journal.go_on.set)
            for number in range(1, EVENTS + 1):  # a second time they are duplicates
                await journal.append(Plan(past(number), EventState.UNMATCHED, (), "no route took it"))
            return one

        yield opened


async def test_what_one_process_carries_out_no_other_begins_with(process: Open) -> None:
    one, two = await process(), await process()
    id_ = await one.halt(at=3)
    await two.replays.resume_all()
    assert (await two.replays.resume(id_))["events"] == 2, "it tells how far the other one has come"
    assert not two.replays.carries(id_)
    assert await two.replays.attended(id_)
    one.journal.go_on.set()
    ended = await two.over(id_)
    assert (ended["state"], ended["deliveries"]) == ("done", EVENTS)
    assert two.today.planned == []
    assert ended == (await one.replays.all())[0] == (await two.replays.all())[0]


async def test_what_a_dead_process_left_is_gone_on_with_by_another(
    process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "LIFE", 0.3)
    monkeypatch.setattr(all_of_them, "LOOK", 0.05)
    one, two = await process(), await process()
    id_ = await one.halt(at=3)
    await one.crash()
    looking = spawn(two.replays.look(), name="look")
    ended = await two.over(id_)
    looking.cancel()
    assert (ended["events"], ended["deliveries"], ended["left_out"]) == (EVENTS, EVENTS, 0)
    assert two.today.planned == ["evt_00003", "evt_00004", "evt_00005"]


async def test_a_process_that_ends_in_order_leaves_its_replays_to_others_at_once(
    process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "LIFE", 600.0)
    one, two = await process(), await process()
    id_ = await one.halt(at=3)
    closing = asyncio.ensure_future(one.replays.close())
    await asyncio.sleep(0)
    one.journal.go_on.set()
    await closing
    await two.replays.resume_all()
    assert two.replays.carries(id_)
    assert (await two.over(id_))["deliveries"] == EVENTS
    assert two.today.planned == ["evt_00004", "evt_00005"]


async def test_a_cancel_reaches_the_process_that_carries_it_out_even_while_that_one_waits(
    process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AHEAD", 2)
    monkeypatch.setattr(tenure, "RENEW", 0.05)
    one, two = await process(), await process()
    id_ = (await one.replays.start(ALL))["replay"]

    async def saved() -> bool:
        return bool((await two.replays.status(id_)).get("deliveries") == 2)

    await eventually(saved)  # as the journal has it: what the other one counts is told a moment later
    said = await two.replays.cancel(id_)
    assert (said["state"], said["deliveries"]) == ("cancelled", 2)
    await eventually(lambda: not one.replays.carries(id_))
    assert await one.replays.status(id_) == await two.replays.status(id_) == said
    assert len(await one.journal.deliveries(DeliveryFilter())) == 2


async def test_a_cancel_by_another_is_found_when_the_next_is_saved_and_the_counts_are_right(process: Open) -> None:
    one, two = await process(), await process()
    id_ = await one.halt(at=3)
    assert (await two.replays.cancel(id_))["deliveries"] == 2
    one.journal.go_on.set()
    await eventually(lambda: not one.replays.carries(id_))
    said = await two.replays.status(id_)
    assert (said["state"], said["deliveries"]) == ("cancelled", 3)
    assert len(await one.journal.deliveries(DeliveryFilter())) == 3


async def test_it_is_kept_while_it_waits_and_nothing_is_saved(
    process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AHEAD", 0)
    monkeypatch.setattr(tenure, "LIFE", 2.0)
    monkeypatch.setattr(tenure, "RENEW", 0.05)
    one, two = await process(), await process()
    id_ = (await one.replays.start(ALL))["replay"]
    await asyncio.sleep(1.2 * tenure.LIFE)
    await two.replays.resume_all()
    assert (one.replays.carries(id_), two.replays.carries(id_)) == (True, False)


async def _is_over(connection: Any) -> bool:
    """Tell whether the time of the one replay's owner is over."""
    over = "select owned_until <= extract(epoch from clock_timestamp()) * 1000000 from replays"
    return bool(await connection.fetchval(over))


async def test_who_was_taken_for_dead_stops_and_overwrites_nothing(
    process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "LIFE", 0.3)
    one, two = await process(), await process()
    id_ = await one.halt(at=3)
    one.journal.deaf = True

    async def taken_over() -> bool:
        await two.replays.resume_all()
        return two.replays.carries(id_)

    two.journal.at = "evt_00005"
    await eventually(taken_over)
    await two.journal.reached.wait()
    before = await two.journal.replay(id_)
    await eventually(lambda: two.journal._read(_is_over))  # its time, which only a third one might use
    one.journal.deaf = False
    one.journal.go_on.set()
    await eventually(lambda: not one.replays.carries(id_))
    assert one.today.planned[EVENTS:] == ["evt_00001", "evt_00002", "evt_00003"], "no more than it was at"
    assert await two.journal.replay(id_) == before
    two.journal.go_on.set()
    ended = await two.over(id_)
    assert (ended["state"], ended["events"], ended["deliveries"]) == ("done", EVENTS, EVENTS)


async def test_a_database_that_is_away_for_a_moment_ends_no_replay(
    process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "RENEW", 0.02)
    one, two = await process(), await process()
    id_ = await one.halt(at=3)
    one.journal.deaf = True
    await asyncio.sleep(0.1)
    one.journal.deaf = False
    one.journal.go_on.set()
    assert (await two.over(id_))["deliveries"] == EVENTS
    assert two.today.planned == []


async def test_who_sends_nothing_leaves_it_to_a_router_where_one_runs(process: Open) -> None:
    one = await process()
    tool = await process(worker=False, alone=True)
    id_ = (await tool.replays.start(ALL))["replay"]
    assert (await tool.replays.resume(id_))["state"] == "running"
    assert not tool.replays.carries(id_)
    await one.replays.resume_all()
    assert (await tool.over(id_))["deliveries"] == EVENTS
    assert tool.today.planned == []
    await one.journal.close()
    alone = (await tool.replays.start(ALL))["replay"]
    assert tool.replays.carries(alone)
    assert (await tool.over(alone))["left_out"] == EVENTS
