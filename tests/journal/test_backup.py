"""A backup is one whole, marked, private file, taken beside a writer; restored, it holds what was unsettled."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from router.errors import JournalError
from router.journal.backup import PAGES, back_up
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState, Outcome
from tests.journal.values import NOW, attempt, begun, claim, found, later, plan

S = DeliveryState


async def opened(path: Path) -> SqliteJournal:
    journal = SqliteJournal(path, clock=lambda: later(100), min_free=0)
    await journal.open()
    return journal


async def test_a_backup_holds_everything_in_one_file_of_its_own(sqlite: SqliteJournal, tmp_path: Path) -> None:
    await sqlite.append(plan("a"))
    settled = await begun(sqlite, "b")
    await sqlite.record(attempt(settled))
    file = tmp_path / "copies.db"
    copy = await asyncio.to_thread(back_up, sqlite.path, file, clock=lambda: later(7))
    assert (copy.file, copy.taken_at, copy.bytes) == (file, later(7), file.stat().st_size)
    assert (copy.stats.deliveries[S.READY], copy.stats.deliveries[S.DELIVERED]) == (1, 1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir() if entry.name.startswith("copies")) == ["copies.db"]
    assert file.read_bytes()[18:20] == b"\x01\x01"  # no write-ahead log: one file is all
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    await sqlite.append(plan("c"))  # the original is no copy, and goes on
    assert (await found(sqlite, plan("c").deliveries[0].id)).state is S.READY


async def test_a_restored_backup_starts_held_and_says_so_once(
    sqlite: SqliteJournal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite.append(plan("ready"))
    running = await begun(sqlite, "running")
    dead = await begun(sqlite, "dead")
    await sqlite.record(attempt(dead, S.DEAD))
    file = tmp_path / "copy.db"
    await asyncio.to_thread(back_up, sqlite.path, file, clock=lambda: later(7))
    with caplog.at_level(logging.WARNING):
        restored = await opened(file)
    (line,) = [record.getMessage() for record in caplog.records if "copy.db" in record.getMessage()]
    assert "2 deliveries are held" in line
    assert "router retry --state held" in line
    states = {d.event_uid: (d.state, d.reason) for d in await restored.deliveries(DeliveryFilter())}
    held = (S.HELD, "restored from a backup of 2026-03-01T12:00:07Z; release with router retry --state held")
    assert (states["evt_ready"], states["evt_running"], states["evt_dead"][0]) == (held, held, S.DEAD)
    cut = await found(restored, running.id)
    assert (cut.crashes, cut.suspect, cut.attempts) == (0, False, 0)
    assert [a.outcome for a in await restored.attempts(running.id)] == [Outcome.INTERRUPTED]
    assert await claim(restored, {"slack": 9}, later(500)) == []
    await restored.append(plan("new"))
    assert len(await restored.retry(DeliveryFilter(state=S.HELD), later(9))) == 2
    await restored.close()
    caplog.clear()
    again = await opened(file)
    assert caplog.records == []
    assert await again.count(DeliveryFilter(state=S.HELD)) == 0
    assert len(await claim(again, {"slack": 9}, later(500))) == 3
    await again.close()


async def test_a_backup_is_of_one_moment_while_events_come_in(sqlite: SqliteJournal, tmp_path: Path) -> None:
    """The copy does not begin again for what is written meanwhile, and no commit waits for it to end."""
    for n in range(300):
        await sqlite.append(plan(f"n{n}", body=os.urandom(60_000)))
    begin, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)

    def pause(_: float) -> None:
        if len(seen) == 2:
            loop.call_soon_threadsafe(begin.set)
            assert go_on.wait(60)

    file = tmp_path / "copy.db"
    copying = asyncio.ensure_future(
        asyncio.to_thread(back_up, sqlite.path, file, clock=lambda: NOW, progress=progress, pause=pause)
    )
    await begin.wait()
    for n in range(20):
        await sqlite.append(plan(f"later{n}"))
    go_on.set()
    copy = await copying
    assert seen == sorted(seen)
    assert len(seen) >= 4
    assert seen[0] == PAGES
    assert copy.stats.deliveries[S.READY] == 300
    assert await sqlite.count(EventFilter()) == 320


async def test_nothing_is_overwritten(sqlite: SqliteJournal, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    file.write_text("mine")
    with pytest.raises(JournalError, match=r"copy\.db` exists: a backup overwrites nothing"):
        back_up(sqlite.path, file, clock=lambda: NOW)
    with pytest.raises(JournalError, match="exists"):
        back_up(sqlite.path, sqlite.path, clock=lambda: NOW)
    assert file.read_text() == "mine"
    assert not (tmp_path / "copy.db.partial").exists()


async def test_what_takes_the_name_meanwhile_is_not_overwritten(sqlite: SqliteJournal, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    with pytest.raises(JournalError, match="exists"):
        back_up(
            sqlite.path, file, clock=lambda: NOW, progress=lambda done, all_: (file.write_text("mine"), None)[1]
        )
    assert file.read_text() == "mine"
    assert not (tmp_path / "copy.db.partial").exists()


async def test_half_a_copy_of_an_earlier_backup_is_named(sqlite: SqliteJournal, tmp_path: Path) -> None:
    (tmp_path / "copy.db.partial").write_text("half")
    with pytest.raises(JournalError, match=r"copy\.db\.partial` exists: .*remove it"):
        back_up(sqlite.path, tmp_path / "copy.db", clock=lambda: NOW)
    assert (tmp_path / "copy.db.partial").read_text() == "half"


async def test_a_folder_that_is_not_there_is_told(sqlite: SqliteJournal, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be made"):
        back_up(sqlite.path, tmp_path / "nowhere" / "copy.db", clock=lambda: NOW)


async def test_a_backup_that_fails_leaves_nothing_behind(sqlite: SqliteJournal, tmp_path: Path) -> None:
    def fail(done: int, total: int) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(JournalError, match="disk I/O error; nothing is left of it"):
        back_up(sqlite.path, tmp_path / "copy.db", clock=lambda: NOW, progress=fail)
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("copy")] == []
    await sqlite.append(plan("a"))  # nothing of it holds the journal


async def test_a_damaged_journal_makes_no_backup(sqlite: SqliteJournal, path: Path, tmp_path: Path) -> None:
    for n in range(50):
        await sqlite.append(plan(f"n{n}", body=os.urandom(3000)))
    await sqlite.close()
    with path.open("r+b") as file:
        file.seek(-20 * 4096, os.SEEK_END)
        file.write(os.urandom(16 * 4096))
    with pytest.raises(JournalError, match="the copy is damaged"):
        back_up(path, tmp_path / "copy.db", clock=lambda: NOW)
    assert not (tmp_path / "copy.db").exists()
