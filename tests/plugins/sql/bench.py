"""An opened `sql` action on a database of its own, beside a second connection that looks at the rows."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from router.plugin import Delivery, EventInfo
from router.registry import load_registry

_FOUND = load_registry(entry_points=False).get("sql")
assert _FOUND is not None
SQL: Any = _FOUND.action

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DELIVERY = Delivery(
    id="dlv_1",
    attempt=1,
    deadline=0.0,
    route="users",
    action="save",
    event=EventInfo(uid="1", id="1", source="clerk", type="user.created", time=NOW, received_at=NOW),
    now=NOW,
    first_attempt_at=NOW,
)


def part(name: str) -> Any:
    """Return a module of the action, the same copy that the action uses."""
    return import_module(f"{SQL.__module__}.{name}")


def postgres_url() -> str:
    """Return the address of the test server; skips without one, fails where servers are required."""
    url = os.environ.get("ROUTER_TEST_POSTGRES_URL")
    if not url:
        if os.environ.get("ROUTER_TEST_SERVERS") == "required":
            pytest.fail("ROUTER_TEST_POSTGRES_URL is not set, and ROUTER_TEST_SERVERS=required")
        pytest.skip("ROUTER_TEST_POSTGRES_URL is not set")
    return url


class Bench:
    """One database; `url` is what a destination would say."""

    def __init__(self, dialect: str, url: str) -> None:
        self.dialect = dialect
        self.url = url
        self.sql: Any = SQL()
        self.sql.config = SQL.Config(url=url)

    async def run(self, **params: Any) -> Any:
        """Execute one delivery with these parameters and return its facts."""
        return await self.sql.execute(SQL.Params(**params), DELIVERY)

    async def script(self, text: str) -> None:
        """Run SQL beside the action."""
        raise NotImplementedError

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read rows beside the action."""
        raise NotImplementedError


class SqliteBench(Bench):
    def __init__(self, path: Path) -> None:
        super().__init__("sqlite", f"sqlite:///{path}")
        self.path = path

    async def script(self, text: str) -> None:
        connection = sqlite3.connect(self.path)
        connection.executescript(text)
        connection.close()

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


class PostgresBench(Bench):
    def __init__(self, url: str, connection: Any, schema: str) -> None:
        super().__init__("postgresql", f"{url}?schema={schema}")
        self.connection = connection
        self.schema = schema

    async def script(self, text: str) -> None:
        await self.connection.execute(text)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.connection.fetch(query)]


@asynccontextmanager
async def opened(dialect: str, folder: Path) -> AsyncIterator[Any]:
    """Give a bench of that dialect, empty, and remove what it made."""
    if dialect == "sqlite":
        bench: Bench = SqliteBench(folder / "app.db")
        await bench.sql.open()
        try:
            yield bench
        finally:
            await bench.sql.close()
        return
    url = postgres_url()
    schema = f"sql_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(url)
    await connection.execute(f"create schema {schema}; set search_path to {schema}")
    bench = PostgresBench(url, connection, schema)
    await bench.sql.open()
    try:
        yield bench
    finally:
        await bench.sql.close()
        await connection.execute(f"drop schema {schema} cascade")
        await connection.close()
