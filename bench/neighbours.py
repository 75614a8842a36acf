"""How much a hanging, a throttled and a failing destination slow down a healthy one, as ratios.

    python -m bench.neighbours --events 1000 --rounds 3

Every event goes to the healthy destination and to three others. In a round, each kind of trouble has a router and
a journal of its own, and so has a quiet neighbourhood, in which the three others are healthy as well: the work is
the same, and a busy machine slows all alike. First the events are posted as fast as they are taken (deliveries a
second of the healthy one), then at a steady pace, on top of all that waits by now (delay from post to delivery).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import statistics
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import load
from bench.throughput import SECRET, free_port, process

TROUBLES: Mapping[str, Sequence[str]] = {
    "quiet": ("fine0", "fine1", "fine2"),
    "hanging": ("hanging", "fine1", "fine2"),
    "throttled": ("fine0", "throttled", "fine2"),
    "failing": ("fine0", "fine1", "failing"),
    "all three": ("hanging", "throttled", "failing"),
}
ROUTES = """\
version: 1
server: {{listen: "127.0.0.1:{port}", drain: 100ms}}
admin: {{listen: "127.0.0.1:0"}}
sources:
  shop:
    verify: {{scheme: hmac, header: X-Shop-Signature, encoding: hex}}
    secret: "${{SECRET}}"
    type: $.type
    id: $.id
destinations:
{destinations}
routes:
  - name: everywhere
    source: shop
    actions:
{actions}
"""
PACE = 0.2
"""The steady pace, as a share of what the healthy destination got a second in the quiet neighbourhood."""


@dataclass(frozen=True)
class Measured:
    """Deliveries a second of the healthy destination, and its median delay, in seconds."""

    per_second: float
    delay: float


def routes(port: int, sink: int, neighbours: Sequence[str]) -> str:
    """Return a configuration in which an event goes to the healthy destination and its neighbours."""
    names = ["healthy", *neighbours]
    destinations = "\n".join(
        f'  {name}: {{type: http, base_url: "http://127.0.0.1:{sink}", timeout: 5s, concurrency: 8}}'
        for name in names
    )
    actions = "\n".join(
        f"      - {{name: {name}, destination: {name}, "
        f'http: {{path: /{name}, json: {{sent: "{{{{ data.sent }}}}"}}}}}}'
        for name in names
    )
    return ROUTES.format(port=port, destinations=destinations, actions=actions)


def signed(id_: str) -> bytes:
    """Return the request of an event that is sent now."""
    body = json.dumps({"id": id_, "type": "order", "sent": time.time(), "padding": "x" * 500}).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return load.request("/webhooks/shop", {"X-Shop-Signature": digest}, body)


def seen(sink: int) -> list[float]:
    """Return the delays of what the healthy destination got."""
    with urllib.request.urlopen(f"http://127.0.0.1:{sink}/seen", timeout=30) as answer:
        delays: list[float] = json.load(answer)["delays"]
        return delays


def forget(sink: int) -> None:
    """Begin the delays anew."""
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{sink}/forget", data=b""), timeout=30).close()


async def steadily(port: int, number: int, pace: float) -> None:
    """Post so many events, so many a second."""
    began = time.monotonic()
    posts = []
    for turn in range(number):
        await asyncio.sleep(max(0.0, began + turn / pace - time.monotonic()))
        posts.append(asyncio.ensure_future(load.run(port, [signed(f"s{turn}")], connections=1)))
    await asyncio.gather(*posts)


def wait_for(sink: int, number: int) -> None:
    """Wait until the healthy destination has got so many."""
    end = time.monotonic() + 300
    while (found := len(seen(sink))) < number:
        if time.monotonic() > end:
            raise SystemExit(f"the healthy destination got only {found} of {number} deliveries in 300 s")
        time.sleep(0.05)


def measure(folder: Path, sink: int, neighbours: Sequence[str], events: int, quiet: Measured | None) -> Measured:
    """Measure one neighbourhood with a router and a journal of its own, at the pace of the quiet one."""
    port = free_port()
    (folder / "routes.yaml").write_text(routes(port, sink, neighbours))
    command = ("-m", "router", "run", "routes.yaml")
    with process(*command, port=port, path="/readyz", cwd=folder):
        forget(sink)
        requests = [signed(f"e{n}") for n in range(events)]
        began = time.perf_counter()
        asyncio.run(load.run(port, requests))
        wait_for(sink, events)
        per_second = events / (time.perf_counter() - began)
        forget(sink)
        steady = max(40, events // 10)
        pace = PACE * (per_second if quiet is None else quiet.per_second)
        asyncio.run(steadily(port, steady, pace))
        wait_for(sink, steady)
        return Measured(per_second, statistics.median(seen(sink)))


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--events", type=int, default=1000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    speeds: dict[str, list[float]] = defaultdict(list)
    delays: dict[str, list[float]] = defaultdict(list)
    sink = free_port()
    with process("-m", "bench.neighbour_servers", str(sink), port=sink, path="/seen"):
        for number in range(options.rounds):
            found: dict[str, Measured] = {}
            for name, neighbours in TROUBLES.items():
                with tempfile.TemporaryDirectory() as folder:
                    found[name] = measure(Path(folder), sink, neighbours, options.events, found.get("quiet"))
                one = found[name]
                print(
                    f"round {number + 1}: {name:<10} healthy {one.per_second:7,.0f} deliveries/s, "
                    f"delay {one.delay * 1000:7.1f} ms",
                    flush=True,
                )
            for name, one in found.items():
                speeds[name].append(one.per_second / found["quiet"].per_second)
                delays[name].append(one.delay / found["quiet"].delay)
    for name in TROUBLES:
        if name != "quiet":
            print(
                f"beside {name:<10} the healthy destination has {statistics.median(speeds[name]):.2f} of its "
                f"deliveries a second and {statistics.median(delays[name]):.2f} times its delay (medians)"
            )


if __name__ == "__main__":
    main()
