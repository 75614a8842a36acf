"""What the journal does a second, as ratios to a bare `executemany` of the same rows in the same run.

    python -m bench.journal --events 6400 --at-once 64 [--postgres postgresql://...]

The bare loop inserts the event, its body and its two deliveries, and commits as often; no ids, indexes, leases.
With --postgres the same is done there, in turns, in a schema that is made and removed. At the end, claims beside a
backlog: `--backlog` ready deliveries in one lane, and a thousand other lanes.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from router.journal.journal import Journal, StoredConfig
from router.journal.lane import LaneLimits
from router.journal.opening import store_at
from router.model import Attempt, DeliveryState, Event, EventState, Outcome, Plan, PlannedDelivery

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = b"x" * 2048
PARAMS = b"p" * 200
CONFIG = StoredConfig("c" * 64, "/etc/router", {"routes.yaml": "routes: []\n" * 500}, {}, NOW)


def planned(uid: str) -> Plan:
    """Return an event of 2 KB with two deliveries."""
    event = Event(uid, "clerk", f"msg_{uid}", "user.created", NOW, NOW, BODY, None, None)
    deliveries = tuple(
        PlannedDelivery(f"dlv_{uid}{n}", "r", f"a{n}", "http", "1", "app", PARAMS, 20, NOW + timedelta(days=1))
        for n in range(2)
    )
    return Plan(event, EventState.PLANNED, deliveries, config=CONFIG.digest)


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


async def append(journal: Journal, number: int, at_once: int, name: str, *, take: bool) -> list[Plan]:
    """Store events; return them."""
    plans = [planned(f"{name}.{n}") for n in range(number)]

    async def one(plan: Plan) -> None:
        await journal.append(plan, take={delivery.id for delivery in plan.deliveries} if take else ())

    await rate(one, plans, at_once)
    return plans


async def work(journal: Journal, number: int, at_once: int) -> float:
    """Claim and record as many deliveries; return how many a second."""
    began = time.perf_counter()
    done = 0
    while done < number:
        claimed = await journal.claim({"app": LaneLimits(at_once, at_once)}, NOW)
        await asyncio.gather(*(journal.record(delivered(one.id, one.lease)) for one in claimed.deliveries))
        done += len(claimed.deliveries)
    return done / (time.perf_counter() - began)


def delivered(id_: str, lease: int = 1) -> Attempt:
    """Return the attempt of a delivery that went well."""
    return Attempt(id_, lease, 1, NOW, NOW, Outcome.DELIVERED, DeliveryState.DELIVERED, facts={"status": 200})


async def measure(stores: dict[str, Journal], folder: Path, number: int, at_once: int, rounds: int) -> None:
    """Measure and print."""
    ratios: dict[str, list[float]] = {}
    for turn in range(rounds):
        limit = await asyncio.to_thread(bare, folder / "bare.db", number, at_once // 2)
        print(f"round {turn + 1}: bare {limit:,.0f} events/s")
        for name, journal in stores.items():
            began = time.perf_counter()
            plans = await append(journal, number, at_once, f"{turn}", take=True)
            appends = number / (time.perf_counter() - began)
            records = await rate(journal.record, [delivered(d.id) for p in plans for d in p.deliveries], at_once)
            await append(journal, number // 4, at_once, f"{turn}c", take=False)
            claims = await work(journal, number // 2, at_once)
            for what, speed in (("append", appends), ("record", records), ("claim and record", claims)):
                ratios.setdefault(f"{name}: {what}", []).append(speed / limit)
                print(f"  {name}: {what} {speed:,.0f}/s ({1e6 / speed:.0f} us)")
    for name, found in ratios.items():
        print(f"{name}: {statistics.median(found):.2f} of bare inserts (median)")


async def backlog(stores: dict[str, Journal], number: int, lanes: int, slots: int) -> None:
    """Print how long a claim takes with so many ready deliveries in one lane, and as many other lanes."""
    for name, journal in stores.items():
        for what, plans in (
            ("one long lane", [_many(f"long{n}", [""] * 500) for n in range(number // 500)]),
            ("and many lanes", [_many(f"lane{n}", [f"#{n}.{i}" for i in range(20)]) for n in range(lanes // 20)]),
        ):
            await rate(journal.append, plans, 8)
            spent = []
            for _ in range(30):
                began = time.perf_counter()
                claimed = await journal.claim({"far": LaneLimits(slots, slots)}, NOW)
                spent.append((time.perf_counter() - began) * 1000)
                await asyncio.gather(*(journal.record(delivered(one.id, one.lease)) for one in claimed.deliveries))
            print(f"{name}: a claim of {slots}, {what}: {statistics.median(spent):.1f} ms (max {max(spent):.1f})")


def _many(uid: str, lanes: list[str]) -> Plan:
    event = Event(uid, "clerk", f"msg_{uid}", "user.created", NOW, NOW, BODY, None, None)
    later = NOW + timedelta(days=1)
    return Plan(
        event,
        EventState.PLANNED,
        tuple(
            PlannedDelivery(f"dlv_{uid}.{n}", "r", f"a{n}", "http", "1", "far", PARAMS, 20, later, lane=lane)
            for n, lane in enumerate(lanes)
        ),
    )


@asynccontextmanager
async def opened(folder: Path, postgres: str | None) -> AsyncIterator[dict[str, Journal]]:
    """Open the journals that are measured."""
    stores: dict[str, Journal] = {"sqlite": store_at(folder / "router.db", clock=lambda: NOW, min_free=0)}
    if postgres is not None:
        schema = f"{postgres}{'&' if '?' in postgres else '?'}schema=router_bench"
        stores["postgresql"] = store_at(schema, clock=lambda: NOW)
    for journal in stores.values():
        await journal.open()
        await journal.save_config(CONFIG)
    yield stores
    for journal in stores.values():
        await journal.close()
    if postgres is not None:
        import asyncpg

        connection = await asyncpg.connect(postgres)
        await connection.execute("drop schema router_bench cascade")
        await connection.close()


async def run(options: argparse.Namespace) -> None:
    """Measure what the command line asks for."""
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), options.postgres) as stores:
            await measure(stores, Path(folder), options.events, options.at_once, options.rounds)
            if options.backlog:
                await backlog(stores, options.backlog, 1000, 32)


def main() -> None:
    """Read the command line."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--events", type=int, default=6400)
    asked.add_argument("--at-once", type=int, default=64, help="callers; half of them share a commit")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--postgres", metavar="URL", help="measure a journal there too")
    asked.add_argument("--backlog", type=int, default=0, help="ready deliveries beside which claims are timed")
    asyncio.run(run(asked.parse_args()))


if __name__ == "__main__":
    main()
