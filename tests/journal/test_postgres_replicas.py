"""Several workers on one journal: nothing runs twice, what dead ones left is taken over, limits hold together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from router.errors import JournalError, JournalUnwritable
from router.journal.journal import DeliveryFilter, EventFilter, StoredReplay
from router.journal.lane import LaneCount
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.life import Pace
from router.model import BreakerPolicy, DeliveryState, Outcome, PlannedDelivery
from tests.journal.contract_configs import config
from tests.journal.values import NOW, Clock, attempt, begun, claim, found, later, limits, plan, planned

S = DeliveryState
QUICK = Pace(beat=0.1, life=1.0, deadline=0.6, reap=0.1, say=0.01)
NEVER = Pace(beat=60, life=600, deadline=500, reap=60, say=0.01)
Replica = Callable[..., Awaitable[PostgresJournal]]


@pytest.fixture
async def replica(postgres_url: str, clock: Clock) -> AsyncIterator[Replica]:
    """Opens one more worker on the same journal."""
    async with AsyncExitStack() as stack:

        async def opened(pace: Pace = NEVER, *, worker: bool = True) -> PostgresJournal:
            journal = PostgresJournal(postgres_url, clock=clock, pace=pace, worker=worker)
            await journal.open()
            stack.push_async_callback(journal.close)
            return journal

        yield opened


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what has to come; the test's own time-out ends a vain wait."""
    while not await condition():
        await asyncio.sleep(0.02)


def die(journal: PostgresJournal) -> None:
    """Stop the heart of a worker as the end of its process does, but for the rest of it, which lives on."""
    assert journal._life is not None
    for task in journal._life._tasks:
        task.cancel()


async def test_the_configuration_of_a_replica_stays_while_it_is_in_force_there(
    replica: Replica, clock: Clock
) -> None:
    one, two = await replica(), await replica()
    old, new, gone = (config(letter * 64) for letter in "abc")
    for journal, its in ((one, gone), (one, old), (two, new)):
        await journal.save_config(its)
    for day in range(1, 40):
        clock.now = later(day * 86400)
        for journal in (one, two):
            assert await journal.purge(later((day - 30) * 86400), later((day - 30) * 86400)) == 0
    assert await one.config(gone.digest) is None
    await one.append(replace(plan("a"), config=old.digest))
    await two.append(replace(plan("b"), config=new.digest))
    assert {e.uid: e.config for e in await two.events(EventFilter())} == {"evt_a": old.digest, "evt_b": new.digest}


async def test_replicas_that_save_one_configuration_at_once_keep_it_once(replica: Replica) -> None:
    journals = [await replica() for _ in range(3)]
    await asyncio.gather(*(journal.save_config(config()) for journal in journals))
    await asyncio.gather(
        *(j.append(replace(plan(f"{n}"), config=config().digest)) for n, j in enumerate(journals))
    )
    assert {e.config for e in await journals[0].events(EventFilter())} == {config().digest}


async def test_two_workers_never_run_one_delivery_twice(replica: Replica) -> None:
    one, two = await replica(), await replica()
    for journal, half in ((one, "a"), (two, "b")):
        await asyncio.gather(*(journal.append(plan(f"{half}{n}", *_many(f"evt_{half}{n}"))) for n in range(60)))
    taken: list[str] = []

    async def work(journal: PostgresJournal) -> None:
        while deliveries := await claim(journal, {"slack": 7, "other": 5}, later(9)):
            taken.extend(d.id for d in deliveries)
            results = await asyncio.gather(*(journal.record(attempt(d)) for d in deliveries))
            assert all(results)

    await asyncio.gather(work(one), work(two), work(one), work(two))
    while rest := await claim(one, {"slack": 9, "other": 9}, later(9)):  # passed over while both had it locked
        taken.extend(d.id for d in rest)
    assert len(taken) == len(set(taken)) == 240


def _many(uid: str) -> list[PlannedDelivery]:
    return [planned(uid, action="one"), planned(uid, action="two", destination="other")]


async def test_what_another_worker_runs_is_left_alone_while_its_heart_beats(replica: Replica) -> None:
    one = await replica(QUICK)
    running = await begun(one)
    two = await replica(QUICK)
    await asyncio.sleep(2 * QUICK.life)
    stored = await found(two, running.id)
    assert (stored.state, stored.crashes) == (S.RUNNING, 0)
    assert not await two.record(attempt(running)), "it is not its own"
    assert not await two.release(running.id, running.lease, NOW)
    assert not await two.clear(running.id, running.lease)
    assert await one.record(attempt(running))


async def test_what_a_dead_worker_ran_is_taken_over_after_its_life(replica: Replica) -> None:
    one, two = await replica(QUICK), await replica(QUICK)
    running = await begun(one)
    hints = asyncio.Event()
    two.hint = hints.set
    die(one)
    await hints.wait()
    stored = await found(two, running.id)
    assert (stored.state, stored.suspect, stored.crashes, stored.attempts) == (S.READY, True, 1, 0)
    (crashed,) = await two.attempts(running.id)
    assert crashed.outcome is Outcome.CRASHED
    again = await two.claim_suspect({"slack": limits()}, NOW)
    assert again is not None
    assert not await one.record(attempt(running)), "it came back too late"
    assert not await one.record(attempt(again)), "nor does it know who runs it"
    assert await two.record(attempt(again))


async def test_a_worker_that_cannot_beat_says_so_and_writes_nothing_of_its_old_self(
    replica: Replica, postgres_url: str
) -> None:
    one = await replica(QUICK)
    running = await begun(one)
    lost = asyncio.Event()
    one.lost = lost.set
    assert one._life is not None
    before = one._owner
    beat, begin = one._life._beat, one._life._begin
    one._life._beat = one._life._begin = _refused  # type: ignore[method-assign]
    await lost.wait()
    assert one._owner is None
    assert not await one.record(attempt(running))
    with pytest.raises(JournalUnwritable, match="in time"):
        await one.claim({"slack": limits()}, NOW)
    with pytest.raises(JournalUnwritable, match="in time"):
        await begun(one, "b")
    assert not (await one.append(plan("c"))).duplicate, "events are still taken"
    one._life._beat, one._life._begin = beat, begin  # type: ignore[method-assign]
    await until(lambda: _is(one._owner is not None))
    assert one._owner != before
    assert not await one.record(attempt(running)), "not under its new number either"
    await until(lambda: _ready(one, running.id))
    assert [d.event_uid for d in await claim(one, {"slack": 9}, later(1))] == ["evt_c"]


async def _refused() -> None:
    raise ConnectionRefusedError("no route")


async def _is(value: bool) -> bool:
    return value


async def _ready(journal: PostgresJournal, name: str) -> bool:
    return (await found(journal, name)).state is S.READY


async def test_a_worker_that_was_taken_for_dead_goes_on_as_a_new_one(replica: Replica) -> None:
    one = await replica(Pace(beat=0.1, life=1.0, deadline=500, reap=60))
    lost = asyncio.Event()
    one.lost = lost.set
    before = one._owner
    await one._writer.transact(_bury_all)
    await lost.wait()
    await until(lambda: _is(one._owner not in (None, before)))


async def _bury_all(connection: object) -> None:
    await connection.execute("delete from workers")  # type: ignore[attr-defined]


async def test_a_database_that_stalls_for_a_moment_ends_no_life(replica: Replica) -> None:
    one = await replica(Pace(beat=0.05, life=60, deadline=30, reap=60))
    assert one._life is not None
    before = (one._owner, one._life._connection, one._life._beaten)
    async with one._writes.session() as connection, connection.transaction():
        await connection.execute("select 1 from workers for update")
        await asyncio.sleep(0.3)
    await until(lambda: _is(one._life is not None and one._life._beaten > before[2] + 0.3))
    assert (one._owner, one._life._connection) == before[:2]


async def test_a_clean_end_leaves_no_worker_behind(replica: Replica) -> None:
    one, two = await replica(), await replica()
    await one.close()
    assert await two._read(_workers) == 1


async def _workers(connection: object) -> int:
    return int(await connection.fetchval("select count(*) from workers"))  # type: ignore[attr-defined]


async def test_who_only_looks_after_a_journal_is_no_worker_and_takes_nothing_over(replica: Replica) -> None:
    one = await replica(NEVER)
    running = await begun(one)
    await one._writer.transact(_bury_all)
    tool = await replica(NEVER, worker=False)
    assert await tool._read(_workers) == 0
    assert (await found(tool, running.id)).state is S.RUNNING
    with pytest.raises(JournalError, match="not to work"):
        await tool.claim({"slack": limits()}, NOW)


async def test_others_hear_of_work_that_was_made_for_them(replica: Replica) -> None:
    one, two = await replica(), await replica()
    hints: asyncio.Queue[None] = asyncio.Queue()
    two.hint = lambda: hints.put_nowait(None)
    await one.append(plan())
    await hints.get()
    (running,) = await claim(one, {"slack": 1}, later(1))
    await one.record(attempt(running, S.DEAD))
    tool = await replica(worker=False)
    await tool.retry(DeliveryFilter(), NOW)
    await tool.close()
    await hints.get()
    await begun(one, "b")
    await asyncio.sleep(0.1)
    assert hints.empty(), "what was taken is nobody else's business"


async def test_a_listener_survives_the_end_of_its_connection(replica: Replica) -> None:
    one, two = await replica(), await replica(Pace(beat=0.05, say=0.01))
    hints: asyncio.Queue[None] = asyncio.Queue()
    two.hint = lambda: hints.put_nowait(None)
    assert two._life is not None
    two._life._connection.terminate()  # type: ignore[union-attr]
    await hints.get()  # connected again: something may have been said meanwhile
    while not hints.empty():
        hints.get_nowait()
    await one.append(plan())
    await hints.get()


async def test_a_rate_holds_over_two_journals(replica: Replica) -> None:
    one, two = await replica(), await replica()
    for n in range(40):
        await one.append(plan(f"n{n}"))
    starts = 0
    for tenth in range(50):  # five seconds at two a second, asked by both every 100 ms
        now = later(100 + tenth / 10)
        answers = await asyncio.gather(*(j.claim({"slack": limits(9, interval=0.5)}, now) for j in (one, two)))
        starts += sum(len(answer.deliveries) for answer in answers)
    assert starts == 10


async def test_one_worker_probes_an_open_breaker(replica: Replica) -> None:
    one, two = await replica(), await replica()
    for n in range(9):
        await one.append(plan(f"n{n}"))
    policy = BreakerPolicy(share=0.5, minimum=4, window=60, pause=30)
    counts = [LaneCount("slack", "", 0, 2, policy)]
    await asyncio.gather(one.lanes(counts, NOW), two.lanes(counts, NOW))
    answers = await asyncio.gather(*(j.claim({"slack": limits()}, later(29)) for j in (one, two)))
    assert [len(answer.deliveries) for answer in answers] == [0, 0]
    answers = await asyncio.gather(*(j.claim({"slack": limits()}, later(31)) for j in (one, two, one, two)))
    assert sum(len(answer.deliveries) for answer in answers) == 1


async def test_pauses_and_counts_of_many_lanes_at_once_do_not_get_in_each_other_s_way(replica: Replica) -> None:
    one, two = await replica(), await replica()
    policy = BreakerPolicy()
    names = [f"#{n}" for n in range(30)]
    forth = [LaneCount("slack", name, 1, 0, policy) for name in names]
    await asyncio.gather(
        *(j.lanes(counts, NOW) for j, counts in ((one, forth), (two, forth[::-1])) for _ in range(10))
    )
    assert {lane.ok for lane in await one.lanes()} == {20}


async def test_batches_in_opposite_orders_do_not_deadlock(replica: Replica) -> None:
    one, two = await replica(), await replica()
    names = [f"n{n:03}" for n in range(100)]
    for _ in range(3):
        await asyncio.gather(
            *(one.append(plan(f"1{name}", id=name)) for name in names),
            *(two.append(plan(f"2{name}", id=name)) for name in reversed(names)),
        )
    assert await one.count(EventFilter()) == 100
    listed = await one.events(EventFilter(limit=200))
    assert {event.duplicates for event in listed} == {5}


async def test_a_replay_has_one_owner_until_its_time_is_over_by_the_clock_of_the_database(
    replica: Replica,
) -> None:
    one, two = await replica(), await replica()
    await one.save_replay(StoredReplay("rpl_a", {}, {}, None, "running", NOW))
    answers = await asyncio.gather(
        *(journal.own_replay("rpl_a", name, later(600), NOW) for journal, name in ((one, "one"), (two, "two")))
    )
    assert sorted(answers) == [False, True]
    first, second = ("one", "two") if answers[0] else ("two", "one")
    assert not await one.own_replay("rpl_a", second, later(2000), later(1000)), (
        "what time the caller has is no matter"
    )
    assert await one.own_replay("rpl_a", first, later(0.2), NOW)
    await until(lambda: two.own_replay("rpl_a", second, later(600), NOW))
    assert not await one.own_replay("rpl_a", first, later(600), NOW)
    assert not await one.save_replay(StoredReplay("rpl_a", {}, {"events": 9}, None, "done", NOW), first)


async def test_replays_are_attended_to_while_another_worker_or_their_owner_lives(replica: Replica) -> None:
    one = await replica()
    tool = await replica(worker=False)
    await tool.save_replay(StoredReplay("rpl_a", {}, {}, None, "running", NOW))
    assert await tool.attended()
    assert not await one.attended(), "itself is nobody else"
    await one.close()
    assert not await tool.attended("rpl_a")
    assert await tool.own_replay("rpl_a", "tool", later(60), NOW)
    assert await tool.attended("rpl_a")
    assert not await tool.attended()
    assert await tool.own_replay("rpl_a", "tool", NOW, NOW)
    assert not await tool.attended("rpl_a")


async def test_replicas_that_start_at_once_make_one_schema(postgres_url: str) -> None:
    journals = [PostgresJournal(postgres_url, clock=lambda: datetime.now(UTC), pace=NEVER) for _ in range(4)]
    await asyncio.gather(*(journal.open() for journal in journals))
    try:
        await begun(journals[0])
        assert await journals[3].count(EventFilter()) == 1
    finally:
        await asyncio.gather(*(journal.close() for journal in journals))


async def test_what_another_worker_has_locked_is_looked_for_again_soon(replica: Replica) -> None:
    one, two = await replica(), await replica()
    await one.append(plan())
    async with one._writes.session() as connection, connection.transaction():
        await connection.fetch("select seq from deliveries for update")
        claimed = await two.claim({"slack": limits()}, NOW)
        assert (claimed.deliveries, set(claimed.left)) == ([], {("slack", "")})
        assert claimed.next_at == {"slack": later(0.1)}
    assert len(await claim(two, {"slack": 1}, later(0.1))) == 1
