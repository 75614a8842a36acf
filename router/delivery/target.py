"""One destination while the process runs: its opened action, its slots and its threads."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp

from router.delivery.faults import reason_of
from router.delivery.threads import Threads
from router.destinations import Destination, secrets_of
from router.errors import Permanent
from router.plugin import Action
from router.redaction import Redactor
from router.tasks import spawn

log = logging.getLogger(__name__)

OPEN_TIMEOUT = 60.0
CLOSE_TIMEOUT = 10.0


class Target:
    """A destination, opened in the background and again until it succeeds.

    A slot is occupied from the moment a delivery is promised one until its attempt ends, or for ever
    where the action ignores its time-out. `backlog` says that the journal may hold due deliveries:
    while it does, new ones queue behind them. `changed` is called when slots become free.
    """

    def __init__(
        self,
        destination: Destination,
        http: aiohttp.ClientSession,
        *,
        reopen_after: Callable[[int], float],
        changed: Callable[[Target], None],
    ) -> None:
        self.destination = destination
        self.redactor = Redactor(secrets_of(destination.config))
        self.backlog = True
        self.busy = 0
        self.tried = asyncio.Event()  #: set once the first try to open has ended
        self.closed = asyncio.Event()
        self.reason: str | None = "it is being opened"  #: why it is unavailable; None while it is available
        self._http = http
        self._reopen_after = reopen_after
        self._changed = changed
        self._action: Action[Any, Any] | None = None
        self._threads = Threads(destination.concurrency, f"action {destination.name}")
        self._retired = False
        self._closing = False
        self._opening = spawn(self._open(), name=f"open destination {destination.name}")

    @property
    def name(self) -> str:
        """The destination's name."""
        return self.destination.name

    @property
    def available(self) -> bool:
        """Whether attempts may start."""
        return self._action is not None and not self._retired

    @property
    def free(self) -> int:
        """How many attempts may start now."""
        return max(0, self.destination.concurrency - self.busy) if self.available else 0

    def occupy(self, slots: int = 1) -> None:
        """Promise slots to deliveries; the caller has looked at `free`."""
        self.busy += slots

    def vacate(self, slots: int = 1) -> None:
        """Give slots back; a retired target closes with the last one."""
        self.busy -= slots
        if self._retired:
            self._close_when_idle()
        elif slots:
            self._changed(self)

    async def execute(self, params: object, delivery: object) -> object:
        """Call the action; a plain function in a thread of this destination."""
        assert self._action is not None  # noqa: S101 - slots are given to available targets only
        return await self._call(self._action.execute, params, delivery)

    def retire(self) -> None:
        """Start nothing any more, and close after the last attempt."""
        if self._retired:
            return
        self._retired = True
        self.reason = "it has left the configuration"
        self._opening.cancel()
        self._close_when_idle()

    async def close(self) -> None:
        """Close now, whatever still runs; returns after the action's `close`, at most some 10 seconds later."""
        self.busy = 0
        self.retire()
        self._close_when_idle()
        await self.closed.wait()

    async def _open(self) -> None:
        tries = 0
        while True:
            tries += 1
            action: Action[Any, Any] | None = None
            try:
                action = self.destination.action()
                action.config = self.destination.config
                action.http = self._http
                action.log = logging.getLogger(f"router.actions.{self.name}")
                async with asyncio.timeout(OPEN_TIMEOUT):
                    await self._call(action.open)
            except BaseException as error:  # whatever a plugin raises is this destination's trouble only
                if action is not None:
                    await self._quietly_close(action)
                if self._retired or _cancelled():
                    raise
                self.reason = self.redactor.text(reason_of(error))
            else:
                if self._retired:  # it has ignored its cancellation
                    await self._quietly_close(action)
                    self._threads.close()
                    return
                self._action, self.reason, self.backlog = action, None, True
                self.tried.set()
                if tries > 1:
                    log.warning("destination `%s` is available again", self.name)
                self._changed(self)
                return
            delay = self._reopen_after(tries)
            log.warning(
                "destination `%s` is unavailable, its deliveries wait; next try in %.0f s: %s",
                self.name,
                delay,
                self.reason,
            )
            self.tried.set()
            await asyncio.sleep(delay)

    def _close_when_idle(self) -> None:
        if self.busy <= 0 and not self._closing:
            self._closing = True
            spawn(self._close(), name=f"close destination {self.name}")

    async def _close(self) -> None:
        action, self._action = self._action, None
        # A cancellation does not get through to a thread before its pool is closed.
        give_up = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._threads.close)
        try:
            if action is not None:
                await self._quietly_close(action)
        finally:
            give_up.cancel()
            self._threads.close()
            self.closed.set()

    async def _quietly_close(self, action: Action[Any, Any]) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT + 0.1):
                await self._call(action.close)
        except BaseException as error:
            if _cancelled():
                raise
            log.warning("destination `%s` did not close: %s", self.name, self.redactor.text(reason_of(error)))

    async def _call(self, function: Callable[..., Any], *arguments: object) -> object:
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        result = await self._threads.run(partial(function, *arguments))
        if inspect.isgenerator(result) or inspect.isasyncgen(result):  # nothing of it has run
            raise Permanent(f"`{function.__name__}` is a generator: take the `yield` out of it")
        return await result if inspect.isawaitable(result) else result


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
