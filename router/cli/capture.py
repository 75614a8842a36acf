"""Outgoing HTTP that goes nowhere: every request is kept, to be shown, and answered as if all were well."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

#: Satisfies Slack (`ok`, `ts`), Resend (`id`), who asks for a token (OAuth 2.0), and whoever reads any JSON.
_ANSWER = {
    "ok": True,
    "id": "captured",
    "ts": "0000000000.000000",
    "channel": "captured",
    "access_token": "made-up-by-router-dev",
    "token_type": "Bearer",
}


@dataclass(frozen=True)
class Captured:
    """A request as it would have gone out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Capture:
    """Makes client sessions whose requests stay here; kept by the name of the task that sent them."""

    def __init__(self) -> None:
        self._taken: dict[str, list[Captured]] = defaultdict(list)

    def of(self, task: str) -> list[Captured]:
        """Return, and forget, what a task has sent."""
        return self._taken.pop(task, [])

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Open a session; its answers come over a real loopback connection, so that they are real answers."""
        app = web.Application()
        app.router.add_route("*", "/", _answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession() as inside:

            async def keep(request: aiohttp.ClientRequest, _: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
                await self._keep(request)
                return await inside.request(request.method, address, allow_redirects=False)

            async with aiohttp.ClientSession(middlewares=(keep,), cookie_jar=aiohttp.DummyCookieJar()) as session:
                yield session
        await runner.cleanup()

    async def _keep(self, request: aiohttp.ClientRequest) -> None:
        body = request.body
        raw = body if isinstance(body, bytes) else await body.as_bytes()
        task = asyncio.current_task()
        name = task.get_name() if task else ""
        self._taken[name].append(Captured(request.method, str(request.url), dict(request.headers), raw))


async def _answer(_: web.Request) -> web.Response:
    return web.json_response(_ANSWER)
