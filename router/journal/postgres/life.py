"""This process among the replicas: a row of its own, kept alive by a heartbeat, and what the others say to it.

While its beat goes on, what it runs is its own. Who could not beat for `deadline` seconds by its own monotonic
clock has lost all that before anybody takes it: it stops, and goes on under a new number.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from router.address import Address
from router.journal.postgres.faults import FAULTS, told
from router.journal.postgres.sessions import Connection, connect
from router.journal.statements import load
from router.tasks import spawn

log = logging.getLogger(__name__)

_SQL = load("postgres/life.sql")
_AGAIN = 0.25  # seconds between two tries to reach the server


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker lives, in seconds: how often it beats and how often it looks for the dead.

    `life` is how long it counts as alive after a beat, `deadline` is when it gives itself up, which must be
    sooner. `say` is how far apart its words to the others are, at least.
    """

    beat: float = 2.0
    life: float = 10.0
    deadline: float = 6.0
    reap: float = 3.0
    say: float = 0.2


class Life:
    """Registers a worker and keeps it alive over a connection of its own, which also listens.

    `lost` is called when what this process runs is not its own any more, `hint` when another one says that
    there is work.
    """

    def __init__(
        self,
        address: Address,
        pace: Pace,
        *,
        lost: Callable[[], None],
        hint: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._pace = pace
        self._lost = lost
        self._hint = hint
        self._monotonic = monotonic
        self._connection: Connection | None = None
        self._speaking = asyncio.Lock()  # a connection does one thing at a time
        self._owner: int | None = None
        self._beaten = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._saying: asyncio.Task[None] | None = None

    @property
    def owner(self) -> int | None:
        """The number of this worker; None while it has lost its life and has no new one yet."""
        if self._owner is not None and self._monotonic() - self._beaten > self._pace.deadline:
            self._lose("could not renew its heartbeat in time")
        return self._owner

    async def start(self) -> None:
        """Register; raises what the driver raises."""
        await self._begin()
        self._tasks = [
            spawn(self._live(), name="heartbeat in the journal"),
            spawn(self._watch(), name="watch the heartbeat"),
        ]

    async def stop(self) -> None:
        """Take this worker out of the list: nobody has to wait for the end of its beat."""
        unsaid = self._saying is not None and not self._saying.done()
        for task in [*self._tasks, *([self._saying] if self._saying else [])]:
            task.cancel()
        self._tasks = []
        owner, self._owner = self._owner, None
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if owner is not None:
                await connection.execute(_SQL["leave"], owner, timeout=self._pace.beat)
            if unsaid:
                await connection.execute(_SQL["notify"], self._address.channel, "", timeout=self._pace.beat)
            await connection.close(timeout=2)
        except FAULTS as error:
            log.debug("the worker could not leave the journal: %s", told(error, self._address))
            connection.terminate()

    def say(self) -> None:
        """Tell the other replicas that there is work; what is said in quick succession is said once."""
        if self._saying is None or self._saying.done():
            self._saying = spawn(self._say(), name="tell the replicas that there is work")

    async def _say(self) -> None:
        await asyncio.sleep(self._pace.say)
        with suppress(*FAULTS):  # a hint only: they look by themselves as well
            async with self._speaking:
                if self._connection is not None:
                    await self._connection.execute(
                        _SQL["notify"], self._address.channel, str(self._owner), timeout=self._pace.beat
                    )

    async def _live(self) -> None:
        pause, failing = self._pace.beat, False
        while True:
            await asyncio.sleep(pause)
            pause = self._pace.beat
            try:
                async with self._speaking:
                    if self._connection is None or self._connection.is_closed():
                        await self._begin()
                    await self._beat()
                failing = False
            except Exception as error:  # whatever it is: without a heart everything else ends
                level = logging.DEBUG if failing else logging.WARNING
                log.log(level, "the journal's heartbeat failed: %s", told(error, self._address))
                pause, failing = min(pause, _AGAIN), True
                if self._connection is not None:
                    self._connection.terminate()
                    self._connection = None

    async def _watch(self) -> None:
        while True:
            left = self._beaten + self._pace.deadline - self._monotonic()
            await asyncio.sleep(max(0.1, left + 0.01))
            _ = self.owner

    async def _begin(self) -> None:
        connection = await connect(
            self._address,
            statement_timeout=self._pace.deadline,
            application=self._address.application or "router worker",
        )
        try:
            await connection.add_listener(self._address.channel, self._heard)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        if self.owner is None:
            await self._register()
        else:
            self._hint()  # something may have been said while nobody listened

    async def _register(self) -> None:
        assert self._connection is not None  # noqa: S101 - both callers have just opened it
        began = self._monotonic()
        host, pid = socket.gethostname()[:200], os.getpid()
        owner = await self._connection.fetchval(
            _SQL["register"], host, pid, self._pace.life, timeout=self._pace.deadline
        )
        self._beaten, self._owner = began, owner
        self._hint()

    async def _beat(self) -> None:
        if (owner := self.owner) is None:
            await self._register()
            return
        assert self._connection is not None  # noqa: S101
        began = self._monotonic()
        # A server that stalls for a moment is no reason to give everything up: it has until the deadline.
        left = max(0.1, self._beaten + self._pace.deadline - began)
        alive = await self._connection.fetchval(_SQL["beat"], owner, self._pace.life, timeout=left)
        if alive is not None:
            self._beaten = began
        elif self._owner == owner:
            self._lose("was taken for dead by another replica")
            await self._register()

    def _heard(self, _: Connection, __: int, ___: str, payload: str) -> None:
        if payload != str(self._owner):
            self._hint()

    def _lose(self, why: str) -> None:
        log.error("this process %s: it stops what it runs, and goes on as a new worker", why)
        self._owner = None
        try:
            self._lost()
        except Exception:
            log.exception("what was lost could not be stopped")
