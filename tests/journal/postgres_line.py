"""What stands between a journal and its PostgreSQL: a line that can be cut, and servers that turn one away."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Line:
    """Passes bytes on to a server; `cut` ends what is connected and refuses more.

    `lose` makes it end connections instead of passing an answer on: to those of them on which a statement that
    fits a pattern was sent.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.deaf = 0  #: how many answers are still to be lost, each with its connection
        self._deaf_to = b""

    @property
    def url(self) -> str:
        """The address of the journal over this line."""
        login = self._parts.netloc.rpartition("@")[0]
        return self._parts._replace(netloc=f"{login}@127.0.0.1:{self.port}").geturl() + "&sslmode=disable"

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End every connection, and refuse new ones."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    def lose(self, answers: int, to: bytes) -> None:
        """Lose so many answers to selects, and to writes that return rows."""
        self.deaf, self._deaf_to = answers, to

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._parts.hostname or "127.0.0.1", self._parts.port or 5432
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        said = bytearray()
        forth = asyncio.ensure_future(self._pass(reader, far_writer, said.extend))
        await self._pass(far_reader, writer, lambda data: self._lose(data, said, writer))
        forth.cancel()
        for one in (writer, far_writer):
            self._writers.discard(one)
            one.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], object]
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                look(data)
                writer.write(data)
                await writer.drain()

    def _lose(self, data: bytes, said: bytearray, writer: asyncio.StreamWriter) -> None:
        # What returns rows ends with this tag; the statement's text goes over the line when it is prepared.
        if self.deaf and b"SELECT " in data and re.search(self._deaf_to, said):
            self.deaf -= 1
            writer.transport.abort()
            raise ConnectionAbortedError


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    """Return a line to a server, open."""
    line = Line(url)
    await line.mend()
    yield line
    await line.cut()


@asynccontextmanager
async def server_that(answers: bytes, *, after_password: bool = False) -> AsyncIterator[int]:
    """Listen as a PostgreSQL server that gives these answers to whoever logs in; return its port."""

    writers = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            await reader.readexactly(length - 4)
            if after_password:
                writer.write(b"R" + struct.pack("!ii", 8, 3))
                _, length = struct.unpack("!ci", await reader.readexactly(5))
                await reader.readexactly(length - 4)
            writer.write(answers)
            await reader.read()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def error(code: str, message: str) -> bytes:
    """Return the message with which a server refuses."""
    fields = b"".join(
        k + v.encode() + b"\0" for k, v in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", message))
    )
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"


def welcome(version: str) -> bytes:
    """Return the messages with which a server of this version lets somebody in."""
    said = b"R" + struct.pack("!ii", 8, 0)
    for name, value in (("server_version", version), ("client_encoding", "UTF8"), ("server_encoding", "UTF8")):
        body = name.encode() + b"\0" + value.encode() + b"\0"
        said += b"S" + struct.pack("!i", len(body) + 4) + body
    return said + b"K" + struct.pack("!iii", 12, 1, 1) + b"Z" + struct.pack("!i", 5) + b"I"
