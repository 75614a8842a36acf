"""Who owns a journal: the lock file between processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.errors import JournalBusy, JournalError
from router.journal.lock import Holder, Lock

OWNER = """
import sys, time
from pathlib import Path
from router.journal.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire()
lock.publish("http://127.0.0.1:8081", "t0ken")
print("owned", flush=True)
time.sleep(600)
"""


@pytest.fixture
def owner(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the journal."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "owned\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_told_who_owns_the_journal(owner: subprocess.Popen[str], path: Path) -> None:
    lock = Lock(path)
    with pytest.raises(JournalBusy) as caught:
        lock.acquire()
    assert str(owner.pid) in str(caught.value)
    assert "http://127.0.0.1:8081" in str(caught.value)
    assert "t0ken" not in str(caught.value)
    assert lock.holder() == Holder(owner.pid, "http://127.0.0.1:8081", "t0ken")
    assert "t0ken" not in repr(lock.holder())


def test_a_killed_owner_leaves_the_journal_free_whatever_the_file_says(
    owner: subprocess.Popen[str], path: Path
) -> None:
    owner.kill()
    owner.wait()
    lock = Lock(path)
    assert "t0ken" in lock.path.read_text()
    assert lock.holder() is None
    lock.acquire()
    assert lock.holder() == Holder(os.getpid(), None, None)
    lock.release()


def test_who_waits_gets_the_journal_when_its_owner_ends(owner: subprocess.Popen[str], path: Path) -> None:
    lock = Lock(path)
    waiting = threading.Thread(target=lock.acquire, args=(60.0,))
    waiting.start()
    owner.kill()
    waiting.join()
    assert lock.holder() == Holder(os.getpid(), None, None)
    lock.release()


def test_who_waits_says_so_and_for_whom(
    owner: subprocess.Popen[str], path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.journal.lock._SILENT", 0.0)
    with pytest.raises(JournalBusy):
        Lock(path).acquire(0.3)
    (said,) = [record.getMessage() for record in caplog.records]
    assert str(owner.pid) in said
    assert "waiting up to 0.3 s" in said


async def test_a_release_ends_the_waiting(owner: subprocess.Popen[str], path: Path) -> None:
    lock = Lock(path)
    waiting = asyncio.ensure_future(asyncio.to_thread(lock.acquire, 600.0))
    while not waiting.done():
        lock.release()
        await asyncio.sleep(0.01)
    with pytest.raises(JournalBusy):
        await waiting


def test_two_locks_of_one_process_exclude_each_other_over_a_symbolic_link_too(path: Path) -> None:
    path.touch()
    link = path.with_name("link.db")
    link.symlink_to(path)
    first, second = Lock(path), Lock(link)
    first.acquire()
    first.acquire()
    with pytest.raises(JournalBusy):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_the_file_is_only_for_its_user_and_holds_nothing_after_a_release(path: Path) -> None:
    lock = Lock(path)
    lock.path.touch(0o666)
    lock.path.chmod(0o666)
    lock.acquire()
    lock.publish("http://[::1]:1", "x" * 5000)
    lock.publish("http://[::1]:1", "t0ken")
    assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600
    assert lock.path == path.with_name("router.db.lock")
    assert lock.holder() == Holder(os.getpid(), "http://[::1]:1", "t0ken")
    lock.release()
    assert lock.path.read_bytes() == b""
    assert lock.holder() is None
    with pytest.raises(JournalError, match="not held"):
        lock.publish("http://[::1]:1", "t0ken")


@pytest.mark.parametrize("kind", ["symlink", "directory", "fifo"])
def test_something_else_in_the_place_of_the_lock_is_refused(path: Path, tmp_path: Path, kind: str) -> None:
    lock = Lock(path)
    target = tmp_path / "precious"
    target.write_text("keep me")
    if kind == "symlink":
        lock.path.symlink_to(target)
    elif kind == "directory":
        lock.path.mkdir()
    else:
        os.mkfifo(lock.path)
    with pytest.raises(JournalError, match=r"router\.db\.lock"):
        lock.acquire()
    assert target.read_text() == "keep me"


def test_a_missing_directory_is_an_error_with_advice(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "missing" / "router.db")
    assert lock.holder() is None
    with pytest.raises(JournalError, match="must be writable"):
        lock.acquire()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused_for_the_token_would_be_his_to_read(path: Path) -> None:
    lock = Lock(path)
    lock.path.touch()
    os.chown(lock.path, 12345, 12345)
    with pytest.raises(JournalError, match="another user"):
        lock.acquire()


def test_a_lock_file_that_is_removed_does_not_make_two_owners_of_the_new_one(path: Path) -> None:
    first, second, third = Lock(path), Lock(path), Lock(path)
    first.acquire()
    first.path.unlink()
    second.acquire()
    with pytest.raises(JournalBusy):
        third.acquire()
    first.release()
    second.release()


def test_a_file_that_is_replaced_between_opening_and_locking_is_not_the_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Lock(path), Lock(path)
    real, calls = fcntl.flock, 0

    def flock(file: int, operation: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            first.path.unlink()
            second.acquire()  # of the new file
        real(file, operation)

    monkeypatch.setattr("router.journal.lock.fcntl.flock", flock)
    with pytest.raises(JournalBusy):
        first.acquire()
    second.release()


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"pid": "x", "admin": 1, "token": []}', b"\xff" * 99]
)
def test_a_garbled_file_is_an_owner_without_a_name(owner: subprocess.Popen[str], path: Path, raw: bytes) -> None:
    lock = Lock(path)
    lock.path.write_bytes(raw)
    assert lock.holder() == Holder()
    with pytest.raises(JournalBusy, match="another process"):
        lock.acquire()
