"""Takes due deliveries from the journal when there are free slots for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from router.delivery.target import Target
from router.delivery.targets import Targets
from router.journal.journal import Claimed, Journal
from router.model import StoredDelivery


class Pager:
    """Claims for targets with a backlog and free slots; sleeps until one has both, or something is due.

    `begin` gets each claimed delivery with its target; `failed` is told of a journal that does not answer.
    `poll` is how often, in seconds, it looks unasked whether something is due.
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
        self._looked = 0.0  # when it last looked unasked; by the clock of the event loop
        self._nudged = asyncio.Event()
        self._stopped = False

    def nudge(self) -> None:
        """Look again which targets have both a backlog and a free slot."""
        self._nudged.set()

    def due(self, target: Target, at: datetime) -> None:
        """Note that a delivery is due then."""
        if target.next_at is None or at < target.next_at:
            target.next_at = at
            self._nudged.set()

    def wake(self) -> None:
        """Look in the journal, for all targets: somebody has made deliveries due."""
        for target in self._targets:
            target.backlog = True
        self._nudged.set()

    def stop(self) -> None:
        """Claim nothing any more; `run` ends after the claim under way."""
        self._stopped = True
        self._nudged.set()

    async def run(self) -> None:
        """Page in until stopped."""
        self._looked = asyncio.get_running_loop().time()
        while not self._stopped:
            self._nudged.clear()
            if self._may_claim():
                try:
                    await self._claim()
                except Exception as error:
                    self._failed(error)
            await self._sleep()

    async def _sleep(self) -> None:
        loop = asyncio.get_running_loop()
        # Counted from the last look, not from here: who is nudged all the time would never look.
        pause = max(0.0, self._looked + self._poll - loop.time())
        times = [target.next_at for target in self._targets if target.next_at is not None and target.slots]
        if times and self._may_claim():
            pause = min(pause, max(0.001, (min(times) - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(pause):
                await self._nudged.wait()
        except TimeoutError:
            pass
        if loop.time() >= self._looked + self._poll:
            self._looked = loop.time()
            self.wake()
            return
        now = self._clock()
        for target in self._targets:
            if target.next_at is not None and target.next_at <= now:
                target.backlog, target.next_at = True, None

    async def _claim(self) -> None:
        asked = {target.name: target for target in self._targets if target.waits}
        if not asked:
            return
        for target in asked.values():
            target.begin_claim()
        try:
            claimed = await self._journal.claim({t.name: t.limits() for t in asked.values()}, self._clock())
        except BaseException:
            for target in asked.values():
                target.end_claim(None)
            raise
        for delivery in claimed.deliveries:
            self._begin(delivery, asked[delivery.destination])
        for target in asked.values():
            target.end_claim(claimed)
            self._note(target, claimed)

    def _note(self, target: Target, claimed: Claimed) -> None:
        at = claimed.next_at.get(target.name)
        if at is not None:
            self.due(target, at)
        if target.waits:
            self.nudge()
