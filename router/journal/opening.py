"""Where a journal is, and who may open it: a SQLite file of one process, or a PostgreSQL database of many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from router.address import Address, is_postgres
from router.errors import JournalError
from router.journal.journal import Journal
from router.journal.lock import Holder, Lock
from router.journal.reader import SqliteReader
from router.journal.sqlite import MIN_FREE, SqliteJournal

if TYPE_CHECKING:
    from router.journal.postgres.reader import PostgresReader

Place = Path | str
"""A SQLite file, or the address of a PostgreSQL database."""


def place_of(text: str) -> Place:
    """Return the place that a person names: an address, or a file."""
    if is_postgres(text):
        return text
    return Path(text.removeprefix("sqlite:///")) if text.startswith("sqlite:///") else Path(text)


def shown(place: Place) -> str:
    """Return a place as it may be shown: without the password."""
    return str(place) if isinstance(place, Path) else Address.read(place).name


def store_at(
    place: Place, *, clock: Callable[[], datetime], min_free: int = MIN_FREE, worker: bool = True
) -> Journal:
    """Return the journal at a place, to be opened.

    Without `worker` it is opened beside running processes to change what a person asks for, where many may own
    it; a file has one owner in any case. JournalError where the driver is missing or the address is none.
    """
    if isinstance(place, Path):
        return SqliteJournal(place, clock=clock, min_free=min_free)
    need_driver()
    from router.journal.postgres.journal import PostgresJournal

    return PostgresJournal(place, clock=clock, worker=worker)


def reader_at(place: Place) -> SqliteReader | PostgresReader:
    """Return a reader of the journal at a place, which disturbs nobody."""
    if isinstance(place, Path):
        return SqliteReader(place)
    need_driver()
    from router.journal.postgres.reader import PostgresReader

    return PostgresReader(place)


def lock_at(place: Place) -> Lock | NoLock:
    """Return the lock of the journal at a place."""
    return Lock(place) if isinstance(place, Path) else NoLock()


class NoLock:
    """The lock of a journal that many processes own together: whoever asks has it."""

    def acquire(self, wait: float = 0.0) -> None:
        """Own the journal, as others do."""

    def publish(self, admin: str, token: str) -> None:
        """Tell nobody where this process is reached: who changes the journal does it beside it."""

    def holder(self) -> Holder | None:
        """Return nobody: there is none who would have to be asked."""
        return None

    def release(self) -> None:
        """Give it up."""

    def give_up(self) -> None:
        """End a waiting that there never is."""


def need_driver() -> None:
    """Raise JournalError where the driver of PostgreSQL is missing."""
    if find_spec("asyncpg") is None:
        raise JournalError("a journal in PostgreSQL needs its driver: in a checkout, pip install -e '.[postgres]'")
