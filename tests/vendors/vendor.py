"""What the loopback vendors share: they keep what they got, and misbehave once for each order."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict


@dataclass(frozen=True)
class Received:
    """A request as a vendor got it; `target` is the path and query as they stood on the wire."""

    method: str
    path: str
    target: str
    query: dict[str, str]
    headers: CIMultiDict[str]
    body: bytes


class Vendor(ABC):
    """A server on the loopback interface; `async with` runs it.

    `arrived` is set when a request is read. Each misbehaviour is for one request, in the order of the
    calls; then the vendor answers as documented again. `held` is set when one is kept waiting, until
    `released` is.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self.held = asyncio.Event()
        self.released = asyncio.Event()
        self._orders: deque[Callable[[web.Request], Awaitable[web.StreamResponse]]] = deque()
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        """The server's address, without a / at its end."""
        return str(self._server.make_url("")).rstrip("/")

    @abstractmethod
    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        """Answer as the vendor documents it."""

    async def __aenter__(self) -> Self:
        await self._server.start_server(access_log=None)  # it would print webhook addresses
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.close()

    async def stop(self) -> None:
        """Listen no more."""
        await self._server.close()

    def throttle(self, retry_after: str | None = "7", times: int = 1) -> None:
        """Answer 429, with that Retry-After."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        self.say(429, "slow down", headers, times=times)

    def fail(self, status: int = 500, text: str = "internal trouble", times: int = 1) -> None:
        """Answer with a status and a text."""
        self.say(status, text, times=times)

    def say(
        self,
        status: int,
        text: str | bytes,
        headers: dict[str, str] | None = None,
        *,
        kind: str = "text/plain",
        times: int = 1,
    ) -> None:
        """Answer exactly so."""
        body = text if isinstance(text, bytes) else text.encode()

        async def said(request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, body=body, headers=headers, content_type=kind)

        self._orders.extend([said] * times)

    def hang(self) -> None:
        """Read the request and never answer; `left` is set once the caller goes away."""
        self._orders.append(self._hang)

    def hold(self, status: int | None = None) -> None:
        """Answer once `released` is set: with a status, or as documented."""

        async def late(request: web.Request) -> web.StreamResponse:
            received = self.received[-1]
            self.held.set()
            await self.released.wait()
            return await self.answer(request, received) if status is None else web.Response(status=status)

        self._orders.append(late)

    def cut(self) -> None:
        """Read the request, do what it asks, and close the connection without an answer."""
        self._orders.append(self._cut)

    def truncate(self) -> None:
        """Promise more of an answer than is sent."""
        self._orders.append(self._truncate)

    def garbage(self, status: int = 200) -> None:
        """Answer with bytes that are neither text nor JSON, though they say so."""
        self.say(status, b"\xff\xfe\x00{]" * 9, kind="application/json")

    def echo(self, status: int = 400) -> None:
        """Answer with everything that the request held, its secrets too."""

        async def echoed(request: web.Request) -> web.StreamResponse:
            got = self.received[-1]
            said = f"{self.url}{request.path_qs} {dict(got.headers)} {got.body.decode('utf-8', 'replace')}"
            return self.echoed(status, said)

        self._orders.append(echoed)

    def echoed(self, status: int, said: str) -> web.Response:
        """Return the answer of `echo`, in the vendor's form of an error."""
        return web.Response(status=status, text=said)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        received = Received(
            request.method,
            request.path,
            request.raw_path,
            dict(request.query),
            CIMultiDict(request.headers),
            await request.read(),
        )
        self.received.append(received)
        self.arrived.set()
        if self._orders:
            return await self._orders.popleft()(request)
        return await self.answer(request, received)

    async def _hang(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        try:
            while transport is not None and not transport.is_closing():
                await asyncio.sleep(0.01)
        finally:
            self.left.set()
        return web.Response()

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        await self.answer(request, self.received[-1])
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _truncate(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"ok":')
        if request.transport is not None:
            request.transport.close()
        return response


def json_answer(data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON answer."""
    return web.json_response(data, status=status, headers=headers)
