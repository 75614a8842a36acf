"""Runs deliveries that were running when their process ended: one at a time, and nothing is started beside it.

Which of the deliveries that ran has ended the process is not known, and mostly none of them has (a kill, a power
cut). So none is put aside; each gets a moment alone, and only one that ends the process in that moment, twice,
is to blame. The second time comes late, so that kills in a row blame nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from router.delivery.target import Target
from router.delivery.targets import Targets
from router.journal.journal import Journal
from router.model import StoredDelivery

log = logging.getLogger(__name__)

ALONE_FOR = 0.1
"""Seconds after its start in which nothing else is started; what happens later is nobody's fault in particular."""
BLAMED_AFTER = 10.0
"""Seconds that this process has to live before one that ended another one while it was alone is tried again."""

SHARE = 0.5
"""How long the others may start after a suspect, as a share of the time that they were kept waiting."""
EAGER = 0.2
EAGER_FOR = 60.0
"""Seconds between two looks for suspects, for so many seconds after one was found: more may want a slot."""

Begin = Callable[[StoredDelivery, Target], "asyncio.Task[None]"]


class Suspects:
    """Takes suspects from the journal. While `holding`, nothing else may be started; `let_go` is told when it may.

    `begin` starts a delivery all the same, and returns its task. `failed` is told of a journal that does not
    answer.
    """

    def __init__(
        self,
        journal: Journal,
        targets: Targets,
        clock: Callable[[], datetime],
        *,
        begin: Begin,
        may_start: Callable[[], bool],
        let_go: Callable[[], None],
        failed: Callable[[Exception], None],
        poll: float,
        alone_for: float = ALONE_FOR,
        blamed_after: float = BLAMED_AFTER,
    ) -> None:
        self.holding = True  #: until the first look has found none
        self._journal = journal
        self._targets = targets
        self._clock = clock
        self._begin = begin
        self._may_start = may_start
        self._let_go = let_go
        self._failed = failed
        self._poll = poll
        self._alone_for = alone_for
        self._blamed_after = blamed_after
        self._nudged = asyncio.Event()
        self._stopped = False

    def nudge(self) -> None:
        """Look again soon: a destination may have become available."""
        self._nudged.set()

    def stop(self) -> None:
        """Start no more; `run` ends after what it does now."""
        self._stopped = True
        self._nudged.set()

    async def run(self) -> None:
        """Run suspects as they become due, until stopped."""
        loop = asyncio.get_running_loop()
        begun = last = loop.time()
        while not self._stopped:
            self._nudged.clear()
            held = loop.time()
            try:
                found = self._may_start() and await self._one(blamed=held - begun >= self._blamed_after)
            except Exception as error:
                self._failed(error)
                found = False
            self._release()
            if found:
                last = loop.time()
                await asyncio.sleep(SHARE * (last - held))
            else:
                await self._wait(min(self._poll, EAGER) if loop.time() - last < EAGER_FOR else self._poll)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
        except TimeoutError:
            pass

    async def _one(self, *, blamed: bool) -> bool:
        asked = {target.name: target for target in self._targets if target.slots and not target.claiming}
        if not asked:
            return False
        for target in asked.values():
            target.ask()
        try:
            wanted = {name: target.limits() for name, target in asked.items()}
            suspect = await self._journal.claim_suspect(wanted, self._clock(), blamed=blamed)
            if suspect is None:
                return False
            self.holding = True
            log.warning(
                "delivery %s (route %s, action %s) was running when its process ended%s: it runs alone now",
                suspect.id,
                suspect.route,
                suspect.action,
                f" ({suspect.crashes} times)" if suspect.crashes > 1 else "",
            )
            task = self._begin(suspect, asked[suspect.destination])
        finally:
            for target in asked.values():
                target.answered()
        await asyncio.wait({task}, timeout=self._alone_for)
        if not task.done():
            await self._journal.clear(suspect.id, suspect.lease)
        return True

    def _release(self) -> None:
        if self.holding:
            self.holding = False
            self._let_go()
