"""The journal that the contract suite runs on, and the means to restart it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.journal.journal import Journal
from router.journal.sqlite import SqliteJournal
from tests.journal.values import NOW, Reopen


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "router.db"


@pytest.fixture
async def sqlite(path: Path) -> AsyncIterator[SqliteJournal]:
    """An open journal on a file of its own."""
    journal = SqliteJournal(path, clock=lambda: NOW, min_free=0)
    await journal.open()
    yield journal
    await journal.close()


@pytest.fixture
def journal(sqlite: SqliteJournal) -> Journal:
    """The journal under the contract."""
    return sqlite


@pytest.fixture
async def reopen(sqlite: SqliteJournal) -> AsyncIterator[Reopen]:
    """Restarts the journal under the contract."""
    opened = [sqlite]

    async def restart() -> Journal:
        await opened[-1].close()
        opened.append(SqliteJournal(sqlite.path, clock=lambda: NOW, min_free=0))
        await opened[-1].open()
        return opened[-1]

    yield restart
    await opened[-1].close()
