"""The bare servers of the benchmarks: one answers, one counts what is delivered to it."""

from __future__ import annotations

import sys

from aiohttp import web


def app() -> web.Application:
    """Return a server that reads each body, counts it, and answers 200."""
    count = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal count
        await request.read()
        count += 1
        return web.json_response({"ok": True})

    async def counted(_: web.Request) -> web.Response:
        return web.json_response({"count": count})

    application = web.Application()
    application.router.add_get("/count", counted)
    application.router.add_post("/{path:.*}", take)
    return application


if __name__ == "__main__":
    web.run_app(app(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
