"""`/healthz` and `/readyz`: alive, and able to accept events; without detail, on both listeners."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from router.errors import JournalError

_FRESH = 1.0  # seconds; a probe commits, so that a flood of them must not become a flood of commits


class Health:
    """Says whether the process may be sent events: not draining, and the journal can be written."""

    def __init__(
        self, probe: Callable[[], Awaitable[None]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._probe = probe
        self._monotonic = monotonic
        self._checked = float("-inf")
        self._writable = False
        self.draining = False

    async def ready(self) -> bool:
        """Return whether events can be accepted now; the journal is tried at most once a second."""
        if self.draining:
            return False
        if self._monotonic() - self._checked >= _FRESH:
            self._checked = self._monotonic()
            try:
                await self._probe()
            except JournalError:
                self._writable = False
            else:
                self._writable = True
        return self._writable

    def add_to(self, app: web.Application) -> None:
        """Serve both paths."""
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        if await self.ready():
            return web.Response(text="ready\n")
        return web.Response(status=503, text="not ready\n")
