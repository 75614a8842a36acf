"""How long senders wait for an answer while a large configuration is loaded again, and when all is quiet.

python -m bench.reload --routes 2000 --distinct 0.3
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from pathlib import Path

from bench import load
from bench.check_file import large_file
from bench.throughput import free_port, memory
from router.tasks import spawn

HEAD = 'version: 1\nserver: {{listen: "127.0.0.1:{port}", drain: 1s}}\nadmin: {{listen: "127.0.0.1:0"}}\n'
_REST = 3.0  # seconds of quiet that are measured before and after each reload


class _Senders:
    """Post an event every few milliseconds, whether or not the ones before have been answered."""

    def __init__(self, port: int, rate: float) -> None:
        self._port = port
        self._rate = rate
        self._number = 0
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.answers: list[tuple[float, float, int]] = []  # when it was sent, how long it took, the status

    async def run(self) -> None:
        due = time.perf_counter()
        while True:
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            spawn(self._post(due), name="post")

    async def _post(self, due: float) -> None:
        self._number += 1
        body = json.dumps({"type": "bench", "id": f"e{self._number}", "data": {"id": self._number}}).encode()
        connection = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = connection
        writer.write(load.request("/webhooks/app", {}, body))
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        await reader.readexactly(length)
        self.answers.append((due, time.perf_counter() - due, int(head[9:12])))
        self._free.append(connection)


def _told(what: str, took: list[float]) -> tuple[float, float]:
    took = sorted(took)
    median, last = statistics.median(took) * 1000, took[int(len(took) * 0.99)] * 1000
    rest = f"median {median:6.1f} ms, p99 {last:6.1f} ms, {took[-1] * 1000:.0f} at most"
    print(f"  {what:<22} {len(took):5} answers: {rest}")
    return median, last


async def _measure(options: argparse.Namespace, folder: Path) -> None:
    port, path = free_port(), folder / "routes.yaml"
    text = HEAD.format(port=port) + large_file(options.routes, options.distinct).removeprefix("version: 1\n")
    path.write_text(text)
    environ = {**os.environ, "PYTHONPATH": os.getcwd()}
    began = time.perf_counter()
    router = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "router", "run", str(path)), cwd=folder, env=environ, stderr=PIPE
    )
    assert router.stderr is not None

    async def line(word: str) -> None:
        assert router.stderr is not None
        while word not in (said := (await router.stderr.readline()).decode()):
            if not said:
                raise SystemExit("the router has ended")

    await line("ready")
    print(f"router run, {options.routes} routes: ready after {time.perf_counter() - began:.2f} s")
    await asyncio.sleep(options.warm)
    senders = _Senders(port, options.rate)
    sending = spawn(senders.run(), name="send")
    spans, warm = [], []
    for number in range(options.reloads):
        await asyncio.sleep(_REST)
        path.write_text(f"{text}# {number}\n")
        start = time.perf_counter()
        router.send_signal(signal.SIGHUP)
        await line("reloaded:")
        spans.append((start, time.perf_counter()))
        await asyncio.sleep(options.warm)
        warm.append((spans[-1][1], time.perf_counter()))
    await asyncio.sleep(_REST)
    sending.cancel()
    await asyncio.sleep(0.5)  # for the last answers
    reloads = [t for at, t, _ in senders.answers if any(a <= at <= b for a, b in spans)]
    warming = [t for at, t, _ in senders.answers if any(a <= at <= b for a, b in warm)]
    quiet = [t for at, t, _ in senders.answers if not any(a <= at <= b for a, b in (*spans, *warm))]
    took = statistics.median(b - a for a, b in spans)
    machine = f"load {os.getloadavg()[0]:.1f}"
    print(f"{options.reloads} reloads of {took:.2f} s, {options.rate:g} events a second; {machine}")
    base = _told("quiet", quiet)
    during = _told("during a reload", reloads)
    after = _told("templates made ready", warming)
    print(f"  ratios of p99 to quiet: {during[1] / base[1]:.1f} during, {after[1] / base[1]:.1f} after")
    bad = sum(not 200 <= status < 300 for _, _, status in senders.answers)
    print(f"  {bad} refused of {len(senders.answers)}; memory {memory(router.pid):.0f} MB")
    router.terminate()
    await router.wait()


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--routes", type=int, default=2000)
    asked.add_argument("--distinct", type=float, default=0.3)
    asked.add_argument("--rate", type=float, default=100.0, help="events a second")
    asked.add_argument("--reloads", type=int, default=3)
    asked.add_argument("--warm", type=float, default=8.0, help="seconds after a reload that count as warming up")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(asked.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()
