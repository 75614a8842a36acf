"""One transaction for a batch of operations, in which a guilty one fails alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from router.journal.bulk import Bulk, Together
from router.journal.connection import is_of_the_store

Operation = Callable[[sqlite3.Cursor], object]
"""Writes through the cursor and returns its result; an exception that is returned is raised to its caller."""


def commit(connection: sqlite3.Connection, operations: Sequence[Operation]) -> list[object]:
    """Carry out the operations in one commit, and return the result of each.

    An operation that raises is undone and gets a ValueError for its result; the others are committed. Raises
    sqlite3.Error, with nothing committed, where the store itself failed. Those that are Bulk go first, as no
    order is promised inside a batch: none of its callers has had an answer yet.
    """
    try:
        return _together(connection, operations)
    except Exception as error:
        if is_of_the_store(error):
            raise
        if len(operations) == 1:
            return [_refusal(error)]
    return _each_on_its_own(connection, operations)


def _together(connection: sqlite3.Connection, operations: Sequence[Operation]) -> list[object]:
    cursor = connection.cursor()
    try:
        cursor.execute("begin immediate")
        results = _in_bulk(cursor, operations)
        for place, operation in enumerate(operations):
            if place not in results:
                results[place] = operation(cursor)
        cursor.execute("commit")
    except BaseException:
        _undo(connection)
        raise
    return [results[place] for place in range(len(operations))]


def _in_bulk(cursor: sqlite3.Cursor, operations: Sequence[Operation]) -> dict[int, object]:
    """Carry out those that are Bulk; return their results by their places in the batch."""
    alike: dict[Together, dict[int, object]] = {}
    for place, operation in enumerate(operations):
        if isinstance(operation, Bulk):
            alike.setdefault(operation.together, {})[place] = operation.argument
    results: dict[int, object] = {}
    for together, arguments in alike.items():
        results.update(zip(arguments, together(cursor, list(arguments.values())), strict=True))
    return results


def _each_on_its_own(connection: sqlite3.Connection, operations: Sequence[Operation]) -> list[object]:
    """Still one commit, but a savepoint around each: slower, and only after somebody was at fault."""
    results: list[object] = []
    cursor = connection.cursor()
    try:
        cursor.execute("begin immediate")
        for operation in operations:
            cursor.execute("savepoint one")
            try:
                results.append(operation(cursor))
            except Exception as error:
                if is_of_the_store(error):
                    raise
                cursor.execute("rollback to one")
                results.append(_refusal(error))
            cursor.execute("release one")
        cursor.execute("commit")
    except BaseException:
        _undo(connection)
        raise
    return results


def _refusal(error: Exception) -> ValueError:
    refusal = ValueError(f"this cannot be stored: {error}")
    refusal.__cause__ = error
    return refusal


def _undo(connection: sqlite3.Connection) -> None:
    # Some failures (disk full, I/O) have rolled back already.
    if connection.in_transaction:
        connection.rollback()
