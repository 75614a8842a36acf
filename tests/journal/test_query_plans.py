"""The statements of the hot path find their rows by an index, however large the journal is."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.journal import replays
from router.journal.filters import where_deliveries, where_events
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.migration import open_for_writing
from router.journal.queries import statement
from router.journal.statements import load
from router.model import DeliveryState, EventState
from tests.journal.values import NOW

WRITE, READ = load("write.sql"), load("read.sql")
#: `ready` is the recursion's own queue; there are few lanes, and only a clock that jumped reads them all.
SMALL = {"ready", "lanes"}
UPDATES = [name for name, sql in WRITE.items() if not sql.startswith("insert")]
LOOKUPS = [
    "event_of_uid",
    "event_of_ext_id",
    "whole_body",
    "body_of_uid",
    "states_of_events",
    "delivery",
    "attempts",
]


@pytest.fixture(params=["fresh", "analyzed"])
def connection(path: Path, request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """An empty journal; once with statistics of a large one, which may lead the planner elsewhere."""
    connection = open_for_writing(path)
    if request.param == "analyzed":
        connection.execute("analyze")
        for table, index, stat in (
            ("deliveries", "d_ready", "1000 100 2"),
            ("deliveries", "d_open", "20000 5000 1"),
            ("deliveries", "d_event", "1000000 2"),
            ("deliveries", "d_time", "1000000 2"),
            ("events", "e_time", "500000 1"),
            ("events", "e_unusual", "1000 500 1"),
        ):
            connection.execute("insert into sqlite_stat1 values (?, ?, ?)", (table, index, stat))
        connection.execute("analyze sqlite_master")
    yield connection
    connection.close()


def plan_of(connection: sqlite3.Connection, sql: str, values: dict[str, object] | None = None) -> list[str]:
    """Return the steps of the statement's plan, those over small lists in memory left out."""
    parameters: object = values if values is not None else [None] * sql.count("?")
    if values is None and ":" in sql:
        parameters = dict.fromkeys(re.findall(r":(\w+)", sql))
    steps = [row[3] for row in connection.execute("explain query plan " + sql, parameters)]  # type: ignore[arg-type]
    return [step for step in steps if "VIRTUAL TABLE" not in step and "CONSTANT ROW" not in step]


@pytest.mark.parametrize("name", UPDATES)
def test_no_write_reads_a_whole_table(connection: sqlite3.Connection, name: str) -> None:
    steps = plan_of(connection, WRITE[name])
    assert [step for step in steps if "SCAN" in step and step.split()[1] not in SMALL] == []


@pytest.mark.parametrize("name", LOOKUPS)
def test_no_lookup_reads_a_whole_table(connection: sqlite3.Connection, name: str) -> None:
    steps = plan_of(connection, READ[name])
    assert [step for step in steps if "SCAN" in step] == []


def test_a_claim_goes_through_the_index_of_what_is_ready_in_the_order_that_it_needs(
    connection: sqlite3.Connection,
) -> None:
    steps = plan_of(connection, WRITE["due_in_lane"])
    assert "d_ready (destination=? AND lane=? AND priority=? AND due<?)" in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)
    lanes = plan_of(connection, WRITE["ready_lanes"])
    assert [step for step in lanes if "deliveries" in step or " d " in step], lanes
    assert all("d_ready (destination=? AND lane>" in step for step in lanes if " d_" in step), lanes
    assert all(
        "d_ready (destination=? AND lane=? AND priority=?)" in s
        for s in plan_of(connection, WRITE["first_due"])
        if " d_" in s
    )
    assert "d_suspect (due<?)" in plan_of(connection, WRITE["suspects"])[0]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("count_unusual_events", "e_unusual"),
        ("count_open_deliveries", "d_open"),
        ("oldest_due", "d_ready"),
        ("queues", "d_ready"),
        ("queues", "d_suspect"),
        ("crashed", "d_open"),
    ],
)
def test_counts_and_recovery_read_what_is_not_usual_only(
    connection: sqlite3.Connection, name: str, index: str
) -> None:
    names = {"crashed": ("crashed_attempts", "crashed_deliveries")}.get(name, (name,))
    for statement_name in names:
        sql = READ.get(statement_name) or WRITE[statement_name]
        assert any(index in step for step in plan_of(connection, sql)), statement_name


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (EventFilter(), "e_time"),
        (EventFilter(source="clerk"), "e_time"),
        (EventFilter(since=NOW, until=NOW), "e_time"),
        (EventFilter(before="evt_a"), "e_time"),
        (EventFilter(state=EventState.UNMATCHED), "e_unusual"),
    ],
)
def test_a_page_of_events_is_read_in_its_order(
    connection: sqlite3.Connection, wanted: EventFilter, index: str
) -> None:
    where = where_events(wanted).paged(wanted)
    steps = plan_of(connection, statement("events", where), where.values)
    assert index in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (DeliveryFilter(), "d_time"),
        (DeliveryFilter(destination="slack", since=NOW), "d_time"),
        (DeliveryFilter(state=DeliveryState.DEAD), "d_open"),
        (DeliveryFilter(state=DeliveryState.DEAD, before="dlv_a"), "d_open"),
        (DeliveryFilter(state=DeliveryState.DELIVERED, before="dlv_a"), "d_time"),
    ],
)
def test_a_page_of_deliveries_is_read_in_its_order(
    connection: sqlite3.Connection, wanted: DeliveryFilter, index: str
) -> None:
    where = where_deliveries(wanted).paged(wanted)
    steps = plan_of(connection, statement("deliveries", where), where.values)
    assert index in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)


def test_events_with_a_dead_delivery_are_found_from_the_dead_ones(connection: sqlite3.Connection) -> None:
    wanted = EventFilter(delivery_state=DeliveryState.DEAD)
    where = where_events(wanted).paged(wanted)
    steps = plan_of(connection, statement("events", where), where.values)
    assert any("d_open (state=?)" in step for step in steps)


@pytest.mark.parametrize("wanted", [EventFilter(), EventFilter(source="clerk"), EventFilter(since=NOW)])
def test_a_page_of_a_replay_is_read_in_its_order(connection: sqlite3.Connection, wanted: EventFilter) -> None:
    where = where_events(wanted)
    where.add("above", above_at=1, above_seq=2)
    steps = plan_of(connection, replays.statement(where.sql), where.values | {"limit": 500})
    assert "e_time (" in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)


def test_what_replays_have_planned_ahead_and_untold_deaths_have_an_index(connection: sqlite3.Connection) -> None:
    assert "d_replay (due<?)" in plan_of(connection, load("replays.sql")["ahead"])[0]
    steps = plan_of(connection, load("telling.sql")["untold"])
    assert "d_tell" in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)
    for name in ("told", "event", "known"):
        assert any("SEARCH" in step for step in plan_of(connection, load("telling.sql")[name])), name


def test_every_statement_has_a_name_of_its_own() -> None:
    for file in ("write.sql", "read.sql", "filters.sql", "replays.sql", "telling.sql"):
        assert all(name and sql for name, sql in load(file).items())
