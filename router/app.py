"""The one file that knows every other: it wires the data path, one `cleanup_ctx` a resource.

POST /webhooks/{source} -> ingress -> verify -> identify -> plan -> journal.append -> 202
                                                                         |
                                           worker: claim -> execute -> retry policy -> journal.record
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from router.admin.api import AdminApi
from router.admin.changes import Changes
from router.admin.config import Configuration
from router.admin.health import Health
from router.admin.metrics import Metrics
from router.delivery.deaths import Deaths
from router.delivery.intake import Intake
from router.delivery.keeper import Keeper
from router.delivery.targets import Targets
from router.delivery.worker import Worker
from router.errors import JournalBusy
from router.ids import event_uid
from router.ingress import SERVER_OPTIONS, Ingress
from router.journal.lock import Lock
from router.journal.opening import NoLock, lock_at, store_at
from router.live import Live
from router.observe import Observers
from router.reload import Reloader
from router.ruleset import Ruleset
from router.running import Addresses, Options, Running, url_of
from router.stored_rules import stored
from router.tasks import spawn
from router.warmer import Warmer

log = logging.getLogger(__name__)

_ADMIN_SHUTDOWN = 2.0  # seconds that requests to the admin listener get to end in
_KEEP_ALIVE = 75.0  # seconds; senders reuse connections, and a bare runner would keep them for an hour


RUNNING = web.AppKey("running", Running)


def build(ruleset: Ruleset, options: Options) -> web.Application:
    """Return the application of the public listener; everything else starts and stops with it."""
    metrics = Metrics()
    observer = Observers([metrics, *options.observers])
    journal = store_at(options.journal, clock=options.clock, min_free=ruleset.document.journal.min_free)
    running = Running(
        live=Live(ruleset),
        options=options,
        observer=observer,
        metrics=metrics,
        token=secrets.token_urlsafe(32),
        lock=lock_at(options.journal),
        journal=journal,
        health=Health(journal.ready),
    )
    metrics.reloaded(ruleset.digest, 0)
    app = web.Application()
    app[RUNNING] = running
    running.health.add_to(app)
    Ingress(
        ruleset=lambda: running.live.ruleset,
        accept=lambda plans, *, retry_dead: running.intake.accept(plans, retry_dead=retry_dead),
        observer=observer,
        clock=options.clock,
        new_uid=event_uid,
        settings=ruleset.document.server,
    ).add_to(app)
    app.cleanup_ctx.extend([_journal, _admin, _http, _delivery, _keeping, _watch])
    return app


async def _journal(app: web.Application) -> AsyncIterator[None]:
    running = app[RUNNING]
    settings = running.live.ruleset.document.journal
    await asyncio.to_thread(running.lock.acquire, settings.lock_wait)
    try:
        await running.journal.open()
        yield
        await running.journal.close()
    finally:
        running.lock.release()


async def _admin(app: web.Application) -> AsyncIterator[None]:
    running = app[RUNNING]
    settings = running.live.ruleset.document.admin
    api = AdminApi(
        health=running.health,
        metrics=running.metrics,
        journal=running.journal,
        changes=Changes(running.journal, running.live, clock=running.options.clock, wake=running.wake),
        worker=running.worker_counts,
        tokens=(running.token, settings.token or ""),
        public=not settings.token,
        clock=running.options.clock,
        configuration=Configuration(
            lambda: getattr(running, "reloader", None), lambda text: running.live.ruleset.redactor.text(text)
        ),
    )
    runner = web.AppRunner(
        api.app, access_log=None, keepalive_timeout=_KEEP_ALIVE, shutdown_timeout=_ADMIN_SHUTDOWN
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        running.admin_url = url_of(runner)
        running.lock.publish(running.admin_url, running.token)
        yield
    finally:
        await runner.cleanup()


async def _http(app: web.Application) -> AsyncIterator[None]:
    running = app[RUNNING]
    async with running.options.session() as session:
        running.http = session
        yield


async def _delivery(app: web.Application) -> AsyncIterator[None]:
    running = app[RUNNING]
    ruleset = running.live.ruleset
    running.targets = Targets(running.http)
    running.worker = Worker(
        journal=running.journal,
        targets=running.targets,
        policy=running.live.policy,
        sign=running.live.sign,
        clock=running.options.clock,
        random=random.random,
        redactor=lambda: running.live.ruleset.redactor,
        observer=running.observer,
    )
    running.intake = Intake(running.journal, running.worker)

    warmer = Warmer()

    async def keep(new: Ruleset) -> None:
        await running.journal.save_config(stored(new, running.options.clock()))

    def apply(new: Ruleset) -> None:
        running.targets.swap(new.destinations)
        running.worker.wake()
        warmer.start(new)

    await keep(ruleset)
    apply(ruleset)
    running.reloader = Reloader(
        running.live,
        running.options.load,
        keep,
        apply,
        running.observer,
        clock=running.options.clock,
        ending=lambda: running.health.draining,
    )
    await running.worker.start()
    yield
    await warmer.stop()
    running.stuck = await running.worker.drain(running.left())
    await running.targets.close()


async def _keeping(app: web.Application) -> AsyncIterator[None]:
    running = app[RUNNING]
    settings = running.live.ruleset.document.journal
    clock = running.options.clock
    deaths = Deaths(running.journal, running.live.on_dead, clock, running.wake)
    keeper = Keeper(
        running.journal, settings.retention, settings.dead_retention, clock=clock, observer=running.observer
    )
    running.observer.add(deaths)
    deaths.start()
    sweeping = spawn(keeper.run(), name="keep the journal from growing")
    yield
    sweeping.cancel()
    await deaths.stop()


async def _watch(app: web.Application) -> AsyncIterator[None]:
    running = app[RUNNING]
    task = spawn(running.reloader.watch(running.options.watch), name="watch the configuration")
    yield
    task.cancel()
    await running.reloader.close()


async def serve(
    ruleset: Ruleset,
    options: Options,
    stop: asyncio.Event,
    started: Callable[[Addresses, Running], Awaitable[None]],
) -> int:
    """Run until `stop` is set, then drain; `started` is called once events can be posted.

    Returns how many attempts would not end, and so keep the event loop from ending.
    Raises JournalError or OSError, with nothing left running, where the journal or a port cannot be had.
    """
    server = ruleset.document.server
    app = build(ruleset, options)
    running = app[RUNNING]
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=_KEEP_ALIVE,
        shutdown_timeout=server.drain / 2,  # a sender that dawdles must not take all of the attempts' time
        **SERVER_OPTIONS,
    )
    try:
        if not await _set_up(runner, running.lock, stop):
            return 0
        await web.TCPSite(runner, server.host, server.port).start()
        await started(Addresses(url_of(runner), running.admin_url), running)
        await stop.wait()
        log.info("ending: no new events are taken; what runs has %g seconds to end", server.drain)
    finally:
        running.health.draining = True
        running.stopped = asyncio.get_running_loop().time()
        await runner.cleanup()
    log.info("ended")
    return running.stuck


async def _set_up(runner: web.AppRunner, lock: Lock | NoLock, stop: asyncio.Event) -> bool:
    """Start everything but the listener; false where `stop` came while another process held the journal."""

    async def give_up() -> None:
        await stop.wait()
        lock.give_up()

    giving_up = spawn(give_up(), name="give up waiting for the journal")
    try:
        await runner.setup()
    except JournalBusy:
        if not stop.is_set():
            raise
        return False
    finally:
        giving_up.cancel()
    return True
