"""What a backlog costs: ingest, memory and start-up with many deliveries waiting, as ratios to an empty journal.

    python -m bench.backlog --waiting 200000 --rounds 3

The waiting ones are for a destination that nobody listens at. Then the claims of a lane beside one with so many
waiting (half of `--waiting`) are timed, as ratios to the same claims where nothing else waits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import load
from bench.neighbours import signed
from bench.throughput import free_port, memory, process
from router.journal.lane import LaneLimits
from router.journal.sqlite import SqliteJournal
from router.model import Event, EventState, Plan, PlannedDelivery

ROUTES = """\
version: 1
server: {{listen: "127.0.0.1:{port}", drain: 1s}}
admin: {{listen: "127.0.0.1:0"}}
sources:
  shop:
    verify: {{scheme: hmac, header: X-Shop-Signature, encoding: hex}}
    secret: "${{SECRET}}"
    type: $.type
    id: $.id
destinations:
  sink: {{type: http, base_url: "http://127.0.0.1:{sink}", concurrency: 64}}
  down: {{type: http, base_url: "http://127.0.0.1:9"}}
routes:
  - name: forward
    source: shop
    actions: [{{http: {{path: /, json: {{id: "{{{{ event.id }}}}"}}}}, destination: sink}}]
"""
_AT_ONCE = 256


@dataclass(frozen=True)
class Measured:
    """Events acknowledged a second, MB of memory at idle and after the load, seconds until ready."""

    per_second: float
    idle: float
    busy: float
    start: float


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def planned(number: int, destination: str, lane: str = "") -> Plan:
    """Return an event of 1 KB with one delivery."""
    now = utc_now()
    uid = f"evt_{destination}{lane}{number:09}"
    event = Event(uid, "shop", uid, "order", now, now, b"x" * 1024, None, None)
    params = json.dumps({"path": "/", "json": {"id": uid}}).encode()
    name = f"dlv_{destination}{lane}{number:09}"
    expires = now + timedelta(days=1)
    delivery = PlannedDelivery(name, "old", "http", "http", "1", destination, params, 20, expires, lane=lane)
    return Plan(event, EventState.PLANNED, (delivery,))


async def fill(file: Path, plans: Iterable[Plan]) -> None:
    """Store the plans in a journal, many in a commit."""
    journal = SqliteJournal(file, clock=utc_now, min_free=0)
    await journal.open()
    waiting = iter(plans)

    async def one() -> None:
        for plan in waiting:
            await journal.append(plan)

    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
    await journal.close()


def ingest(journal: Path | None, sink: int, events: int, turn: str) -> Measured:
    """Measure a router on a copy of this journal, or on an empty one."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if journal is not None:
            shutil.copy(journal, folder / "router.db")
        (folder / "routes.yaml").write_text(ROUTES.format(port=port, sink=sink))
        command = ("-m", "router", "run", "routes.yaml")
        with process(*command, port=port, path="/readyz", cwd=folder) as (pid, start):
            time.sleep(2)
            idle = memory(pid)
            requests = [signed(f"{turn}.{n}") for n in range(events)]
            result = asyncio.run(load.run(port, requests))
            time.sleep(1)
            return Measured(result.per_second, idle, memory(pid), start)


async def claim(file: Path, wanted: Mapping[str, LaneLimits], times: int) -> float:
    """Return the median seconds of a claim; what it took is given back."""
    journal = SqliteJournal(file, clock=utc_now, min_free=0)
    await journal.open()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        claimed = await journal.claim(wanted, utc_now())
        spent.append(time.perf_counter() - began)
        if not claimed.deliveries:
            raise SystemExit(f"nothing was claimed of {list(wanted)}")
        for delivery in claimed.deliveries:
            await journal.release(delivery.id, delivery.lease, utc_now())
    await journal.close()
    return statistics.median(spent)


def claims(folder: Path, waiting: int, rounds: int) -> None:
    """Time claims beside a lane with many waiting, and print them."""
    few = [planned(n, "other") for n in range(200)]
    lane = [planned(n, "crowded", "b") for n in range(200)]
    many = (planned(n, "crowded", "a") for n in range(waiting))
    asyncio.run(fill(folder / "few.db", [*few, *lane]))
    shutil.copy(folder / "few.db", folder / "many.db")
    asyncio.run(fill(folder / "many.db", many))
    limits = LaneLimits(slots=8, concurrency=8)
    kinds: Mapping[str, Mapping[str, LaneLimits]] = {
        "another destination": {"other": limits},
        "another lane of it, the crowded one full": {"crowded": LaneLimits(slots=8, concurrency=8, busy={"a": 8})},
        "both destinations": {"other": limits, "crowded": limits},
    }
    for name, wanted in kinds.items():
        ratios, own = [], 0.0
        for _ in range(rounds):
            alone = asyncio.run(claim(folder / "few.db", wanted, 40))
            own = asyncio.run(claim(folder / "many.db", wanted, 40))
            ratios.append(own / alone)
        print(
            f"claim, {name}: {own * 1e3:.2f} ms beside {waiting:,} waiting, "
            f"{statistics.median(ratios):.2f} times that of a journal without them (median)"
        )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--waiting", type=int, default=200_000)
    asked.add_argument("--events", type=int, default=3000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    rates, idles, busies = [], [], []
    sink = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        asyncio.run(fill(folder / "full.db", (planned(n, "down") for n in range(options.waiting))))
        size = (folder / "full.db").stat().st_size / 2**20
        print(f"{options.waiting:,} waiting: {size:,.0f} MB, filled in {time.perf_counter() - began:.0f} s")
        with process("-m", "bench.servers", str(sink), port=sink, path="/count"):
            for turn in range(options.rounds):
                empty = ingest(None, sink, options.events, f"e{turn}")
                full = ingest(folder / "full.db", sink, options.events, f"f{turn}")
                rates.append(full.per_second / empty.per_second)
                idles.append(full.idle - empty.idle)
                busies.append(full.busy - empty.busy)
                print(
                    f"round {turn + 1}: acknowledged {empty.per_second:,.0f}/s empty, {full.per_second:,.0f}/s "
                    f"with the backlog ({rates[-1]:.2f}); memory {empty.idle:.0f} and {full.idle:.0f} MB at idle, "
                    f"{empty.busy:.0f} and {full.busy:.0f} MB after the load; ready in {empty.start:.2f} and "
                    f"{full.start:.2f} s",
                    flush=True,
                )
        print(f"ingest with a backlog: {statistics.median(rates):.2f} of an empty journal's (median)")
        print(
            f"memory for it:         {statistics.median(idles):+.0f} MB at idle, "
            f"{statistics.median(busies):+.0f} MB after the load (medians)"
        )
        claims(folder, options.waiting // 2, options.rounds)


if __name__ == "__main__":
    main()
