"""The destinations of `bench.neighbours`: one counts and times what it gets, the others misbehave, by their paths.

An event tells when it was sent, in seconds since 1970; `/seen` tells the count and the delays.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiohttp import web

HANG = 3600.0  # seconds; the caller gives up long before


def app() -> web.Application:
    """Return the server of all destinations."""
    delays: list[float] = []

    async def healthy(request: web.Request) -> web.Response:
        body = await request.json()
        if request.path == "/healthy":
            delays.append(time.time() - float(body["sent"]))
        return web.json_response({"ok": True})

    async def hanging(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(HANG)
        return web.Response()

    async def throttled(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=429, headers={"Retry-After": "1"})

    async def failing(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=500)

    async def seen(_: web.Request) -> web.Response:
        return web.json_response({"count": len(delays), "delays": delays})

    async def forget(_: web.Request) -> web.Response:
        delays.clear()
        return web.Response()

    application = web.Application()
    application.router.add_get("/seen", seen)
    application.router.add_post("/forget", forget)
    application.router.add_post("/hanging", hanging)
    application.router.add_post("/throttled", throttled)
    application.router.add_post("/failing", failing)
    application.router.add_post("/{path:.*}", healthy)
    return application


if __name__ == "__main__":
    web.run_app(
        app(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, shutdown_timeout=0.5,
        handler_cancellation=True,
    )  # fmt: skip
