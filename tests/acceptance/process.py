"""Starts the real router in a process of its own, and ends it in more than one way."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from tests.ports import free_port

START = 60.0  # seconds; generous, for a busy machine: it is never slept through


class RouterProcess:
    """`router run` in a folder of its own; `url` is where it listens."""

    def __init__(self, folder: Path, routes: str, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, "PYTHONFAULTHANDLER": "1", **env}
        self._process: asyncio.subprocess.Process | None = None
        (folder / "routes.yaml").write_text(self.place(routes))

    def place(self, routes: str) -> str:
        """Return the configuration, listening where this process is expected."""
        return f'server: {{listen: "127.0.0.1:{self.port}"}}\nadmin: {{listen: "127.0.0.1:0"}}\n' + routes

    @property
    def log(self) -> str:
        """Everything that the process has printed, over all its starts."""
        return (self.folder / "router.log").read_text()

    async def start(self) -> RouterProcess:
        """Start it, and wait until it is ready."""
        await self._spawn("run", "routes.yaml")
        async with asyncio.timeout(START), aiohttp.ClientSession() as session:
            while True:
                assert self._process is not None
                assert self._process.returncode is None, f"the router has ended:\n{self.log}"
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return self
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    async def _spawn(self, *arguments: str) -> None:
        with (self.folder / "router.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "router", *arguments, cwd=self.folder, env=self.env, stdout=log, stderr=log
            )

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run another command of the router in the same folder; return its exit code, output and errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "router", *arguments, cwd=self.folder, env=self.env,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(START):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def kill(self) -> None:
        """End it as a power cut would: no signal handler, no drain."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def terminate(self) -> int:
        """Ask it to end; return its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(START):
            return await self._process.wait()

    async def stop(self) -> None:
        """End it if it still runs, whatever the test has done."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    def rows(self, query: str, database: str = "app.db") -> list[tuple[Any, ...]]:
        """Return the rows of a query in a SQLite file of its folder."""
        with closing(sqlite3.connect(self.folder / database)) as connection, connection:
            return connection.execute(query).fetchall()


async def settled(check: Any, seconds: float = START) -> None:
    """Wait until `check()` holds; it fails with what `check` last said."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.02)
