"""The example's town, on SQLite and on PostgreSQL."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.town import ROOT, Town, opened
from tests.servers import needed

Rows = Callable[[str], Awaitable[list[tuple[Any, ...]]]]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The example's town on SQLite, its tables made, its router not started yet."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
        connection.executescript((ROOT / "routes.example.sql").read_text())
    async with opened(tmp_path) as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
async def town_and_rows(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Town, Rows]]:
    """The town on each database in turn, and a way to ask that database."""
    if request.param == "postgresql":
        async with _postgres(tmp_path) as pair:
            yield pair
        return
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
        connection.executescript((ROOT / "routes.example.sql").read_text())
    async with opened(tmp_path) as one:

        async def rows(query: str) -> list[tuple[Any, ...]]:
            return one.router.rows(query)

        yield one, rows


@asynccontextmanager
async def _postgres(folder: Path) -> AsyncIterator[tuple[Town, Rows]]:
    address = needed("ROUTER_TEST_POSTGRES_URL", "a PostgreSQL database")
    import asyncpg

    connection = await asyncpg.connect(address)
    schema = f"acceptance_{secrets.token_hex(6)}"
    await connection.execute(f"create schema {schema}; set search_path to {schema}")
    await connection.execute((ROOT / "routes.example.sql").read_text())

    async def rows(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.fetch(query)]

    try:
        async with opened(folder, database=f"{address}?schema={schema}") as one:
            yield one, rows
    finally:
        await connection.execute(f"drop schema {schema} cascade")
        await connection.close()
