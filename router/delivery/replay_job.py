"""One replay under way in the background: counts first, then plans in small steps, and can go on after a crash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from router.delivery.faults import reason_of
from router.delivery.replay import Cursor, Planner, Replay, ReplayResult
from router.delivery.replay_request import ReplayRequest
from router.delivery.replay_tenure import Tenure
from router.errors import JournalError
from router.journal.journal import Journal, StoredReplay
from router.tasks import spawn

log = logging.getLogger(__name__)

RUNNING, DONE, CANCELLED = "running", "done", "cancelled"
BATCH = 50
"""Events that are planned together, between two rests."""
SAVE_EVERY = 2
"""Batches after which the journal is told how far it has come."""
MOST_AHEAD = 10_000
"""Due deliveries of replays that may wait to be sent before more are planned."""
LOOK_AGAIN = 0.5
_LEAST_REST, _MOST_REST = 0.005, 0.5
_LONGEST_PAUSE = 60.0


def batched(uids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield the ids in parts of at most this size."""
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


class Pace:
    """Keeps planning out of live traffic's way: it rests as long as it worked, and plans not too far ahead."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime], stopped: asyncio.Event) -> None:
        self._journal = journal
        self._clock = clock
        self._stopped = stopped
        self._begun: float | None = None

    async def keep(self, *, sends: bool) -> None:
        """Rest before the next batch; where it `sends`, until not too much waits to be sent."""
        loop = asyncio.get_running_loop()
        if self._begun is not None:
            await self.rest(min(_MOST_REST, max(_LEAST_REST, loop.time() - self._begun)))
        while sends and not self._stopped.is_set() and await self._journal.ahead(self._clock()) >= MOST_AHEAD:
            await self.rest(LOOK_AGAIN)
        self._begun = loop.time()

    async def rest(self, seconds: float) -> None:
        """Sleep, unless it is stopped."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            pass


class Job:
    """A stored replay that is this `owner`'s, and that it carries out; `alone` says that there is no live traffic.

    It ends without a word where the replay is another's by now. `trouble` is what the journal said when it could
    not go on; it tries again by itself. `turn` is held during a step: what one replay plans, another one must see.
    """

    def __init__(
        self,
        stored: StoredReplay,
        journal: Journal,
        planner: Planner,
        *,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        turn: asyncio.Lock,
        alone: bool,
        owner: str,
    ) -> None:
        self._stored = stored
        self._journal = journal
        self._planner = planner
        self._clock = clock
        self._wake = wake
        self._turn = turn
        self._stopped = asyncio.Event()
        self._pace = Pace(journal, clock, self._stopped)
        self._tenure = Tenure(journal, stored.id, owner, clock=clock, now=self.now, lost=self.stop)
        self._alone = alone
        self._cancelled = False
        self._result = ReplayResult.of(stored.result)
        expected = stored.result.get("expected")
        self._expected = ReplayResult.of(expected) if isinstance(expected, dict) else None
        self._counting = ReplayResult()
        at = stored.result.get("at")
        self._cursor = Cursor(stored.last, datetime.fromisoformat(at) if isinstance(at, str) else None)
        self.trouble: str | None = None

    def now(self) -> StoredReplay:
        """Return how it stands, as the journal is told."""
        result: dict[str, Any] = self._result.as_dict()
        if self._expected is not None:
            result["expected"] = self._expected.as_dict()
        else:
            result["counted"] = self._counting.events
        if self._cursor.at is not None:
            result["at"] = self._cursor.at.isoformat()
        if self.trouble is not None:
            result["trouble"] = self.trouble
        return replace(self._stored, result=result, last=self._cursor.uid)

    def stop(self, *, cancel: bool = False) -> None:
        """Ask it to end after the batch that it is at; it goes on after a restart, unless it is cancelled."""
        self._cancelled = self._cancelled or cancel
        self._stopped.set()

    async def run(self) -> None:
        """Go on until it is done, stopped or lost; a failing journal is waited for."""
        renewing = spawn(self._tenure.renew(), name=f"keep the replay {self._stored.id}")
        try:
            await self._until_it_ends()
        finally:
            renewing.cancel()

    async def _until_it_ends(self) -> None:
        pause = 1.0
        while True:
            try:
                await self._go_on()
                return
            except JournalError as error:
                log.warning("replay %s waits: %s", self._stored.id, error)
                self.trouble = str(error)
            except Exception as error:
                log.exception("replay %s cannot go on", self._stored.id)
                self.trouble = str(error) if isinstance(error, ValueError) else reason_of(error)
                self.stop(cancel=True)
            if self._cancelled:
                await asyncio.sleep(pause)  # its end is not stored yet
            elif self._stopped.is_set():
                return
            else:
                await self._pace.rest(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _go_on(self) -> None:
        request = ReplayRequest.of(self._stored.filter)
        replay = Replay(self._journal, self._planner, request, self._stored.id)
        if not self._stopped.is_set():
            request.check(self._planner.actions)
        over = False
        if self._expected is None:
            self._counting = ReplayResult()
            if await self._walk(replay, Cursor(), self._counting, dry_run=True):
                self._expected = self._counting
                await self._tenure.save()
        if self._expected is not None:
            over = await self._walk(replay, self._cursor, self._result, dry_run=False)
        self._wake()
        ended = self.now()
        if over or self._cancelled:
            ended = replace(ended, state=DONE if over else CANCELLED, ended_at=self._clock())
        if await self._tenure.save(ended) and ended.state == RUNNING:
            await self._tenure.give_up()
        self._stored = ended  # not before: what was said to be over must not run again after a crash

    async def _walk(self, replay: Replay, cursor: Cursor, result: ReplayResult, *, dry_run: bool) -> bool:
        """Take every event from the cursor on; false where it was stopped before the end."""
        batches = 0
        while uids := await replay.page(cursor):
            for batch in batched(uids, BATCH):
                if not self._alone:
                    await self._pace.keep(sends=not dry_run)
                if self._stopped.is_set():
                    return False
                async with self._turn:
                    await replay.steps(batch, cursor, result, self._clock, dry_run=dry_run)
                self.trouble = None
                batches += 1
                if not dry_run:
                    self._wake()
                    if batches % SAVE_EVERY == 0:
                        await self._tenure.save()
        return True
