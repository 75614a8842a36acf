"""The journal when the store fails under it: it says so, loses nothing that it acknowledged, and recovers."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.errors import JournalError, JournalUnwritable
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState
from tests.journal.values import NOW, attempt, begun, found, limits, plan, planned

APPENDER = """
import asyncio, sys
from pathlib import Path
from router.journal.sqlite import SqliteJournal
from tests.journal.values import NOW, plan, planned

async def main():
    journal = SqliteJournal(Path(sys.argv[1]), clock=lambda: NOW, min_free=0)
    await journal.open()

    async def sender(name):
        for n in range(100000):
            uid = f"evt_{name}.{n}"
            items = [planned(uid, "one"), planned(uid, "two")]
            await journal.append(plan(f"{name}.{n}", *items), take={items[0].id})
            sys.stdout.write(uid + "\\n")
            sys.stdout.flush()

    await asyncio.gather(*(sender(f"s{n}") for n in range(16)))

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(500)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    for uid in acknowledged:
        stored = await journal.event(uid)
        assert stored is not None, uid
        assert stored.deliveries == {DeliveryState.READY: 2}
        assert stored.body
    events = await journal.count(EventFilter())
    assert events >= len(acknowledged) >= 500
    # No event without its deliveries, no delivery without its event.
    assert await journal.count(DeliveryFilter()) == 2 * events
    await journal.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 3 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=3m,mode=700", "none"]
    if mount is None or subprocess.run([mount, *options, str(place)], capture_output=True).returncode:
        pytest.skip("a file system of its own can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def fill(journal: SqliteJournal) -> int:
    """Append until the journal refuses; return how many were acknowledged."""
    for n in range(5000):
        try:
            await journal.append(plan(f"f{n}", body=os.urandom(20_000)))
        except JournalUnwritable:
            return n
    raise AssertionError("the store never became full")


async def test_a_full_disk_refuses_and_recovers_by_itself(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    journal = SqliteJournal(small_disk / "router.db", clock=lambda: NOW, min_free=0)
    await journal.open()
    running = await begun(journal, "first")
    ballast.write_bytes(b"x" * 1_000_000)
    stored = await fill(journal)
    assert await journal.count(EventFilter()) == stored + 1  # reads go on
    answers = await asyncio.gather(
        *(journal.append(plan(f"g{n}", body=os.urandom(20_000))) for n in range(20)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert refused
    assert all(isinstance(answer, JournalUnwritable) for answer in refused)
    ballast.unlink()
    await journal.append(plan("after"))
    await journal.probe()
    assert await journal.record(attempt(running))
    assert await journal.count(EventFilter()) == stored + 2 + (20 - len(refused))
    await journal.close()


async def test_a_file_that_may_not_grow_refuses_and_recovers_by_itself(sqlite: SqliteJournal) -> None:
    await sqlite._write(lambda cursor: cursor.execute("pragma max_page_count = 60").fetchall())
    stored = await fill(sqlite)
    with pytest.raises(JournalUnwritable, match="full"):
        await sqlite.append(plan("b", body=os.urandom(20_000)))
    await sqlite._write(lambda cursor: cursor.execute("pragma max_page_count = 100000").fetchall())
    await sqlite.append(plan("b", body=os.urandom(20_000)))
    assert await sqlite.count(EventFilter()) == stored + 1


async def test_an_io_error_fails_the_batch_and_the_file_is_opened_again(sqlite: SqliteJournal) -> None:
    running = await begun(sqlite)
    writer = sqlite._writer
    assert writer is not None
    broken = writer._connection
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Writing beyond this size fails (EFBIG), as a broken disk would.
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        stored = await fill(sqlite)
        with pytest.raises(JournalUnwritable):
            await sqlite.append(plan("b", body=os.urandom(200_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await sqlite.append(plan("b", body=os.urandom(200_000)))
    assert writer._connection is not broken
    assert await sqlite.record(attempt(running))
    assert await sqlite.count(EventFilter()) == stored + 2


async def test_below_its_reserve_events_are_refused_and_results_recorded(path: Path) -> None:
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    first = await begun(journal)
    dead = await begun(journal, "dead")
    await journal.record(attempt(dead, DeliveryState.DEAD))
    await journal.close()
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=2**62)
    await journal.open()
    with pytest.raises(JournalUnwritable, match="`min_free`"):
        await journal.append(plan("b"))
    with pytest.raises(JournalUnwritable, match="`min_free`"):
        await journal.add("evt_a", [planned(id="dlv_r")], NOW)
    claimed = await journal.claim_suspect({"slack": limits()}, NOW)
    assert claimed is not None
    assert await journal.record(attempt(claimed))
    assert await journal.retry(DeliveryFilter(), NOW) == [dead.id]
    await journal.probe()
    with pytest.raises(JournalUnwritable, match="`min_free`"):
        await journal.ready()
    assert (await found(journal, first.id)).state is DeliveryState.DELIVERED
    await journal.close()


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_journal_that_was_removed_under_the_router_acknowledges_no_more(
    path: Path, replaced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.journal.disk.INTERVAL", 0.0)
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    await journal.append(plan())
    path.unlink()
    if replaced:
        path.touch()
    with pytest.raises(JournalUnwritable, match="restart the router"):
        await journal.append(plan("b"))
    await journal.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_directory_that_is_read_only_is_an_error_with_advice(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(JournalError, match="must be writable"):
            await SqliteJournal(path, clock=lambda: NOW).open()
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize("there", [False, True])
async def test_a_file_system_that_is_read_only_is_an_error_with_advice(small_disk: Path, there: bool) -> None:
    journal = SqliteJournal(small_disk / "router.db", clock=lambda: NOW, min_free=0)
    if there:
        await journal.open()
        await journal.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    journal = SqliteJournal(small_disk / "router.db", clock=lambda: NOW, min_free=0)
    with pytest.raises(JournalError, match="must be writable"):
        await journal.open()


async def test_a_closed_journal_says_so(path: Path) -> None:
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    with pytest.raises(JournalError, match="not open"):
        await journal.append(plan())
    await journal.open()
    with pytest.raises(JournalError, match="open already"):
        await journal.open()
    await journal.close()
    await journal.close()
    for call in (journal.append(plan()), journal.probe(), journal.stats(), journal.event("x")):
        with pytest.raises(JournalError, match="closed"):
            await call


async def test_closing_finishes_what_was_asked_and_leaves_one_file(path: Path) -> None:
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    appends = [asyncio.ensure_future(journal.append(plan(f"n{n}"))) for n in range(600)]
    await asyncio.sleep(0)
    await journal.close()
    assert len(await asyncio.gather(*appends)) == 600
    assert [file.name for file in path.parent.iterdir()] == ["router.db"]
