"""Takes due deliveries from the journal when there are free slots for them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from router.delivery.target import Target
from router.delivery.targets import Targets
from router.journal.journal import Journal
from router.model import StoredDelivery

log = logging.getLogger(__name__)


class Pager:
    """Claims for targets with a backlog and free slots; sleeps until one has both, or something is due.

    `begin` gets each claimed delivery with the target whose slot it has; `failed` is told of a journal
    that does not answer. `poll` is how often, in seconds, it looks unasked whether something is due.
    """

    def __init__(
        self,
        journal: Journal,
        targets: Targets,
        clock: Callable[[], datetime],
        *,
        may_claim: Callable[[], bool],
        begin: Callable[[StoredDelivery, Target], None],
        failed: Callable[[Exception], None],
        poll: float,
    ) -> None:
        self._journal = journal
        self._targets = targets
        self._clock = clock
        self._may_claim = may_claim
        self._begin = begin
        self._failed = failed
        self._poll = poll
        self._nudged = asyncio.Event()
        self._stopped = False
        self._due: datetime | None = None
        self._due_known = False

    def nudge(self) -> None:
        """Look again which targets have both a backlog and a free slot."""
        self._nudged.set()

    def due(self, at: datetime) -> None:
        """Note that a delivery is due then."""
        if self._due_known and (self._due is None or at < self._due):
            self._due = at
            self._nudged.set()

    def wake(self) -> None:
        """Look in the journal, for all targets: somebody has made deliveries due."""
        for target in self._targets:
            target.backlog = True
        self._due_known = False
        self._nudged.set()

    def stop(self) -> None:
        """Claim nothing any more; `run` ends after the claim under way."""
        self._stopped = True
        self._nudged.set()

    async def run(self) -> None:
        """Page in until stopped."""
        while not self._stopped:
            self._nudged.clear()
            if self._may_claim():
                try:
                    await self._claim()
                    await self._look_ahead()
                except Exception as error:
                    self._failed(error)
            await self._sleep()

    async def _sleep(self) -> None:
        pause = self._poll
        if self._due_known and self._due is not None and self._may_claim():
            pause = min(pause, max(0.01, (self._due - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(pause):
                await self._nudged.wait()
        except TimeoutError:
            if self._due_known and self._due is not None and self._due <= self._clock():
                self.wake()
            self._due_known = False  # asked again; a poll costs one read

    async def _claim(self) -> None:
        asked = {t.name: t for t in self._targets if t.backlog and t.free > 0}
        if not asked:
            return
        free = {name: target.free for name, target in asked.items()}
        for name, target in asked.items():
            target.occupy(free[name])
            target.backlog = False  # first, so that what an append adds meanwhile is not forgotten
        try:
            claimed = await self._journal.claim(free, self._clock())
        except BaseException:
            for name, target in asked.items():
                target.backlog = True
                target.vacate(free[name])
            raise
        came = Counter(delivery.destination for delivery in claimed)
        for delivery in claimed:
            self._begin(delivery, asked[delivery.destination])
        for name, target in asked.items():
            if came[name] == free[name]:
                target.backlog = True  # there may be more
            else:
                self._due_known = False
            target.vacate(free[name] - came[name])

    async def _look_ahead(self) -> None:
        """Ask when the next delivery is due, of targets whose due ones are all taken."""
        idle = [t.name for t in self._targets if t.available and not t.backlog]
        if self._due_known or not idle:
            return
        self._due, self._due_known = None, True  # first, so that what `due` and `wake` say meanwhile counts
        try:
            found = await self._journal.next_due(idle)
        except BaseException:
            self._due_known = False
            raise
        if found is not None:
            self.due(found)
