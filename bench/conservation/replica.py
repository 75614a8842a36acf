"""One router process: started again and again in its folder, at its port; and what happened to each boot of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 90.0
"""Seconds after which a process that was started and is not ready counts as broken."""
_ENDS_WITHIN = 60.0
_LOSS = re.compile(r"(\S+) ERROR +router\.journal\.postgres\.life: this process .*: it stops what it runs")


class Broken(Exception):
    """A process did what none may: ended by itself, did not become ready, did not end when asked."""


@dataclass
class Boot:
    """One life of a process; times in seconds since 1970, `stops` are the spans in which it stood still.

    `how` is how it ended: a fault's name, or '' while it lives. `losses` are when it said that what it runs is not
    its own any more.
    """

    name: str
    started: float
    ready: float | None = None
    ended: float | None = None
    how: str = ""
    stops: list[tuple[float, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


class Replica:
    """The process of one number. `command` is what Python is started with."""

    def __init__(self, number: int, folder: Path, env: Mapping[str, str], command: Sequence[str]) -> None:
        self.number = number
        self.folder = folder
        self.port = quiet_port()
        self.boots: list[Boot] = []
        self._env = {**os.environ, "PYTHONFAULTHANDLER": "1", "PYTHONPATH": _path(), **env}
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens, when it lives."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its process, while it lives."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    @property
    def log(self) -> str:
        """The end of what it has printed, over all its boots."""
        file = self.folder / "router.log"
        return file.read_text(errors="replace")[-3000:] if file.exists() else ""

    def traceback(self) -> str:
        """Return the first traceback that it has printed, and what stands before it; '' without one."""
        file = self.folder / "router.log"
        log = file.read_text(errors="replace") if file.exists() else ""
        place = log.find("Traceback (most recent call last)")
        return "" if place < 0 else log[max(0, place - 300) : place + 3000]

    def note_losses(self) -> None:
        """Read in what it has printed when its boots lost what they ran, though they lived."""
        file = self.folder / "router.log"
        for line in file.read_text(errors="replace").splitlines() if file.exists() else ():
            if (found := _LOSS.match(line)) is None:
                continue
            at = datetime.fromisoformat(found[1]).timestamp()
            for boot in self.boots:
                if boot.started <= at and (boot.ended is None or at <= boot.ended):
                    boot.losses.append(at)

    async def spawn(self) -> Boot:
        """Start it; returns at once."""
        boot = Boot(f"{self.number}.{len(self.boots)}", time.time())
        self.boots.append(boot)
        with (self.folder / "router.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._command,
                cwd=self.folder,
                env={**self._env, "PROCESS": boot.name},
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is the harness's; it ends its processes itself
            )
        return boot

    async def ready(self) -> None:
        """Wait until it is; raises Broken where it ends instead, or takes too long."""
        boot = self.boots[-1]
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while time.time() < boot.started + READY_WITHIN:
                self.check()
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            boot.ready = time.time()
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(0.02)
        raise Broken(f"process {boot.name} was not ready within {READY_WITHIN:g} s:\n{self.log}")

    def check(self) -> None:
        """Raise Broken where it has ended, though nobody ended it."""
        boot = self.boots[-1]
        if boot.ended is None and self._process is not None and self._process.returncode is not None:
            boot.ended, boot.how = time.time(), "by itself"
            raise Broken(f"process {boot.name} ended by itself with {self._process.returncode}:\n{self.log}")

    async def kill(self, how: str) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self.check()
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        self.boots[-1].ended, self.boots[-1].how = time.time(), how

    async def freeze(self, seconds: float) -> None:
        """Let it stand still for a while."""
        assert self._process is not None
        self.check()
        began = time.time()
        self._process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._process.send_signal(signal.SIGCONT)
            self.boots[-1].stops.append((began, time.time()))

    async def terminate(self, how: str, drain: float) -> None:
        """Ask it to end; raises Broken where it does not by itself, in time and with 0."""
        assert self._process is not None
        self.check()
        boot = self.boots[-1]
        asked = time.time()
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(drain + _ENDS_WITHIN):
                code = await self._process.wait()
        except TimeoutError:
            raise Broken(f"process {boot.name} did not end {drain + _ENDS_WITHIN:g} s after SIGTERM") from None
        boot.ended, boot.how = time.time(), how
        if code != 0:
            raise Broken(f"process {boot.name} ended with {code} after SIGTERM:\n{self.log}")
        if boot.ended - asked > drain + _AFTER_DRAIN:
            raise Broken(f"process {boot.name} took {boot.ended - asked:.1f} s to end, its drain is {drain:g} s")

    async def close(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


_AFTER_DRAIN = 20.0  # cutting, flushing and closing, on a busy machine


def quiet_port() -> int:
    """Return a free port that no outgoing connection is given (Linux: below 32768).

    From the range of those, a caller that finds nobody listening may be connected to itself.
    """
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _GIVEN:
                _GIVEN.add(port)
                return port
    raise OSError("no port is free between 20000 and 32000")


_GIVEN: set[int] = set()


def _path() -> str:
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
