"""The statements on PostgreSQL find their rows by an index, however large the journal is."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.journal.filters import where_deliveries, where_events
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.postgres.filters import PostgresWhere, numbered
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.queries import statement
from router.journal.statements import load
from router.model import DeliveryState, EventState
from tests.journal.values import NOW

APPEND, WRITE, CLAIM, READ = (load(f"postgres/{name}.sql") for name in ("append", "write", "claim", "read"))
PURGE = {
    name: sql.replace("{over}", load("postgres/purge.sql")["over"])
    for name, sql in load("postgres/purge.sql").items()
}
LARGE = {"events", "bodies", "seen", "deliveries", "params", "attempts"}
EVENTS = 20_000
FILL = Path(__file__).with_name("postgres_fill.sql")

WRITES = {
    **{name: sql for name, sql in APPEND.items() if not name.endswith("numbers")},
    **{name: sql for name, sql in WRITE.items() if name not in ("rewind_lanes", "probe", "save_replay")},
    **{name: sql for name, sql in CLAIM.items() if name not in ("make_lanes", "save_lanes", "lock_lanes", "lane")},
    **{name: sql for name, sql in PURGE.items() if name not in ("over", "forget_lanes", "forget_replays")},
}
LOOKUPS = (
    "event_of_uid",
    "event_of_ext_id",
    "whole_body",
    "body_of_uid",
    "states_of_events",
    "delivery",
    "untold",
    "attempts",
    "place",
    "ahead",
    "count_unusual_events",
    "count_open_deliveries",
    "oldest_due",
    "queues",
)


@pytest.fixture
async def connection(postgres: PostgresJournal) -> AsyncIterator[Any]:
    """A connection to a large journal, analyzed: half a percent of its deliveries are not delivered."""
    async with postgres._writes.session() as connection:
        await connection.execute(FILL.read_text().replace(":events", str(EVENTS)))
        yield connection


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every step of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def steps(connection: Any, sql: str, values: str = "") -> list[dict[str, Any]]:
    """Return the steps that the server would take for any values at all."""
    number = len(set(re.findall(r"\$(\d+)", sql)))
    await connection.execute("set plan_cache_mode to force_generic_plan")
    await connection.execute(f"prepare asked as {sql}")
    try:
        nothing = ", ".join(["null"] * number)
        raw = await connection.fetchval(f"explain (format json) execute asked{f'({nothing})' if number else ''}")
    finally:
        await connection.execute("deallocate asked")
        await connection.execute("reset plan_cache_mode")
    return list(nodes(json.loads(raw)[0]["Plan"]))


def whole_tables(found: list[dict[str, Any]]) -> list[str]:
    """Return the large tables that are read from end to end."""
    return [s["Relation Name"] for s in found if s["Node Type"] == "Seq Scan" and s.get("Relation Name") in LARGE]


async def test_no_write_reads_a_whole_table(connection: Any) -> None:
    read = {name: whole_tables(await steps(connection, sql)) for name, sql in WRITES.items()}
    assert {name: tables for name, tables in read.items() if tables} == {}


async def test_no_lookup_reads_a_whole_table(connection: Any) -> None:
    read = {name: whole_tables(await steps(connection, numbered(READ[name])[0])) for name in LOOKUPS}
    assert {name: tables for name, tables in read.items() if tables} == {}


async def test_a_claim_goes_through_the_index_of_what_is_ready(connection: Any) -> None:
    for name in ("ready_lanes", "due_in_lanes", "first_dues"):
        found = await steps(connection, CLAIM[name])
        assert {s["Index Name"] for s in found if "Index Name" in s} - {"lanes_pkey"} == {"d_ready"}, name
    sorted_ = [s for s in await steps(connection, CLAIM["due_in_lanes"]) if s["Node Type"] == "Sort"]
    assert all("due" in str(s["Sort Key"]) and len(s["Sort Key"]) == 4 for s in sorted_), "only what is locked"
    assert {s["Index Name"] for s in await steps(connection, CLAIM["suspects"]) if "Index Name" in s} == {
        "d_suspect"
    }
    reaped = {s["Index Name"] for s in await steps(connection, WRITE["reap"]) if "Index Name" in s}
    assert "d_running" in reaped or "d_open" in reaped


PAGES: list[tuple[EventFilter | DeliveryFilter, set[str]]] = [
    (EventFilter(), {"e_time"}),
    (EventFilter(source="clerk"), {"e_time"}),
    (EventFilter(since=NOW, until=NOW + timedelta(1)), {"e_time"}),
    (EventFilter(before="evt_7"), {"e_time"}),
    (EventFilter(state=EventState.UNMATCHED), {"e_unusual"}),
    (EventFilter(ids=["evt_7", "msg_9"]), {"events_uid_key"}),
    (EventFilter(delivery_state=DeliveryState.DEAD), {"d_open"}),
    (DeliveryFilter(), {"d_time"}),
    (DeliveryFilter(state=DeliveryState.DEAD), {"d_open"}),
    (DeliveryFilter(state=DeliveryState.DEAD, before="dlv_7"), {"d_open"}),
    (DeliveryFilter(event="msg_7"), {"d_event"}),
    (DeliveryFilter(ids=["dlv_7"]), {"deliveries_id_key"}),
]


async def test_a_page_is_read_in_its_order(connection: Any) -> None:
    for wanted, indexes in PAGES:
        of_events = isinstance(wanted, EventFilter)
        where = (
            where_events(wanted, PostgresWhere)
            if isinstance(wanted, EventFilter)
            else where_deliveries(wanted, PostgresWhere)
        )
        sql, _ = statement("events" if of_events else "deliveries", where.paged(wanted))
        found = await steps(connection, sql)
        assert whole_tables(found) == [], wanted
        assert indexes <= {s.get("Index Name") for s in found}, wanted


async def test_every_statement_has_a_name_of_its_own() -> None:
    for file in ("append", "write", "claim", "read", "filters", "purge", "life", "session"):
        assert all(name and sql for name, sql in load(f"postgres/{file}.sql").items())
