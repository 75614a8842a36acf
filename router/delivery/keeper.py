"""Keeps the journal from growing for ever: removes what is over, a little at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from router.errors import JournalError
from router.journal.journal import Journal
from router.observe import Observer

log = logging.getLogger(__name__)

FIRST = 60.0
"""Seconds from the start to the first sweep: the start has enough to do."""
BETWEEN = 3600.0
"""Seconds from the end of a sweep to the next."""
REST = 9.0
"""How many times as long as a step took nothing is done after it: a tenth of the writer's time is the most."""
LEAST_REST = 0.05


class Keeper:
    """Removes events that were settled `retention` seconds ago, dead ones after `dead_retention` seconds.

    One sweep goes through the journal in small steps, with a rest after each. While the journal cannot be used it
    is tried again with the next sweep. `purged` counts the events that were removed.
    """

    def __init__(
        self,
        journal: Journal,
        retention: float,
        dead_retention: float,
        *,
        clock: Callable[[], datetime],
        observer: Observer | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._retention = timedelta(seconds=retention)
        self._dead_retention = timedelta(seconds=dead_retention)
        self._clock = clock
        self._observer = observer or Observer()
        self._pause = pause
        self._monotonic = monotonic

    async def run(self) -> None:
        """Sweep a minute from now, and then every hour; ends when cancelled, and of nothing else."""
        await self._pause(FIRST)
        while True:
            try:
                await self.sweep()
            except JournalError as error:
                log.debug("the journal could not be swept, which is tried again later: %s", error)
            except Exception:
                log.exception("the journal could not be swept; it is tried again later")
            await self._pause(BETWEEN)

    async def sweep(self) -> int:
        """Remove everything that is over; return how many events that were. Raises JournalError."""
        removed = 0
        while step := await self._step():
            removed += step
        if removed:
            log.info("removed %d events from the journal: their retention is over", removed)
        return removed

    async def _step(self) -> int:
        begun = self._monotonic()
        now = self._clock()
        removed = await self._journal.purge(now - self._retention, now - self._dead_retention)
        if removed:
            self._observer.purged(removed)
            await self._pause(max(LEAST_REST, REST * (self._monotonic() - begun)))
        return removed
