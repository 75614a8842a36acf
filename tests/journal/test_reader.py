"""Reading a journal beside the process that writes it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from router.errors import JournalError
from router.journal.filters import glob
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.reader import SqliteReader
from router.journal.sqlite import SqliteJournal
from router.model import EventState
from tests.journal.values import NOW, plan, planned

READ = """
import asyncio, json, sys
from pathlib import Path
from router.journal.journal import EventFilter
from router.journal.reader import SqliteReader

async def main():
    reader = SqliteReader(Path(sys.argv[1]))
    print(json.dumps([event.uid for event in await reader.events(EventFilter())]))
    await reader.close()

asyncio.run(main())
"""


def read_elsewhere(path: Path) -> list[str]:
    """Return the ids that another process reads."""
    output = subprocess.run([sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True)
    return list(json.loads(output.stdout))


async def test_another_process_reads_what_is_committed_while_the_journal_is_open(sqlite: SqliteJournal) -> None:
    await sqlite.append(plan())
    assert await asyncio.to_thread(read_elsewhere, sqlite.path) == ["evt_a"]
    await sqlite.append(plan("b", received_at=NOW.replace(hour=13)))
    assert await asyncio.to_thread(read_elsewhere, sqlite.path) == ["evt_b", "evt_a"]


LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("select count(*) from events").fetchone()[0])
connection.close()
"""


async def test_another_program_that_closes_the_file_takes_nothing_away_from_who_writes_it(
    sqlite: SqliteJournal,
) -> None:
    """SQLite deletes the log with the last connection; its locks tell that this is not the last."""

    def look() -> int:
        done = subprocess.run([sys.executable, "-c", LOOK, str(sqlite.path)], check=True, capture_output=True)
        return int(done.stdout)

    await sqlite.append(plan())
    await asyncio.gather(*(sqlite.stats() for _ in range(20)))  # every reading thread opens its connection
    log = sqlite.path.with_name(sqlite.path.name + "-wal")
    before = log.stat().st_ino
    assert await asyncio.to_thread(look) == 1
    assert log.stat().st_ino == before
    await sqlite.append(plan("b"))
    assert await asyncio.to_thread(look) == 2
    assert (await sqlite.stats()).events[EventState.PLANNED] == 2


async def test_a_journal_that_nobody_has_open_is_read_without_being_changed(sqlite: SqliteJournal) -> None:
    await sqlite.append(plan())
    await sqlite.close()
    before = sqlite.path.read_bytes()
    assert await asyncio.to_thread(read_elsewhere, sqlite.path) == ["evt_a"]
    assert sqlite.path.read_bytes() == before


async def test_a_reader_cannot_write(sqlite: SqliteJournal) -> None:
    reader = SqliteReader(sqlite.path)
    with pytest.raises(JournalError, match="readonly"):
        await reader._read(lambda connection: connection.execute("delete from events"))
    await reader.close()


async def test_a_long_search_is_ended_with_advice_and_the_next_read_works(path: Path) -> None:
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0, deadline=0.0)
    await journal.open()
    await asyncio.gather(*(journal.append(plan(f"n{n}")) for n in range(300)))
    with pytest.raises(JournalError, match="narrow the filter"):
        await journal.count(EventFilter(text="nowhere"))
    assert await journal.body("evt_n7")
    assert not await journal.retry(DeliveryFilter(ids=["no"]), NOW)
    await journal.close()


async def test_no_read_stays_open_so_that_the_log_can_be_emptied(sqlite: SqliteJournal) -> None:
    await sqlite.append(plan())
    await asyncio.gather(*(sqlite.events(EventFilter()) for _ in range(20)))
    writer = sqlite._writer
    assert writer is not None
    writer._checkpoint()
    assert sqlite.path.with_name("router.db-wal").stat().st_size == 0


async def test_many_reads_at_once_among_writes_all_see_whole_events(sqlite: SqliteJournal) -> None:
    async def write() -> None:
        for n in range(60):
            uid = f"evt_n{n}"
            await sqlite.append(plan(f"n{n}", planned(uid, "one"), planned(uid, "two")))

    async def read() -> None:
        for _ in range(20):
            for event in await sqlite.events(EventFilter(limit=100)):
                assert sum(event.deliveries.values()) == 2

    await asyncio.gather(write(), *(read() for _ in range(6)))


async def test_a_reader_of_nothing_says_so_and_opens_once_there_is_something(path: Path) -> None:
    reader = SqliteReader(path)
    with pytest.raises(JournalError, match="there is no journal"):
        await reader.stats()
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    assert (await reader.stats()).oldest_due is None
    await reader.close()
    await reader.close()
    await journal.close()


async def test_a_listing_with_an_absurd_limit_is_a_listing(sqlite: SqliteJournal) -> None:
    await sqlite.append(plan())
    assert len(await sqlite.events(EventFilter(limit=10**30))) == 1
    assert await sqlite.events(EventFilter(limit=-1)) == []


def test_only_the_star_of_a_type_is_special() -> None:
    assert glob("a*[b]?c") == "a*[[]b][?]c"
    assert glob("****") == "*"
