"""A copy of a journal that is consistent, on the disk, checked and marked, taken beside whoever writes.

Facts: sqlite.org/backup.html and sqlite.org/c3ref/backup_finish.html.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from router.errors import JournalError
from router.journal import holding, queries
from router.journal.connection import connect
from router.journal.journal import Stats
from router.journal.migration import open_for_reading

PAGES = 1024
"""Pages of one step; after each the disk is left to the others for a moment."""
PAUSE = 0.01  # seconds


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup: its file, when it was taken, its size in bytes and what it holds."""

    file: Path
    taken_at: datetime
    bytes: int
    stats: Stats


def back_up(
    journal: Path,
    file: Path,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None] = lambda done, all_: None,
    pause: Callable[[float], None] = time.sleep,
) -> Copy:
    """Copy the journal as it is at one moment to a new file, only for this user; blocks.

    `progress` is told the pages that are copied, and all of them. Raises JournalError with what to do, and leaves
    no file then. The copy is made under another name, `.partial`, so that a half one is never taken for a whole.
    """
    with closing(open_for_reading(journal)) as source, _new_file(file) as partial:
        try:
            # One read transaction holds on to one moment. Without it every write of the router would make the
            # copy begin again; with it, all that it costs is a longer write-ahead log.
            source.execute("begin")
            source.execute("select count(*) from meta").fetchone()
            taken_at = clock()

            def told(_: int, remaining: int, total: int) -> None:
                progress(total - remaining, total)
                if remaining:
                    pause(PAUSE)

            with closing(connect(partial, "rw")) as target:
                target.execute("pragma synchronous = off")  # a half copy is thrown away; the whole one is synced
                source.backup(target, pages=PAGES, progress=told)
            source.execute("rollback")
            with closing(connect(partial, "rw")) as target:
                stats = _finish(target, taken_at)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"the backup `{file}` cannot be written: {error}; nothing is left of it") from error
        _put(partial, file)
        return Copy(file, taken_at, file.stat().st_size, stats)


def _finish(target: sqlite3.Connection, taken_at: datetime) -> Stats:
    """Make it one file without a write-ahead log, mark it, and look whether it is whole."""
    target.execute("pragma journal_mode = delete")
    holding.mark_copy(target, taken_at)
    found = target.execute("pragma quick_check(1)").fetchone()[0]
    if found != "ok":
        raise JournalError(f"the copy is damaged, and so the journal may be: {found}; the last good backup counts")
    return queries.stats(target)


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """Make the empty file that is copied into; remove it, and what SQLite puts beside it, where that fails."""
    partial = file.with_name(file.name + ".partial")
    if os.path.lexists(file):
        raise _exists(file)
    try:
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise JournalError(
            f"`{partial}` exists: another backup is being written, or one was cut off; remove it then"
        ) from None
    except OSError as error:
        raise JournalError(f"the backup `{file}` cannot be made: {error.strerror}") from error
    try:
        yield partial
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(f"{partial}{end}")


def _sync(file: Path) -> None:
    # No connection to it is open any more, so closing it takes no lock from SQLite.
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put(partial: Path, file: Path) -> None:
    """Bring the copy to the disk and give it its name, unless something has taken that meanwhile."""
    try:
        _sync(partial)
        try:
            os.link(partial, file)
        except FileExistsError:
            raise _exists(file) from None
        except OSError:  # a file system without links
            if os.path.lexists(file):
                raise _exists(file) from None
            os.rename(partial, file)
        _sync(file.parent)
    except OSError as error:
        raise JournalError(f"the backup `{file}` cannot be put in its place: {error.strerror}") from error


def _exists(file: Path) -> JournalError:
    return JournalError(f"`{file}` exists: a backup overwrites nothing; name another file")
