"""Making ready again what no worker runs any more: of workers that died, and of commits that broke off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from router.errors import JournalError
from router.journal.postgres import settle
from router.journal.postgres.sessions import execute
from router.journal.postgres.writer import Writer
from router.journal.statements import load
from router.model import DeliveryState, StoredDelivery
from router.tasks import spawn

log = logging.getLogger(__name__)

_BURY = load("postgres/life.sql")["bury"]


class Upkeep:
    """Looks after the journal every `pause` seconds; `found` is called when that made deliveries ready."""

    def __init__(
        self, writer: Writer, clock: Callable[[], datetime], pause: float, found: Callable[[], None]
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._pause = pause
        self._found = found
        self._doubtful: set[tuple[settle.Doubt, int]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look once, and then again and again; JournalUnwritable where the first look fails."""
        await self._reap()
        self._task = spawn(self._run(), name="look after the journal")

    async def stop(self) -> None:
        """Look no more, after a last look at what was left in doubt."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            with suppress(JournalError):
                await self._give_back()

    def doubt(self, taken: Iterable[StoredDelivery], owner: int, started: datetime | None = None) -> None:
        """Note what a commit may have taken for an owner, though nobody was given it to run.

        `started` is when; by default when each of them was started for the first time.
        """
        for one in taken:
            at = started or one.first_started_at
            if one.state is DeliveryState.RUNNING and at is not None:
                self._doubtful.add((((one.id, one.lease), at), owner))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                if await self._give_back() + await self._reap():
                    self._found()
            except JournalError as error:
                log.debug("the journal could not be looked after: %s", error)
            except Exception:
                log.exception("the journal could not be looked after")

    async def _give_back(self) -> int:
        doubtful, self._doubtful = self._doubtful, set()
        given = 0
        try:
            for owner in {whose for _, whose in doubtful}:
                doubts = [doubt for doubt, whose in doubtful if whose == owner]
                given += await self._writer.transact(settle.release_doubtful, doubts, owner, self._clock())
        except BaseException:
            self._doubtful |= doubtful
            raise
        return given

    async def _reap(self) -> int:
        await self._writer.transact(execute, _BURY)
        reaped = 0
        while found := await self._writer.transact(settle.reap, self._clock()):
            reaped += found
        if reaped:
            log.warning("%d deliveries were running when their worker ended; they are tried again", reaped)
        return reaped
