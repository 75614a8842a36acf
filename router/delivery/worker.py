"""The worker: starts deliveries, from memory right after their commit or paged in, and sees them through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from router.delivery.attempt import Carried, Policy, Runner, Running, Sign
from router.delivery.clockwatch import ClockWatch
from router.delivery.lanes import Lane
from router.delivery.pager import Pager
from router.delivery.recent import Recent
from router.delivery.recorder import Recorder, probe_after
from router.delivery.reporter import Reporter
from router.delivery.suspects import ALONE_FOR, BLAMED_AFTER, Suspects
from router.delivery.target import Target
from router.delivery.targets import Targets
from router.delivery.underway import Underway
from router.journal.journal import Appended, DeliveryFilter, Journal
from router.model import DeliveryState, Event, PlannedDelivery, StoredDelivery
from router.observe import Observer
from router.redaction import Redactor
from router.tasks import spawn

log = logging.getLogger(__name__)

ABANDON_AFTER = 10.0
CUT_AFTER = 2.0
FLUSH_FOR = 5.0
POLL = 5.0


class Worker:
    """Runs deliveries, each destination in its own slots, so that a slow one delays nobody else.

    `running` is committed before an action is called: by the append (`take`, then `started`) where the
    destination has a free slot and nothing waits before it, else by a claim. `policy` says how a delivery is
    retried today (None: as its destination says). `grace` is the seconds between a time-out that is ignored
    and `abandoned`; `cut` those that actions get to end in after `drain` has cancelled them.
    """

    def __init__(
        self,
        journal: Journal,
        targets: Targets,
        policy: Callable[[StoredDelivery], Policy | None],
        sign: Sign,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        redactor: Callable[[], Redactor],
        observer: Observer,
        *,
        grace: float = ABANDON_AFTER,
        cut: float = CUT_AFTER,
        poll: float = POLL,
        probe_after: Callable[[int], float] = probe_after,
        alone_for: float = ALONE_FOR,
        blamed_after: float = BLAMED_AFTER,
    ) -> None:
        self._journal = journal
        self._targets = targets
        self._clock = clock
        self._cut = cut
        self._runner = Runner(journal, policy, sign, clock, random, redactor, grace)
        self._recorder = Recorder(journal, observer, clock, self._go_on, probe_after)
        self._reporter = Reporter(journal, targets, clock, self._unblocked)
        self._underway = Underway(
            self._runner,
            self._recorder,
            self._reporter,
            may_start=lambda: self._may_start,
            due=lambda target, at: self._pager.due(target, at),
        )
        self._recent = Recent()
        self._pager = Pager(
            journal,
            targets,
            clock,
            may_claim=lambda: self._may_start,
            begin=lambda d, target: self._underway.begin_claimed(d, target, self._recent.get(d.event_uid)),
            failed=self._recorder.failed,
            poll=poll,
        )
        self._suspects = Suspects(
            journal,
            targets,
            clock,
            begin=self._underway.begin_alone,
            may_start=lambda: self._recorder.writable and not self._draining,
            let_go=self._go_on,
            failed=self._recorder.failed,
            poll=poll,
            alone_for=alone_for,
            blamed_after=blamed_after,
        )
        self._clock_watch = ClockWatch(journal, clock, self.wake)
        self._taken: dict[str, tuple[Target, Lane]] = {}
        self._draining = False
        self._starting: set[asyncio.Task[None]] = set()  # what takes deliveries from the journal
        self._looking_on: list[asyncio.Task[None]] = []
        self._nothing_taken = asyncio.Event()
        self._nothing_taken.set()

    @property
    def writable(self) -> bool:
        """Whether outcomes can be recorded; nothing is started while they cannot."""
        return self._recorder.writable

    @property
    def unrecorded(self) -> int:
        """How many outcomes wait for the journal."""
        return self._recorder.unrecorded

    @property
    def running(self) -> int:
        """How many deliveries have a slot now, abandoned ones included."""
        return len(self._underway)

    @property
    def abandoned(self) -> int:
        """How many attempts ignore their time-out."""
        return self._underway.abandoned

    async def stranded(self) -> int:
        """Count the ready deliveries whose destination the configuration does not have."""
        ready = await self._journal.count(DeliveryFilter(state=DeliveryState.READY))
        for target in self._targets if ready else ():
            wanted = DeliveryFilter(state=DeliveryState.READY, destination=target.name)
            ready -= await self._journal.count(wanted)
        return max(0, ready)  # the counts are not of one moment

    async def start(self) -> None:
        """Begin to take deliveries from the journal; returns at once."""
        self._targets.changed = self._target_changed
        self._journal.lost = self._underway.drop
        self._journal.hint = self._hinted
        self._starting = {
            spawn(self._suspects.run(), name="run suspects"),
            spawn(self._pager.run(), name="page deliveries in"),
        }
        self._looking_on = [
            spawn(self._reporter.run(), name="report lanes"),
            spawn(self._clock_watch.run(), name="watch the clock"),
        ]

    def take(self, planned: Sequence[PlannedDelivery]) -> frozenset[str]:
        """Promise slots to deliveries that are about to be stored; return the ids of those that got one.

        Each of them must come back by `started` or `untake`.
        """
        if not self._may_start:
            return frozenset()
        taken = []
        for delivery in planned:
            target = self._targets.get(delivery.destination)
            ready = delivery.state is DeliveryState.READY and delivery.due_at is None
            if not ready or target is None or not target.takes(delivery.lane, self._clock()):
                continue
            lane = target.lane(delivery.lane)
            target.occupy(lane)
            self._taken[delivery.id] = target, lane
            taken.append(delivery.id)
        if taken:
            self._nothing_taken.clear()
        return frozenset(taken)

    def untake(self, ids: Iterable[str]) -> None:
        """Give back the slots of deliveries that were not stored; ids that were started are left alone."""
        for name in ids:
            if (place := self._taken.pop(name, None)) is not None:
                place[0].vacate(place[1])
        if not self._taken:
            self._nothing_taken.set()

    def started(self, appended: Appended, event: Event) -> None:
        """Start the taken ones of stored deliveries; the others are found in the journal when it is their turn."""
        carried = Carried.of(event)
        for delivery in appended.deliveries:
            place = self._taken.pop(delivery.id, None)
            if place is not None:
                self._underway.begin(Running(delivery, *place, carried))
            elif delivery.state is DeliveryState.READY and (waits := self._targets.get(delivery.destination)):
                self._queued(delivery, waits, carried)
        if appended.retried:
            self.wake()
        if not self._taken:
            self._nothing_taken.set()

    def _queued(self, delivery: StoredDelivery, target: Target, carried: Carried) -> None:
        now = self._clock()
        if delivery.due_at > now:
            self._pager.due(target, delivery.due_at)
            return
        self._recent.keep(carried)
        target.lane(delivery.lane).queued()
        self._target_changed(target)

    def wake(self) -> None:
        """Look in the journal: deliveries were added or made due, or the destinations have changed."""
        self._reporter.forget()
        self._suspects.nudge()
        self._pager.wake()

    async def drain(self, timeout: float) -> int:
        """Stop: let attempts end for `timeout` seconds, cancel and give back the rest, record everything.

        Returns how many attempts would not end: only the end of the process stops those, and the next
        start finds them `crashed`.
        """
        self._draining = True
        self._pager.stop()
        self._suspects.stop()
        for task in self._looking_on:
            task.cancel()
        try:
            async with asyncio.timeout(timeout):
                if self._starting:
                    await asyncio.wait(self._starting)
                await self._nothing_taken.wait()
                while tasks := self._underway.tasks():
                    await asyncio.wait(tasks)
        except TimeoutError:
            pass
        self._underway.interrupt()
        if tasks := self._underway.tasks(abandoned=True):
            await asyncio.wait(tasks, timeout=self._cut)
        await self._underway.give_back()
        if lost := await self._recorder.flush(FLUSH_FOR):
            log.error("%d outcomes could not be recorded: those deliveries run again after the next start", lost)
        self._recorder.close()
        self._runner.close()
        return self._underway.close()

    @property
    def _may_start(self) -> bool:
        return self._recorder.writable and not self._draining and not self._suspects.holding

    def _hinted(self) -> None:
        self._reporter.doubt()
        self._suspects.nudge()
        self._pager.wake()

    def _unblocked(self, target: Target) -> None:
        target.backlog = True
        self._target_changed(target)

    def _go_on(self) -> None:
        self._underway.go_on()
        self._reporter.doubt()
        self._pager.wake()

    def _target_changed(self, target: Target) -> None:
        if target.waits:
            self._pager.nudge()
            self._suspects.nudge()
