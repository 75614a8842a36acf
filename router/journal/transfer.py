"""Everything of one journal into an empty one of the other kind, in one transaction, counted at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from router.errors import JournalError

ROWS, BYTES = 500, 8 * 1024 * 1024
"""What one batch holds at most; bodies may be large."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as SQLite has it; `key` are the columns of its primary key, in whose order rows are read."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Store(Protocol):
    """One of the two journals, open for the move. Rows are as SQLite has them: booleans are 0 and 1."""

    name: str

    async def count(self, table: Table) -> int:
        """Count the rows of a table."""

    def rows(self, table: Table) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield all rows of a table, in batches."""

    async def write(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table, in the one transaction."""

    async def commit(self) -> None:
        """Keep what was written; without it nothing is."""


async def transfer(
    tables: Sequence[Table],
    source: Store,
    target: Store,
    progress: Callable[[int, int], None] = lambda done, all_: None,
) -> Mapping[str, int]:
    """Copy all tables; return how many rows each has. JournalError, and nothing is written, where that fails."""
    for table in tables:
        if found := await target.count(table):
            raise JournalError(
                f"the journal {target.name} is not empty (`{table.name}` has {found} rows): name one that is new"
            )
    counts = {table.name: await source.count(table) for table in tables}
    everything, done = sum(counts.values()), 0
    for table in tables:
        async for rows in source.rows(table):
            await target.write(table, rows)
            done += len(rows)
            progress(done, everything)
    for table in tables:
        if (found := await target.count(table)) != counts[table.name]:
            raise JournalError(
                f"of {counts[table.name]} rows of `{table.name}` {found} have arrived in {target.name}: "
                "nothing is kept there; did something else write to one of the two?"
            )
    await target.commit()
    return counts


class Batch:
    """Gathers rows until there are enough of them, by number or by size."""

    def __init__(self) -> None:
        self._rows: list[Sequence[Any]] = []
        self._size = 0

    def add(self, row: Sequence[Any]) -> bool:
        """Take a row; tell whether the batch is full."""
        self._rows.append(row)
        self._size += sum(len(value) for value in row if isinstance(value, bytes))
        return len(self._rows) >= ROWS or self._size >= BYTES

    def take(self) -> list[Sequence[Any]]:
        """Return what was gathered, and begin anew."""
        rows, self._rows, self._size = self._rows, [], 0
        return rows
