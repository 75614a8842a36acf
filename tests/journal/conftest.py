"""The journal that the contract suite runs on, and the means to restart it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from router.journal.journal import Journal
from router.journal.sqlite import SqliteJournal
from tests.journal.values import Clock, Reopen
from tests.servers import needed

if TYPE_CHECKING:
    from router.journal.postgres.journal import PostgresJournal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "router.db"


@pytest.fixture
def clock() -> Clock:
    """The clock of the journal, which stands at NOW until it is set."""
    return Clock()


@pytest.fixture
async def sqlite(path: Path, clock: Clock) -> AsyncIterator[SqliteJournal]:
    """An open journal on a file of its own."""
    journal = SqliteJournal(path, clock=clock, min_free=0)
    await journal.open()
    yield journal
    await journal.close()


@pytest.fixture
def journal(sqlite: SqliteJournal) -> Journal:
    """The journal under the contract."""
    return sqlite


@pytest.fixture
async def reopen(sqlite: SqliteJournal, clock: Clock) -> AsyncIterator[Reopen]:
    """Restarts the journal under the contract."""
    opened = [sqlite]

    async def restart() -> Journal:
        await opened[-1].close()
        opened.append(SqliteJournal(sqlite.path, clock=clock, min_free=0))
        await opened[-1].open()
        return opened[-1]

    yield restart
    await opened[-1].close()


@pytest.fixture
async def postgres_url() -> AsyncIterator[str]:
    """The address of a schema of PostgreSQL that nobody else uses; it is gone after the test."""
    address = needed("ROUTER_TEST_POSTGRES_URL", "a PostgreSQL database in which schemas may be made")
    asyncpg = pytest.importorskip("asyncpg")
    schema = f"test_{secrets.token_hex(6)}"
    yield f"{address}{'&' if '?' in address else '?'}schema={schema}"
    connection = await asyncpg.connect(address)
    await connection.execute(f"drop schema if exists {schema} cascade")
    await connection.close()


@pytest.fixture
async def postgres(postgres_url: str, clock: Clock) -> AsyncIterator[PostgresJournal]:
    """An open journal in a schema of its own."""
    from router.journal.postgres.journal import PostgresJournal

    journal = PostgresJournal(postgres_url, clock=clock)
    await journal.open()
    yield journal
    await journal.close()
