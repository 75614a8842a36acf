"""Notices a wall clock that jumps: times that are stored must not lie in a future that never comes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from router.journal.journal import Journal

log = logging.getLogger(__name__)

INTERVAL = 1.0
JUMP = 5.0
"""Seconds by which the wall clock may differ from the time that has passed, before it is said to have jumped."""


class ClockWatch:
    """Compares the wall clock with the time that passes; mends the journal where it has jumped back."""

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], datetime],
        mended: Callable[[], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        interval: float = INTERVAL,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._mended = mended
        self._monotonic = monotonic
        self._interval = interval
        self._wall = clock()
        self._passed = monotonic()
        self._behind = True  # the clock may have been ahead before the start

    async def run(self) -> None:
        """Look again and again; ends when cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # the recorder sees to a journal that cannot be written
                log.debug("the journal could not be mended: %s", error)
            await asyncio.sleep(self._interval)

    async def look(self) -> None:
        """Look once."""
        wall, passed = self._clock(), self._monotonic()
        jump = (wall - self._wall).total_seconds() - (passed - self._passed)
        self._wall, self._passed = wall, passed
        if jump < -JUMP:
            self._behind = True
            log.error("the clock was set back by %.0f s: what was due in between is due now", -jump)
        elif jump > JUMP:
            log.error("the clock was set ahead by %.0f s: deliveries may come to their `max_age` early", jump)
        if self._behind:
            mended = await self._journal.rewind(wall)
            self._behind = False
            if mended:
                log.warning("%d deliveries were written while the clock was ahead; their times are mended", mended)
                self._mended()
