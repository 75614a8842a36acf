"""The SQLite journal as one side of a move."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from router.errors import JournalError
from router.journal.connection import advice
from router.journal.migration import open_for_reading, open_for_writing
from router.journal.statements import load
from router.journal.transfer import Batch, Table

_SQL = load("transfer.sql")


class SqliteStore:
    """A journal's file, whose lock the caller holds; read in one transaction, or written in one."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.name = name
        self._connection = connection

    def tables(self) -> list[Table]:
        """Return what a journal consists of."""
        found = []
        for (name,) in self._connection.execute(_SQL["tables"]).fetchall():
            columns = self._connection.execute(_SQL["columns"], (name,)).fetchall()
            key = [column for column, _ in sorted((c for c in columns if c[1]), key=lambda c: c[1])]
            found.append(Table(name, tuple(column for column, _ in columns), tuple(key)))
        return found

    async def count(self, table: Table) -> int:
        """Count the rows of a table."""
        return int(self._connection.execute(_SQL["count"].format(table=table.name)).fetchone()[0])

    async def rows(self, table: Table) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield all rows of a table, in batches."""
        batch = Batch()
        sql = _SQL["rows"].format(table=table.name, columns=", ".join(table.columns), key=", ".join(table.key))
        for row in self._connection.execute(sql):
            if batch.add(row):
                yield batch.take()
        if rest := batch.take():
            yield rest

    async def write(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table."""
        marks = ", ".join("?" * len(table.columns))
        sql = _SQL["insert"].format(table=table.name, columns=", ".join(table.columns), marks=marks)
        self._connection.executemany(sql, rows)

    async def commit(self) -> None:
        """Keep what was written."""
        self._connection.execute("commit")


@contextmanager
def sqlite_store(path: Path, *, writing: bool) -> Iterator[SqliteStore]:
    """Open a journal's file for a move; what was not committed at the end is undone."""
    connection = open_for_writing(path) if writing else open_for_reading(path)
    try:
        connection.execute("begin immediate" if writing else "begin")
        yield SqliteStore(connection, f"`{path}`")
    except sqlite3.Error as error:
        raise JournalError(f"the journal `{path}` failed: {error}{advice(error)}") from error
    finally:
        if connection.in_transaction:
            connection.rollback()
        connection.close()
