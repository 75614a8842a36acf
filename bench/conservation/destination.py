"""A loopback server that misbehaves in its own way, and keeps a log of every request that it read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from types import TracebackType
from typing import Self

FINE = "fine"
SLOW = ("hang", "late")
"""Moods in which the caller learns only by its own time-out that it failed."""

_OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
_ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"
_ANSWERS = {
    FINE: _OK,
    "error": _ERROR,
    "noise": b"\xff\xfe\x00 220 this is no HTTP at all\r\n\r\n",
    "truncated": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"ok":',
    "flood": b"HTTP/1.1 200 OK\r\nX-Flood: " + b"f" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n",
}
_CLOSING = ("noise", "truncated", "flood")


@dataclass(slots=True)
class Seen:
    """One request: `key` is its idempotency key, `process` the boot that sent it, `answered` when it was answered.

    Times are in seconds since 1970; `answered` is None where no whole answer was written.
    """

    action: str
    event: str
    index: int
    key: str
    process: str
    at: float
    mood: str
    answered: float | None = None


class Destination:
    """One server; `async with` runs it. Its mood is decided by the seed, the event and how often that came."""

    def __init__(self, name: str, temper: Mapping[str, float], seed: int, timeout: float) -> None:
        self.name = name
        self.seen: list[Seen] = []
        self._temper = temper
        self._seed = seed
        self._timeout = timeout
        self._times: Counter[tuple[str, int]] = Counter()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def calm(self) -> None:
        """Behave from now on."""
        self._temper = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in [*self._open]:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, EOFError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; false where the connection is over."""
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(_field(line) for line in head.decode("latin-1").split("\r\n")[1:] if line)
        body = json.loads(await reader.readexactly(int(fields["content-length"])))
        event, index = str(body["event"]), int(body.get("index", 0))
        seen = Seen(
            self.name,
            event,
            index,
            fields.get("webhook-id", ""),
            fields.get("x-process", ""),
            time.time(),
            self._mood(event, index),
        )
        self.seen.append(seen)
        return await self._answer(seen, reader, writer)

    def _mood(self, event: str, index: int) -> str:
        turn = self._times[event, index]
        self._times[event, index] += 1
        drawn = random.Random(f"{self._seed}/{self.name}/{event}/{index}/{turn}").random()
        for mood, share in self._temper.items():
            drawn -= share
            if drawn < 0:
                return mood
        return FINE

    async def _answer(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if seen.mood == "reset":
            writer.transport.abort()
            return False
        if seen.mood == "close":
            return False
        if seen.mood in SLOW:
            # Longer than the caller waits; it hangs up by then, or has died.
            try:
                async with asyncio.timeout(self._timeout * (4 if seen.mood == "hang" else 1.5)):
                    await reader.read()
                return False
            except TimeoutError:
                pass
        writer.write(_ANSWERS.get(seen.mood) or _later(seen))
        await writer.drain()
        seen.answered = time.time()
        return seen.mood not in (*_CLOSING, *SLOW)


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _later(seen: Seen) -> bytes:
    """Ask to wait a second, or until a second that is near; `late` is answered as if nothing were."""
    if seen.mood in SLOW:
        return _OK
    when = "1" if seen.mood == "later" else formatdate(seen.at + 2, usegmt=True)
    return f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {when}\r\nContent-Length: 0\r\n\r\n".encode()
