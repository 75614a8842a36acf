"""One database: its connections, its transactions, and what is known of its tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from router.plugin import Permanent

from .binds import read_sql
from .coercion import Anything, json_text
from .config import SqlConfig
from .execute import parameters
from .failure import Misfit, told
from .params import Statement
from .statement import prepared
from .tables import Tables, Target

_CONNECT_TIMEOUT = 10.0  # seconds until PostgreSQL counts as not reachable
_BUSY_TIMEOUT = 2.0  # seconds that SQLite waits for another process; nothing can cut it short

Step = tuple[Statement, str, Any]


class Database:
    """Runs statements, each delivery's in one transaction."""

    def __init__(self, config: SqlConfig) -> None:
        self.dialect = config.dialect
        self._engine = _sqlite(config) if self.dialect == "sqlite" else _postgresql(config)
        self._tables = Tables(self._engine)
        self._types: dict[str, Any] = {}
        # SQLite has one writer: waiting here is fair, and waiting in its busy handler is not.
        self._writing = asyncio.Lock()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def run(self, statements: Sequence[Statement]) -> list[int]:
        """Run the statements in one transaction and return how many rows each touched.

        Where they do not fit a table that was read before, it is read again and they are tried once more.
        Raises Retry or Permanent.
        """
        names = {statement.table for statement in statements if statement.table}
        known = self._tables.known(names)
        types = dict(self._types)
        try:
            return await self._once(statements)
        except Misfit:
            if not known and not types:
                raise
            self._tables.forget(known)
            self._types.clear()
        return await self._once(statements)

    async def apply(self, script: Path) -> None:
        """Run a file of SQL, as a whole or not at all; raises Permanent or Retry."""
        try:
            text = await asyncio.to_thread(script.read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Permanent(
                f"{script}: cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})"
            ) from None
        with told(f"{script}: "):
            async with self._transaction() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None  # noqa: S101 - it was just connected
                if self.dialect == "sqlite":
                    for part in _parts(text):
                        await connection.exec_driver_sql(part)
                else:
                    await connection.exec_driver_sql("select 1")  # begins the transaction
                    await driver.execute(text)
        self._tables.forget_all()

    async def table(self, name: str) -> Target:
        """Return a table as it is in the database; raises Retry, or Misfit where there is none."""
        with told():
            return await self._tables.get(name)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that is rolled back; raises Retry where there is none."""
        with told():
            async with self._engine.connect() as connection:
                yield connection

    async def _once(self, statements: Sequence[Statement]) -> list[int]:
        many = len(statements) > 1
        steps: list[Step] = []
        for number, statement in enumerate(statements, 1):
            label = f"statement {number} of the transaction: " if many else ""
            with told(label):
                steps.append((statement, label, await self._prepared(statement)))
        rows = []
        with told():
            async with self._transaction() as connection:
                for statement, label, ready in steps:
                    values = (statement.values or statement.where or statement.params or {}).values()
                    with told(label, list(values)):
                        rows.append(await self._apply(connection, statement, ready))
        return rows

    async def _prepared(self, statement: Statement) -> Any:
        if statement.execute is not None:
            return read_sql(statement.execute)
        return prepared(await self._tables.get(statement.table), statement, self.dialect)

    async def _apply(self, connection: AsyncConnection, statement: Statement, ready: Any) -> int:
        if statement.execute is None:
            executable, row = ready
            result = await connection.execute(executable, row)
        else:
            text, row = await parameters(connection, ready, statement.params or {}, self._types)
            result = await connection.exec_driver_sql(text, row)
        return max(result.rowcount, 0)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if self.dialect != "sqlite":
            async with self._engine.begin() as connection:
                yield connection
            return
        async with self._writing, self._engine.execution_options(writes=True).begin() as connection:
            yield connection


def _parts(script: str) -> list[str]:
    """Cut a script of SQLite into its statements, as SQLite itself sees their ends."""
    import sqlite3

    parts, part = [], ""
    for line in script.splitlines(keepends=True):
        for piece in line.replace(";", ";\0").split("\0"):
            part += piece
            if sqlite3.complete_statement(part):
                parts.append(part)
                part = ""
    return [text for text in (*parts, part) if text.strip()]


def _sqlite(config: SqlConfig) -> AsyncEngine:
    engine = create_async_engine(
        sa.URL.create("sqlite+aiosqlite", database=config.path),
        hide_parameters=True,
        pool_size=config.pool_size,
        json_serializer=json_text,
        connect_args={"timeout": _BUSY_TIMEOUT},
    )
    dialect: Any = engine.dialect
    other: Mapping[str, Any] = {
        "BOOL": sa.BOOLEAN, "JSONB": sa.JSON, "UUID": sa.Uuid, "STRING": sa.TEXT, "TIMESTAMPTZ": sa.TIMESTAMP,
        "TIMESTAMP WITH TIME ZONE": sa.TIMESTAMP, "TIMESTAMP WITHOUT TIME ZONE": sa.TIMESTAMP,
    }  # fmt: skip
    dialect.ischema_names = {**dialect.ischema_names, **other}
    plain = dialect._resolve_type_affinity

    def resolve(declared: str) -> Any:
        # SQLite lets a column be declared as anything, and SQLAlchemy takes what it does not know for a number.
        found = plain(declared)
        number = declared.upper().startswith(("NUM", "DEC"))
        return Anything() if isinstance(found, sa.Numeric) and not number else found

    dialect._resolve_type_affinity = resolve

    @sa.event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver would begin late, and deferred
        cursor = connection.cursor()
        cursor.execute("pragma foreign_keys=on")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        # A deferred transaction that turns out to write fails at once where another has written meanwhile.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("begin immediate" if writes else "begin")

    return engine


def _postgresql(config: SqlConfig) -> AsyncEngine:
    import asyncpg

    return create_async_engine(
        "postgresql+asyncpg://",  # asyncpg reads the address itself, with libpq's settings
        async_creator=partial(asyncpg.connect, config.dsn, timeout=_CONNECT_TIMEOUT),
        hide_parameters=True,
        pool_size=config.pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        pool_recycle=1800,
        json_serializer=json_text,
    )
