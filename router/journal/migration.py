"""Opening a journal file: made where there is none, migrated where it is older, refused where it is not ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from router.errors import JournalError
from router.journal.connection import APPLICATION_ID, advice, code_of, connect, prepare_writer
from router.journal.statements import migrations

_MAGIC = b"SQLite format 3\x00"


def open_for_writing(
    path: Path, scripts: Sequence[str] | None = None, *, again: bool = False
) -> sqlite3.Connection:
    """Open the journal's writing connection; make or migrate the file first.

    `scripts` lead from version to version, the shipped ones by default. Each runs in one transaction with its
    version, so that a crash leaves the one or the other. `again` opens only what exists. Raises JournalError
    with what to do.
    """
    steps = migrations() if scripts is None else scripts
    _look_at(path)
    try:
        if not again:
            _read_start(path)
            _make_file(path)
        connection = connect(path, "rw")
        try:
            version = _version(connection, path, len(steps))
            if version == 0:
                connection.execute("pragma auto_vacuum = incremental")  # only before the first table
            if connection.execute("pragma journal_mode = wal").fetchone()[0] != "wal":
                raise JournalError(
                    f"the journal `{path}` cannot keep a write-ahead log there: put it on a local disk"
                )
            prepare_writer(connection)
            for number in range(version + 1, len(steps) + 1):
                _migrate(connection, steps[number - 1], number)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise cannot_open(path, error) from error
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a read-only connection to a journal of this version; raises JournalError with what to do."""
    _look_at(path)
    if not path.exists():
        raise JournalError(f"there is no journal `{path}`: start the router once, or name another file")
    newest = len(migrations())
    try:
        connection = connect(path, "ro")
        try:
            version = _version(connection, path, newest)
            if version < newest:
                raise JournalError(
                    f"the journal `{path}` has schema {version}, this router reads {newest}: "
                    "start the router once, which migrates it"
                )
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise cannot_open(path, error) from error
    return connection


def schema_of(path: Path) -> int:
    """Return the version of a journal file without touching it, 0 where there is no file; raises JournalError."""
    _look_at(path)
    if not path.exists():
        return 0
    try:
        connection = connect(path, "ro")
        try:
            return _version(connection, path, len(migrations()))
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise cannot_open(path, error) from error


def cannot_open(path: Path, error: Exception) -> JournalError:
    """Return the error that says what is wrong with the file, and what to do."""
    what = advice(error)
    if code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        what = ": another program has it open for writing; end that one"
    elif not what:
        what = ": its directory and the file must be writable by this user, on a disk with space left"
    return JournalError(f"the journal `{path}` cannot be opened: {error}{what}")


def _look_at(path: Path) -> None:
    if str(path).startswith((":memory:", "file:")):
        raise JournalError(f"the journal cannot be `{path}`: name a file on a local disk")
    try:
        if not path.parent.is_dir():
            raise JournalError(f"the journal's directory `{path.parent}` does not exist: make it")
        if not path.exists():
            return
        if not path.is_file():
            raise JournalError(f"the journal `{path}` is not a file: name another path")
    except OSError as error:
        raise cannot_open(path, error) from error


def _read_start(path: Path) -> None:
    # Only before the first connection. To close a file gives up every POSIX lock that this process has on it,
    # SQLite's too: another program that closes the file would then delete the log that is still written to
    # (sqlite.org/howtocorrupt.html, section 2.2).
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_open(path, error) from error
    if start and start != _MAGIC:
        raise JournalError(f"`{path}` is not a journal (not an SQLite file): name another file")


def _make_file(path: Path) -> None:
    # Only for this user: bodies and parameters are in it. SQLite gives -wal and -shm the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    owner = connection.execute("pragma application_id").fetchone()[0]
    version = int(connection.execute("pragma user_version").fetchone()[0])
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    if owner != APPLICATION_ID and (owner or version or tables):
        raise JournalError(f"`{path}` is another program's database, not a journal: name another file")
    if version > newest:
        raise JournalError(
            f"the journal `{path}` was written by a newer router (schema {version}, this one knows {newest}): "
            "use that version again, or name another file"
        )
    return version


def _migrate(connection: sqlite3.Connection, script: str, number: int) -> None:
    try:
        connection.executescript(
            f"begin immediate;\n{script}\n;pragma application_id = {APPLICATION_ID};\n"
            f"pragma user_version = {number};\ncommit;"
        )
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
