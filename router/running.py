"""The parts of one running router, and how it is asked to run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from router.admin.health import Health
from router.admin.metrics import Metrics
from router.delivery.intake import Intake
from router.delivery.targets import Targets
from router.delivery.worker import Worker
from router.journal.journal import Journal
from router.journal.lock import Lock
from router.journal.opening import NoLock, Place
from router.live import Live
from router.observe import Observer, Observers
from router.reload import Reloader
from router.ruleset import Loaded


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


def client_session() -> aiohttp.ClientSession:
    """Return the session that all actions share: it keeps no cookies, so that destinations stay apart."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


@dataclass(frozen=True)
class Options:
    """How a process runs its configuration.

    `load` reads it again; `session` makes the one client session of all actions; `watch` is how often the
    files are looked at, in seconds.
    """

    load: Callable[[], Loaded]
    journal: Place
    session: Callable[[], AbstractAsyncContextManager[aiohttp.ClientSession]] = client_session
    observers: Iterable[Observer] = ()
    watch: float = 1.0
    clock: Callable[[], datetime] = utc_now


@dataclass(frozen=True)
class Addresses:
    """Where a running process listens."""

    public: str
    admin: str


@dataclass
class Running:
    """The parts of one running router, put together as they start; `build` fills it."""

    live: Live
    options: Options
    observer: Observers
    metrics: Metrics
    token: str
    lock: Lock | NoLock
    journal: Journal
    health: Health
    http: aiohttp.ClientSession = field(init=False)
    targets: Targets = field(init=False)
    worker: Worker = field(init=False)
    intake: Intake = field(init=False)
    reloader: Reloader = field(init=False)
    admin_url: str = ""
    stuck: int = 0  #: attempts that would not end; only the end of the process stops them
    stopped: float | None = None  #: when the end was asked for, on the clock of the event loop

    def left(self) -> float:
        """Return how many seconds of `drain` are left: open requests and attempts share them."""
        drain = self.live.ruleset.document.server.drain
        if self.stopped is None:
            return drain
        return max(0.0, drain - (asyncio.get_running_loop().time() - self.stopped))

    async def worker_counts(self) -> Mapping[str, float]:
        """Return what the worker tells of itself, under the names of its metrics."""
        if not hasattr(self, "worker"):
            return {}
        return {
            "deliveries_running": self.worker.running,
            "attempts_abandoned": self.worker.abandoned,
            "outcomes_unrecorded": self.worker.unrecorded,
            "destinations_unavailable": len(self.targets.unavailable()),
            "lanes_paused": self.targets.paused(self.options.clock()),
            "breakers_open": self.targets.open_breakers,
            "deliveries_stranded": await self.worker.stranded(),
        }

    def wake(self) -> None:
        """Tell the worker, once there is one, that deliveries may be due."""
        if hasattr(self, "worker"):
            self.worker.wake()


def url_of(runner: web.AppRunner) -> str:
    """Return the address of a runner's first listener, as a person on this machine would type it."""
    host, port = runner.addresses[0][:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"
