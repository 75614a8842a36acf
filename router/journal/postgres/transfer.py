"""The journal in PostgreSQL as one side of a move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from router.address import Address
from router.errors import JournalError
from router.journal.postgres.append import hash_of
from router.journal.postgres.faults import FAULTS, told
from router.journal.postgres.migration import check, migrate
from router.journal.postgres.sessions import Connection, connect
from router.journal.statements import load
from router.journal.transfer import ROWS, Batch, Table

_SQL = load("postgres/transfer.sql")
_TIMEOUT = 600.0
"""Seconds of one statement: a count of everything takes long."""


class PostgresStore:
    """A journal that no router runs on, in one transaction of one connection."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.name = name
        self._connection = connection
        self._kept = False
        self._booleans: dict[str, set[str]] = {}

    @property
    def kept(self) -> bool:
        """Whether what was written is to be kept."""
        return self._kept

    async def count(self, table: Table) -> int:
        """Count the rows of a table."""
        return int(await self._connection.fetchval(_SQL["count"].format(table=table.name)))

    async def rows(self, table: Table) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield all rows of a table, in batches; booleans as numbers, and of what was seen the ids."""
        booleans = await self._boolean(table)
        if table.name == "seen":
            sql = _SQL["rows_of_seen"]
        else:
            columns = [f"{name}::int" if name in booleans else name for name in table.columns]
            sql = _SQL["rows"].format(table=table.name, columns=", ".join(columns), key=", ".join(table.key))
        batch = Batch()
        async for row in self._connection.cursor(sql, prefetch=ROWS // 10):
            if batch.add(tuple(row)):
                yield batch.take()
        if rest := batch.take():
            yield rest

    async def write(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table."""
        columns: Sequence[str] = table.columns
        if table.name == "seen":
            place = columns.index("ext_id")
            columns = [*columns[:place], "ext_hash", *columns[place + 1 :]]
            rows = [[*row[:place], hash_of(row[place]), *row[place + 1 :]] for row in rows]
        booleans = await self._boolean(table)
        places = [place for place, name in enumerate(columns) if name in booleans]
        if places:
            rows = [[bool(v) if place in places else v for place, v in enumerate(row)] for row in rows]
        await self._connection.copy_records_to_table(table.name, records=rows, columns=columns, timeout=_TIMEOUT)

    async def commit(self) -> None:
        """Keep what was written, and number what comes behind it."""
        await self._connection.execute(_SQL["go_on_behind"])
        self._kept = True

    async def _boolean(self, table: Table) -> set[str]:
        if table.name not in self._booleans:
            found = await self._connection.fetch(_SQL["columns"], table.name)
            self._booleans[table.name] = {name for name, boolean in found if boolean}
        return self._booleans[table.name]


@asynccontextmanager
async def postgres_store(url: str, *, writing: bool) -> AsyncIterator[PostgresStore]:
    """Open a journal for a move; nothing else writes meanwhile. What was not committed at the end is undone."""
    address = Address.read(url)
    try:
        connection = await connect(address, statement_timeout=_TIMEOUT, application="router journal copy")
    except FAULTS as error:
        raise JournalError(f"the journal {address.name} cannot be reached: {told(error, address)}") from None
    try:
        await (migrate if writing else check)(connection, address)
        transaction = connection.transaction(isolation="read_committed" if writing else "repeatable_read")
        await transaction.start()
        if await connection.fetchval(_SQL["alive"]):
            raise JournalError(
                f"the journal {address.name} is in use by a router: stop it first (a killed one counts for 10 s)"
            )
        if writing:
            await connection.execute(_SQL["lock"])
        store = PostgresStore(connection, address.name)
        yield store
        await (transaction.commit() if store.kept else transaction.rollback())
    except FAULTS as error:
        raise JournalError(f"the journal {address.name} failed: {told(error, address)}") from None
    finally:
        connection.terminate() if connection.is_in_transaction() else await connection.close(timeout=5)
