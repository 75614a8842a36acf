"""One destination while the process runs: its opened action, its slots and its threads."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp

from router.delivery.faults import reason_of
from router.delivery.lanes import SPLIT, Lane, goes
from router.delivery.threads import Threads
from router.destinations import Destination, secrets_of
from router.errors import Permanent
from router.journal.journal import Claimed
from router.journal.lane import LaneLimits, LaneState
from router.plugin import Action
from router.redaction import Redactor
from router.tasks import spawn

log = logging.getLogger(__name__)

OPEN_TIMEOUT = 60.0
CLOSE_TIMEOUT = 10.0
PROBE_GRACE = 10.0
"""Seconds beyond its time-out for which an attempt that probes a breaker keeps others from probing."""
MOST_IDLE_LANES = 100
"""Lanes of a destination that are remembered although nothing is to be said of them."""


class Target:
    """A destination, opened in the background and again until it succeeds.

    A slot is occupied from the moment a delivery is promised one until its attempt ends, or for ever
    where the action ignores its time-out. Each lane has `concurrency` of them, all together a few times that.
    `backlog` says that the journal may hold due deliveries of lanes that are not known here; `next_at` is when
    something may start that cannot now. `turn` counts starts. `changed` is called when slots become free.
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
        self._freed = False  # a slot was given back during a claim
        self.claiming = False  #: a claim is under way, which may fill any slot
        self._cut = False  # the last claim has not looked at all lanes
        self._informed = False  # what the journal says of the lanes is known
        self._asking = 0  # claims, of suspects too, whose answer may bring a delivery
        self.next_at: datetime | None = None
        self.turn = 0
        self.busy = 0
        self.lanes: dict[str, Lane] = {}
        self.tried = asyncio.Event()  #: set once the first try to open has ended
        self.closed = asyncio.Event()
        self.reason: str | None = "it is being opened"  #: why it is unavailable; None while it is available
        self._http = http
        self._reopen_after = reopen_after
        self._changed = changed
        self._action: Action[Any, Any] | None = None
        self._threads = Threads(SPLIT * destination.concurrency, f"action {destination.name}")
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
    def slots(self) -> int:
        """How many attempts may start now, in all lanes together."""
        return max(0, SPLIT * self.destination.concurrency - self.busy) if self.available else 0

    def free(self, lane: Lane) -> int:
        """How many attempts may start now in a lane."""
        return max(0, min(self.destination.concurrency - lane.busy, self.slots))

    def takes(self, lane: str, now: datetime) -> bool:
        """Whether a new delivery may start without asking the journal. Rates are the journal's to grant."""
        if not self._informed or self.backlog or self.claiming or not self.slots:
            return False
        if self.destination.interval is not None:
            return False
        known = self.lanes.get(lane)
        return known is None or (known.takes(now) and self.free(known) > 0)

    def lane(self, name: str) -> Lane:
        """Return a lane of this destination."""
        found = self.lanes.get(name)
        if found is None:
            found = self.lanes[name] = Lane(self.name, name)
        return found

    @property
    def waits(self) -> bool:
        """Whether a claim may find something that can start."""
        if self.claiming or not self.slots:
            return False
        return self.backlog or any(lane.ask and self.free(lane) for lane in self.lanes.values())

    def limits(self) -> LaneLimits:
        """Return what a claim may start now."""
        destination = self.destination
        return LaneLimits(
            slots=self.slots,
            concurrency=destination.concurrency,
            busy={lane.name: lane.busy for lane in self.lanes.values() if lane.busy},
            interval=destination.interval,
            probe=destination.timeout + PROBE_GRACE,
            turn=self.turn,
        )

    def begin_claim(self) -> None:
        """Promise no slot until the claim has ended: it may fill any. What is added meanwhile is not forgotten."""
        self.claiming = True
        self.ask()
        self.backlog = self._freed = False
        if self._cut:  # it looks at other lanes than the last one, whose word about its own still counts
            return
        self.next_at = None
        for lane in self.lanes.values():
            lane.backlog = lane.ask = False

    def end_claim(self, claimed: Claimed | None) -> None:
        """Note which lanes still wait, for a slot or for their time; None where the claim has failed."""
        self.claiming = False
        self._cut = claimed is not None and self.name in claimed.cut
        if claimed is None or self._freed or self._cut:
            self.backlog = True
        for destination, name in claimed.left if claimed is not None else ():
            if destination == self.name:
                self.lane(name).backlog = True
        self._forget_idle()
        self.answered()

    def ask(self) -> None:
        """Note that the journal is asked for a delivery: it stays open for that, though retired meanwhile."""
        self._asking += 1

    def answered(self) -> None:
        """Note that the journal has answered, and what came has its slot."""
        self._asking -= 1
        if self._retired:
            self._close_when_idle()

    def occupy(self, lane: Lane) -> None:
        """Promise a slot to a delivery; the caller has looked at `free`, or has claimed it."""
        self.busy += 1
        lane.busy += 1
        self.turn += 1

    def vacate(self, lane: Lane) -> None:
        """Give a slot back; a retired target closes with the last one."""
        if not self.slots:
            self.backlog = True  # other lanes may have waited for it
        self._freed = True
        self.busy -= 1
        lane.busy -= 1
        lane.ask = lane.backlog
        if self._retired:
            self._close_when_idle()
        else:
            self._changed(self)

    def known(self, states: Mapping[str, LaneState]) -> None:
        """Take over what the journal says of the lanes, by their names; the others have nothing to be said of."""
        for name, state in states.items():
            if name in self.lanes or not goes(state):
                self.lane(name).known(state)
        for name, lane in self.lanes.items():
            if name not in states:
                lane.known(LaneState(self.name, name))
        self._informed = True
        self._forget_idle()

    def _forget_idle(self) -> None:
        # Not with its last attempt, which is still to be reported then.
        if len(self.lanes) > MOST_IDLE_LANES:
            self.lanes = {name: lane for name, lane in self.lanes.items() if not lane.idle}

    async def execute(self, params: object, delivery: object) -> object:
        """Call the action; a plain function in a thread of this destination."""
        assert self._action is not None  # noqa: S101 - slots are given to available targets only
        return await self._call(self._action.execute, params, delivery)

    def retire(self) -> None:
        """Begin no claim any more, and close after the last attempt."""
        if self._retired:
            return
        self._retired = True
        self.reason = "it has left the configuration"
        self._opening.cancel()
        self._close_when_idle()

    async def close(self) -> None:
        """Close now, whatever still runs; returns after the action's `close`, at most some 10 seconds later."""
        self.busy = self._asking = 0
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
        if self.busy <= 0 and self._asking <= 0 and not self._closing:
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
