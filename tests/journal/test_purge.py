"""The SQLite journal gives room back, in steps that hold up nobody for long."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from router.journal import purge as purging
from router.journal.journal import EventFilter
from router.journal.migration import open_for_writing
from router.journal.sqlite import SqliteJournal
from router.journal.writer import Writer
from router.model import DeliveryState, EventState, Plan
from tests.journal.test_query_plans import plan_of
from tests.journal.values import NOW, event, found, later, plan, planned

SKIPPED = DeliveryState.SKIPPED


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the writer did, in order: the kinds of operations of each commit, and `between` for each in between."""
    done: list[list[str]] = []
    send, between = Writer.send, Writer.between

    def sent(self: Writer, operations: Any, told: Any) -> None:
        done.append([type(operation).__name__ for operation in operations])
        send(self, operations, told)

    def came_between(self: Writer, work: Any, told: Any) -> None:
        done.append(["between"])
        between(self, work, told)

    monkeypatch.setattr(Writer, "send", sent)
    monkeypatch.setattr(Writer, "between", came_between)
    return done


async def filled(journal: SqliteJournal, events: int, size: int) -> None:
    """Store events of this size that are over, and one that stays."""
    plans = [
        plan(f"n{n}", planned(f"evt_n{n}", state=SKIPPED), body=os.urandom(size), received_at=later(n / 1000))
        for n in range(events)
    ]
    await asyncio.gather(*(journal.append(item) for item in plans))
    await journal.append(plan("last", planned("evt_last", state=SKIPPED), received_at=later(9)))


async def test_the_file_shrinks_when_its_events_are_over(sqlite: SqliteJournal, path: Path) -> None:
    await filled(sqlite, 300, 20_000)
    before = (await sqlite.stats()).bytes
    assert before > 6_000_000
    while await sqlite.purge(later(10), later(10)):
        pass
    await sqlite.close()
    assert path.stat().st_size < 300_000
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma freelist_count").fetchone() == (0,)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


async def test_commits_come_between_the_steps_that_give_pages_back(
    steps: list[list[str]], sqlite: SqliteJournal
) -> None:
    await filled(sqlite, 100, 30_000)
    steps.clear()
    purge = asyncio.ensure_future(sqlite.purge(later(10), later(10)))
    while not purge.done():
        await sqlite.probe()
    assert await purge == 100
    vacuums = [place for place, kinds in enumerate(steps) if kinds == ["between"]]
    assert len(vacuums) > 20
    assert any(b - a > 1 for a, b in pairwise(vacuums))


async def test_one_give_back_frees_a_bounded_number_of_pages(sqlite: SqliteJournal, path: Path) -> None:
    await filled(sqlite, 50, 30_000)
    await sqlite.close()
    with closing(open_for_writing(path)) as connection:
        connection.execute("delete from bodies")
        free = connection.execute("pragma freelist_count").fetchone()[0]
        assert free > 300
        assert purging.give_back(connection)
        assert connection.execute("pragma freelist_count").fetchone()[0] == free - 32
        while purging.give_back(connection):
            pass
        assert connection.execute("pragma freelist_count").fetchone()[0] == 0


async def test_a_step_is_bounded_by_the_deliveries_and_the_size_of_its_events(sqlite: SqliteJournal) -> None:
    for n in range(4):
        many = [planned(f"evt_d{n}", f"a{i}", state=SKIPPED) for i in range(400)]
        await sqlite.append(plan(f"d{n}", *many, received_at=later(n)))
    for n in range(3):
        item = planned(f"evt_b{n}", state=SKIPPED)
        await sqlite.append(plan(f"b{n}", item, body=bytes(purging.BYTES), received_at=later(10 + n)))
    await sqlite.append(plan("last", planned("evt_last", state=SKIPPED), received_at=later(20)))
    assert [await sqlite.purge(later(30), later(30)) for _ in range(6)] == [2, 2, 1, 1, 1, 0]


async def test_a_sweep_looks_once_at_what_is_kept_at_the_front(
    sqlite: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    look = purging.look

    def counted(connection: sqlite3.Connection, after: purging.Position, before: purging.Before) -> Any:
        looked.append(after.seq)
        return look(connection, after, before)

    monkeypatch.setattr(purging, "look", counted)
    dead = [
        plan(f"k{n}", planned(f"evt_k{n}", state=DeliveryState.DEAD), received_at=later(n / 1e4 - 1))
        for n in range(1200)
    ]
    await asyncio.gather(*(sqlite.append(item) for item in dead))
    await filled(sqlite, 600, 10)
    assert [await sqlite.purge(later(5), later(-9)) for _ in range(4)] == [200, 200, 200, 0]
    assert len(looked) > 3
    assert len(looked) == len(set(looked))
    before = len(looked)
    assert await sqlite.purge(later(5), later(-9)) == 0
    assert looked[before] == 0


async def test_an_event_that_is_at_work_again_since_it_was_looked_at_stays(
    sqlite: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = planned("evt_a", state=DeliveryState.DEAD)
    await sqlite.append(plan("a", dead))
    await sqlite.append(plan("last", received_at=later(1)))
    look = purging.look
    repeated: list[int] = []

    def meddled(connection: sqlite3.Connection, after: purging.Position, before: purging.Before) -> Any:
        found = look(connection, after, before)
        with closing(sqlite3.connect(sqlite.path)) as other, other:
            again = other.execute("update deliveries set state = 0, settled_at = null where state = 7")
            repeated.append(again.rowcount)
        return found

    monkeypatch.setattr(purging, "look", meddled)
    assert await sqlite.purge(later(5), later(5)) == 0
    assert repeated[0] == 1
    assert await sqlite.delivery(dead.id) is not None
    assert await sqlite.body("evt_a")


async def test_the_event_of_the_newest_delivery_stays_as_numbers_are_the_highest_plus_one(
    sqlite: SqliteJournal,
) -> None:
    for name in ("a", "b"):
        await sqlite.append(plan(name, planned(f"evt_{name}", state=SKIPPED)))
    await sqlite.append(Plan(event("c"), EventState.UNMATCHED))
    await sqlite.add("evt_a", [planned("evt_a", id="dlv_new", state=SKIPPED, reason="why")], NOW)
    assert await sqlite.purge(later(10_000), later(10_000)) == 1
    assert await sqlite.purge(later(10_000), later(10_000)) == 0
    assert {e.uid for e in await sqlite.events(EventFilter())} == {"evt_a", "evt_c"}
    assert (await found(sqlite, "dlv_new")).event_uid == "evt_a"


async def test_a_purge_of_a_closed_journal_ends_with_an_error(sqlite: SqliteJournal) -> None:
    await sqlite.close()
    with pytest.raises(Exception, match="closed"):
        await sqlite.purge(NOW, NOW)


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(path)) as one:
        yield one


@pytest.mark.parametrize("name", [name for name in purging._SQL if name.startswith("remove_")])
def test_no_removal_reads_a_whole_table(connection: sqlite3.Connection, name: str) -> None:
    assert [step for step in plan_of(connection, purging._SQL[name]) if "SCAN" in step] == []


def test_the_search_follows_the_time_of_receipt_and_looks_up_the_rest(connection: sqlite3.Connection) -> None:
    for sql in (purging._LOOK, purging._STILL_OVER):
        steps = plan_of(connection, sql)
        assert [step for step in steps if "SCAN" in step] == []
        assert not any("TEMP B-TREE" in step for step in steps)
    assert "e_time (received_at>? AND received_at<?)" in plan_of(connection, purging._LOOK)[0]
