"""What becomes of the file at a journal's path when it is opened."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from router.errors import JournalError
from router.journal.connection import APPLICATION_ID
from router.journal.migration import open_for_reading, open_for_writing
from router.journal.sqlite import SqliteJournal
from router.journal.statements import migrations
from tests.journal.values import NOW, plan

SECOND = "alter table events add column colour text not null default 'red';\ncreate table more (x integer);"


def value(connection: sqlite3.Connection, sql: str) -> object:
    found: object = connection.execute(sql).fetchone()[0]
    return found


def test_a_new_journal_is_durable_private_and_gives_space_back(path: Path) -> None:
    connection = open_for_writing(path)
    assert value(connection, "pragma journal_mode") == "wal"
    assert value(connection, "pragma synchronous") == 2  # FULL
    assert value(connection, "pragma auto_vacuum") == 2  # incremental
    assert value(connection, "pragma journal_size_limit") == 64 * 1024 * 1024
    assert value(connection, "pragma busy_timeout") == 5000
    assert value(connection, "pragma user_version") == len(migrations())
    assert value(connection, "pragma application_id") == APPLICATION_ID
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.with_name("router.db-wal").stat().st_mode) == 0o600
    connection.close()


async def test_an_older_journal_is_migrated_with_what_is_in_it(sqlite: SqliteJournal) -> None:
    await sqlite.append(plan())
    await sqlite.close()
    two = [*migrations(), SECOND]
    connection = open_for_writing(sqlite.path, two)
    assert value(connection, "pragma user_version") == len(two)
    assert connection.execute("select uid, colour from events").fetchall() == [("evt_a", "red")]
    connection.close()
    open_for_writing(sqlite.path, two).close()


async def test_a_migration_that_fails_leaves_the_journal_as_it_was(sqlite: SqliteJournal) -> None:
    await sqlite.append(plan())
    await sqlite.close()
    with pytest.raises(JournalError, match="cannot be opened"):
        open_for_writing(sqlite.path, [*migrations(), SECOND + "select nonsense;"])
    again = SqliteJournal(sqlite.path, clock=lambda: NOW, min_free=0)
    await again.open()
    assert await again.event("evt_a") is not None
    await again.close()


def test_a_newer_journal_is_refused_by_writer_and_reader(path: Path) -> None:
    open_for_writing(path, [*migrations(), SECOND]).close()
    before = path.read_bytes()
    for opened in (open_for_writing, open_for_reading):
        with pytest.raises(JournalError, match=r"newer router \(schema 3, this one knows 2\)"):
            opened(path)
    assert path.read_bytes() == before


def test_a_reader_of_an_older_journal_says_what_to_do(path: Path) -> None:
    open_for_writing(path, []).close()
    with pytest.raises(JournalError, match="start the router once"):
        open_for_reading(path)


def text_file(path: Path) -> None:
    path.write_text("not a database, but more than a hundred bytes long " * 10)


def other_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table theirs (x)")
    connection.close()


def other_application(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("pragma application_id = 4711")
    connection.close()


def damaged(path: Path) -> None:
    open_for_writing(path).close()
    path.write_bytes(path.read_bytes()[:16] + b"\xff" * 4096)


def cut(path: Path) -> None:
    open_for_writing(path).close()
    path.write_bytes(path.read_bytes()[:4096])


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("opened", [open_for_writing, open_for_reading])
@pytest.mark.parametrize(
    "make", [text_file, other_program, other_application, damaged, directory], ids=lambda make: str(make.__name__)
)
def test_what_is_no_journal_is_refused_and_left_alone(
    path: Path, make: Callable[[Path], None], opened: Callable[[Path], sqlite3.Connection]
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(JournalError, match=r"router\.db.*: .*") as caught:
        opened(path)
    assert "name another" in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


async def test_a_journal_that_was_cut_off_is_an_error_not_a_loss(path: Path) -> None:
    cut(path)
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    with pytest.raises(JournalError, match="restore it from a backup"):
        await journal.open()


@pytest.mark.parametrize("name", [":memory:", "file:x?mode=memory"])
def test_a_journal_is_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JournalError, match="name a file"):
        open_for_writing(Path(name))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="does not exist: make it"):
        open_for_writing(tmp_path / "missing" / "router.db")


def test_a_missing_journal_is_not_made_by_a_reader(path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal"):
        open_for_reading(path)
    assert not path.exists()


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    open_for_writing(path).close()


def test_a_path_with_signs_of_a_uri_is_a_path(tmp_path: Path) -> None:
    odd = tmp_path / "a?mode=memory#x%20y &.db"
    open_for_writing(odd).close()
    assert odd.is_file()
    open_for_reading(odd).close()
