"""Events a second, acknowledged and delivered, as ratios to a bare aiohttp handler; processor time, memory.

    make bench            or: python -m bench.throughput --events 5000 --rounds 3

The bare server is measured before and after each round, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import load

SECRET = "whsec_" + "YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g="
ROUTES = """\
version: 1
server: {{listen: "127.0.0.1:{port}"}}
admin: {{listen: "127.0.0.1:0"}}
sources:
  clerk: {{provider: clerk, secret: "${{SECRET}}"}}
destinations:
  app: {{type: http, base_url: "http://127.0.0.1:{sink}", concurrency: 64}}
routes:
  - name: forward
    source: clerk
    event: user.created
    where: {{data.banned: false}}
    actions:
      - http:
          path: /users
          json: {{id: "{{{{ data.id }}}}", email: "{{{{ primary_email }}}}", name: "{{{{ full_name }}}}"}}
        destination: app
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*command: str, port: int, path: str, cwd: Path | None = None) -> Iterator[tuple[int, float]]:
    """Start a server; yield its pid and how long it took until it answered."""
    began = time.perf_counter()
    started = subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "SECRET": SECRET, "PYTHONPATH": os.getcwd()},
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
                break
            except OSError:
                if started.poll() is not None:
                    raise SystemExit(f"{command} ended with {started.returncode}") from None
                time.sleep(0.005)
        yield started.pid, time.perf_counter() - began
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(60)


def memory(pid: int) -> float:
    """Return the resident memory of a process, in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def processor(pid: int) -> tuple[float, float]:
    """Return the seconds of processor time of the event loop, and of all other threads (Linux)."""
    loop = others = 0.0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        fields = (thread / "stat").read_text().rpartition(")")[2].split()
        spent = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        if int(thread.name) == pid:
            loop += spent
        else:
            others += spent
    return loop, others


def delivered(sink: int) -> int:
    """Return how many deliveries have reached the sink."""
    with urllib.request.urlopen(f"http://127.0.0.1:{sink}/count", timeout=5) as answer:
        return int(json.load(answer)["count"])


def signed(number: int, batch: str) -> list[bytes]:
    """Return so many distinct, signed user.created events of about 2 KB."""
    from svix.webhooks import Webhook

    from router.sources.samples import sample

    now = datetime.now(UTC)
    body = json.dumps(sample("clerk", "user.created", now))
    key = Webhook(SECRET)
    made = []
    for i in range(number):
        uid = f"msg_{batch}_{i}"
        headers = {
            "svix-id": uid,
            "svix-timestamp": str(int(now.timestamp())),
            "svix-signature": key.sign(uid, now, body),
        }
        made.append(load.request("/webhooks/clerk", headers, body.encode()))
    return made


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--events", type=int, default=4000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    bare_port, sink, port = free_port(), free_port(), free_port()
    acknowledged, end_to_end = [], []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "routes.yaml").write_text(ROUTES.format(port=port, sink=sink))
        with (
            process("-m", "bench.servers", str(bare_port), port=bare_port, path="/count"),
            process("-m", "bench.servers", str(sink), port=sink, path="/count"),
            process("-m", "router", "run", "routes.yaml", port=port, path="/readyz", cwd=Path(folder)) as (
                pid,
                start,
            ),
        ):
            time.sleep(1)
            idle = memory(pid)
            for number in range(options.rounds):
                requests = signed(options.events, f"{number}")
                before = asyncio.run(load.run(bare_port, requests))
                done = delivered(sink)
                loop, writer = processor(pid)
                began = time.perf_counter()
                acked = asyncio.run(load.run(port, requests))
                while delivered(sink) < done + options.events:
                    if time.perf_counter() - began > 120:
                        raise SystemExit(f"only {delivered(sink) - done} of {options.events} were delivered")
                    time.sleep(0.02)
                all_delivered = options.events / (time.perf_counter() - began)
                spent = [
                    (a - b) / options.events * 1e6 for a, b in zip(processor(pid), (loop, writer), strict=True)
                ]
                after = asyncio.run(load.run(bare_port, requests))
                bare = (before.per_second + after.per_second) / 2
                acknowledged.append(acked.per_second / bare)
                end_to_end.append(all_delivered / bare)
                print(
                    f"round {number + 1}: bare {bare:,.0f}/s, acknowledged {acked.per_second:,.0f}/s "
                    f"({acknowledged[-1]:.2f}), delivered {all_delivered:,.0f}/s ({end_to_end[-1]:.2f}), "
                    f"processor {spent[0]:.0f} us an event in the loop and {spent[1]:.0f} in threads, "
                    f"answers {dict(acked.statuses)}"
                )
            busy = memory(pid)
    print(f"acknowledged: {statistics.median(acknowledged):.2f} of a bare aiohttp handler (median)")
    print(f"delivered:    {statistics.median(end_to_end):.2f} of a bare aiohttp handler (median)")
    print(f"start-up:     {start:.2f} s until /readyz answers 200")
    print(f"memory:       {idle:.0f} MB at idle, {busy:.0f} MB after the load")


if __name__ == "__main__":
    main()
