"""One commit for a batch: the guilty one fails alone, a failing store fails them all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.journal.transaction import Operation, commit


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    connection.execute("create table t (n integer primary key, v)")
    yield connection
    connection.close()


def insert(n: int, value: object = "v") -> Operation:
    def operation(cursor: sqlite3.Cursor) -> object:
        cursor.execute("insert into t values (?, ?)", (n, value))
        return n

    return operation


def rows(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("select n from t order by n")]


def raises(error: Exception) -> Operation:
    """Return an operation that writes and then raises."""

    def operation(cursor: sqlite3.Cursor) -> object:
        cursor.execute("insert into t values (1000, 'half')")
        raise error

    return operation


@pytest.mark.parametrize(
    "guilty",
    [
        insert(0),  # a constraint
        insert(99, 2**63),  # OverflowError
        insert(99, "\ud800"),  # UnicodeEncodeError
        insert(99, object()),  # ProgrammingError
        raises(ZeroDivisionError("bug")),
        lambda cursor: cursor.execute("select nonsense"),
    ],
)
@pytest.mark.parametrize("place", [1, 5, 10])
def test_the_guilty_one_fails_alone(connection: sqlite3.Connection, guilty: Operation, place: int) -> None:
    operations = [insert(n) for n in range(10)]
    operations.insert(place, guilty)
    results = commit(connection, operations)
    assert isinstance(results.pop(place), ValueError)
    assert results == rows(connection) == list(range(10))


def test_several_guilty_ones_fail_each_with_its_own_reason(connection: sqlite3.Connection) -> None:
    results = commit(connection, [raises(KeyError("one")), insert(1), raises(KeyError("two"))])
    assert [str(result) for result in results] == [
        "this cannot be stored: 'one'",
        "1",
        "this cannot be stored: 'two'",
    ]
    assert rows(connection) == [1]


def test_a_guilty_one_on_its_own_leaves_nothing(connection: sqlite3.Connection) -> None:
    (result,) = commit(connection, [raises(ValueError("no"))])
    assert isinstance(result, ValueError)
    assert rows(connection) == []
    assert not connection.in_transaction


def test_a_refusal_that_is_returned_costs_the_others_nothing(connection: sqlite3.Connection) -> None:
    calls: list[int] = []

    def counted(cursor: sqlite3.Cursor) -> object:
        calls.append(1)
        return KeyError("unknown")

    results = commit(connection, [insert(1), counted, insert(2)])
    assert isinstance(results[1], KeyError)
    assert (rows(connection), calls) == ([1, 2], [1])


@pytest.mark.parametrize("guilty", [False, True])
def test_a_full_store_fails_the_whole_batch(connection: sqlite3.Connection, guilty: bool) -> None:
    connection.execute("pragma max_page_count = 8")
    operations = [insert(n, b"x" * 2000) for n in range(50)]
    if guilty:
        operations.insert(0, raises(ValueError("no")))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        commit(connection, operations)
    assert rows(connection) == []
    assert not connection.in_transaction
    connection.execute("pragma max_page_count = 1000")
    assert commit(connection, [insert(7)]) == [7]
