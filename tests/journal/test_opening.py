"""Where a journal is, and what opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.errors import JournalError
from router.journal.lock import Lock
from router.journal.opening import NoLock, lock_at, place_of, reader_at, shown, store_at
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.reader import PostgresReader
from router.journal.reader import SqliteReader
from router.journal.sqlite import SqliteJournal
from tests.journal.values import NOW

URL = "postgresql://router:s3cret@db:5432/acme?schema=hooks"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("router.db", Path("router.db")),
        ("sqlite:///router.db", Path("router.db")),
        ("sqlite:////srv/router.db", Path("/srv/router.db")),
        (URL, URL),
        ("postgres://h/d", "postgres://h/d"),
    ],
)
def test_a_person_names_a_file_or_an_address(text: str, place: Path | str) -> None:
    assert place_of(text) == place


def test_a_place_is_shown_without_its_password() -> None:
    assert shown(Path("router.db")) == "router.db"
    assert shown(URL) == "postgresql://router@db:5432/acme (schema hooks)"


async def test_what_opens_it_is_of_its_kind(path: Path) -> None:
    assert isinstance(store_at(path, clock=lambda: NOW), SqliteJournal)
    assert isinstance(store_at(URL, clock=lambda: NOW), PostgresJournal)
    for place, kind in ((path, SqliteReader), (URL, PostgresReader)):
        reader = reader_at(place)
        assert isinstance(reader, kind)
        await reader.close()


def test_a_file_has_one_owner_and_a_database_many(path: Path) -> None:
    assert isinstance(lock_at(path), Lock)
    lock = lock_at(URL)
    assert isinstance(lock, NoLock)
    lock.acquire()
    lock_at(URL).acquire()
    lock.publish("http://127.0.0.1:1", "token")
    assert lock.holder() is None
    lock.release()


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.journal.opening.find_spec", lambda name: None)
    for call in (lambda: store_at(URL, clock=lambda: NOW), lambda: reader_at(URL)):
        with pytest.raises(JournalError, match=r"pip install -e '\.\[postgres\]'"):
            call()
