"""A journal is looked at without being made, migrated or locked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from router.errors import JournalError
from router.journal.look import look, told
from router.journal.sqlite import SqliteJournal
from tests.journal.values import NOW
from tests.ports import free_port


async def test_where_nothing_is_yet_a_file_can_be_made(path: Path) -> None:
    assert await look(path, 0) == f"the file `{path}` can be made"
    assert not path.exists()


async def test_a_journal_in_use_is_fine_and_is_not_disturbed(sqlite: SqliteJournal) -> None:
    assert await look(sqlite.path, 0) == f"the file `{sqlite.path}` can be written"
    await sqlite.ready()


async def test_an_older_journal_is_not_migrated_and_that_it_will_be_is_told(path: Path) -> None:
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    await journal.close()
    with sqlite3.connect(path) as connection:
        (newest,) = connection.execute("pragma user_version").fetchone()
        connection.execute(f"pragma user_version = {newest - 1}")
    connection.close()
    assert await look(path, 0) == f"the file `{path}` can be written; it is migrated from {newest - 1} to {newest}"
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma user_version").fetchone() == (newest - 1,)
    connection.close()


async def test_what_is_no_journal_is_refused(path: Path, tmp_path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table users (id)")
    connection.close()
    with pytest.raises(JournalError, match="another program's database"):
        await look(path, 0)
    with pytest.raises(JournalError, match="does not exist: make it"):
        await look(tmp_path / "none" / "router.db", 0)
    with pytest.raises(JournalError, match="is not a file"):
        await look(tmp_path, 0)


async def test_too_little_room_is_refused(path: Path) -> None:
    with pytest.raises(JournalError, match="make room"):
        await look(path, 2**60)


async def test_a_schema_of_postgresql_is_looked_at_and_not_made(postgres_url: str) -> None:
    from router.journal.postgres.journal import PostgresJournal

    assert (await look(postgres_url, 0)).endswith(" can be made")
    assert (await look(postgres_url, 0)).endswith(" can be made")
    journal = PostgresJournal(postgres_url, clock=lambda: NOW)
    await journal.open()
    try:
        assert (await look(postgres_url, 0)).endswith(" can be written")
    finally:
        await journal.close()


async def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(JournalError, match="cannot be opened") as raised:
        await look(f"postgresql://ada:p4ssw0rd-GhJkL@127.0.0.1:{free_port()}/app", 0)
    assert "p4ssw0rd" not in str(raised.value)


async def test_a_user_who_may_make_nothing_is_told(postgres_url: str) -> None:
    import asyncpg

    name = "looker_" + postgres_url.rpartition("=")[2]
    base = postgres_url.partition("?")[0]
    owner = await asyncpg.connect(base)
    await owner.execute(f"create role {name} login password 'p4ssw0rd-GhJkL'")
    try:
        place = postgres_url.partition("://")[2].rpartition("@")[2]
        with pytest.raises(JournalError, match="cannot be made or used by this user"):
            await look(f"postgresql://{name}:p4ssw0rd-GhJkL@{place}", 0)
    finally:
        await owner.execute(f"drop role {name}")
        await owner.close()


@pytest.mark.parametrize(("version", "said"), [(0, "x can be written, and is empty"), (3, "x can be written")])
def test_what_is_there_is_told(version: int, said: str) -> None:
    assert told("x", version, 3) == said
