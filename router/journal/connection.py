"""Connections to the journal's SQLite file, and what its errors mean.

Facts: sqlite.org/pragma.html, sqlite.org/wal.html, sqlite.org/rescode.html.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

APPLICATION_ID = 0x526F7572
"""Marks the file as a journal of ours (`application_id` of the SQLite header): the letters `Rour`."""

PAGES_PER_CHECKPOINT = 4000
WAL_LIMIT = 64 * 1024 * 1024
BUSY_TIMEOUT = 5000  # milliseconds
STATEMENTS = 256
"""Prepared statements that are kept: inserts of many rows are one for each power of two (bulk.py)."""

_OF_THE_ROW = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
    }
)
_PASSING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def code_of(error: BaseException) -> int | None:
    """Return SQLite's primary result code of an error; None where it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def is_of_the_store(error: BaseException) -> bool:
    """Whether the store failed (disk full, read-only, I/O, corrupt), not the row that was to be stored."""
    code = code_of(error)
    return isinstance(error, sqlite3.Error) and code is not None and code not in _OF_THE_ROW


def is_passing(error: BaseException) -> bool:
    """Whether the same connection will work again once the reason has gone."""
    return code_of(error) in _PASSING


def advice(error: BaseException) -> str:
    """Return what to do about an error that does not pass by itself, as the end of a sentence; else nothing."""
    if code_of(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return ": it is damaged or no journal; restore it from a backup, or name another file"
    return ""


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open an existing file, `mode` rw or ro, outside any transaction; usable by one thread at a time."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT / 1000,
        cached_statements=STATEMENTS,
    )
    try:
        if mode == "ro":
            connection.execute("pragma query_only = 1")
        connection.execute("pragma cache_size = -16000")
    except BaseException:
        connection.close()
        raise
    return connection


def prepare_writer(connection: sqlite3.Connection) -> None:
    """Make every commit durable: it has reached the disk when COMMIT returns."""
    connection.execute("pragma synchronous = full")
    if sys.platform == "darwin":  # where fsync alone leaves the data in the drive's cache
        connection.execute("pragma fullfsync = 1")
        connection.execute("pragma checkpoint_fullfsync = 1")
    connection.execute(f"pragma wal_autocheckpoint = {PAGES_PER_CHECKPOINT}")
    connection.execute(f"pragma journal_size_limit = {WAL_LIMIT}")
