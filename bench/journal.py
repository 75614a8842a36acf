"""What the journal does a second, as ratios to a bare `executemany` of the same rows in the same run.

    python -m bench.journal --events 6400 --at-once 64

The bare loop inserts the event, its body and its two deliveries, and commits as often; no ids, indexes, leases.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from router.journal.sqlite import SqliteJournal
from router.model import Attempt, DeliveryState, Event, EventState, Outcome, Plan, PlannedDelivery

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = b"x" * 2048
PARAMS = b"p" * 200


def planned(uid: str) -> Plan:
    """Return an event of 2 KB with two deliveries."""
    event = Event(uid, "clerk", f"msg_{uid}", "user.created", NOW, NOW, BODY, None, None)
    deliveries = tuple(
        PlannedDelivery(f"dlv_{uid}{n}", "r", f"a{n}", "http", "1", "app", PARAMS, 20, NOW + timedelta(days=1))
        for n in range(2)
    )
    return Plan(event, EventState.PLANNED, deliveries)


async def rate(what: Callable[[T], Awaitable[object]], items: list[T], at_once: int) -> float:
    """Do it for every item, so many at once; return how many a second."""
    waiting: Iterable[T] = iter(items)

    async def one() -> None:
        for item in waiting:
            await what(item)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return len(items) / (time.perf_counter() - began)


def bare(file: Path, number: int, at_once: int) -> float:
    """Insert as many rows, commits as large; return how many events a second."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript(
        "pragma journal_mode = wal; pragma synchronous = full;"
        "create table if not exists e (seq integer primary key, body blob);"
        "create table if not exists d (seq integer primary key, event integer, params blob)"
    )
    began = time.perf_counter()
    for _ in range(number // at_once):
        connection.execute("begin immediate")
        connection.executemany("insert into e (body) values (?)", [(BODY,)] * at_once)
        connection.executemany("insert into d (event, params) values (1, ?)", [(PARAMS,)] * (2 * at_once))
        connection.execute("commit")
    spent = time.perf_counter() - began
    connection.close()
    return number / spent


async def measure(folder: Path, number: int, at_once: int, rounds: int) -> None:
    """Measure and print."""
    journal = SqliteJournal(folder / "router.db", clock=lambda: NOW, min_free=0)
    await journal.open()
    appended, recorded = [], []
    for turn in range(rounds):
        limit = await asyncio.to_thread(bare, folder / "bare.db", number, at_once // 2)
        plans = [planned(f"{turn}.{n}") for n in range(number)]

        async def append(plan: Plan) -> None:
            await journal.append(plan, take={delivery.id for delivery in plan.deliveries})

        appends = await rate(append, plans, at_once)
        attempts = [
            Attempt(d.id, 1, 1, NOW, NOW, Outcome.DELIVERED, DeliveryState.DELIVERED, facts={"status": 200})
            for plan in plans
            for d in plan.deliveries
        ]
        records = await rate(journal.record, attempts, at_once)
        appended.append(appends / limit)
        recorded.append(records / limit)
        print(
            f"round {turn + 1}: bare {limit:,.0f} events/s, append {appends:,.0f} events/s "
            f"({1e6 / appends:.0f} us, {appended[-1]:.2f}), record {records:,.0f} attempts/s "
            f"({1e6 / records:.0f} us, {recorded[-1]:.2f})"
        )
    await journal.close()
    print(f"append: {statistics.median(appended):.2f} of bare inserts (median)")
    print(f"record: {statistics.median(recorded):.2f} of bare inserts (median)")


def main() -> None:
    """Read the command line."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--events", type=int, default=6400)
    asked.add_argument("--at-once", type=int, default=64, help="callers; half of them share a commit")
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.events, options.at_once, options.rounds))


if __name__ == "__main__":
    main()
