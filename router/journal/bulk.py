"""Many rows by one statement.

Every statement lets go of Python's lock, and a busy event loop gives it back late: what a commit waits for is
the number of its statements, not that of its rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

MOST = 64
"""Rows of one statement."""


Together = Callable[[sqlite3.Cursor, list[Any]], Sequence[object]]
"""Takes the arguments of all operations of its kind that are in a batch, and returns a result for each."""


class Bulk:
    """An operation that is carried out together with its like, in one call of `together`."""

    __slots__ = ("argument", "together")

    def __init__(self, together: Together, argument: object) -> None:
        self.together = together
        self.argument = argument

    def __call__(self, cursor: sqlite3.Cursor) -> object:
        """Carry out this one alone."""
        return self.together(cursor, [self.argument])[0]


def insert(cursor: sqlite3.Cursor, sql: str, rows: Sequence[Iterable[Any]], most: int = MOST) -> None:
    """Insert the rows by as few statements as there are ones in the binary form of their number.

    `sql` ends with `values (?, ...)`. The sizes are powers of two, so that there are few texts to prepare.
    """
    start = 0
    while left := len(rows) - start:
        size = min(most, 1 << (left.bit_length() - 1))
        values = list(chain.from_iterable(rows[start : start + size]))
        cursor.execute(_of_many(sql, size), values)
        start += size


@cache
def _of_many(sql: str, rows: int) -> str:
    head, word, row = sql.rpartition("values ")
    return head + word + ", ".join([row] * rows)
