"""The worker: starts deliveries, from memory right after their commit or paged in, and sees them through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from router.delivery.attempt import Carried, Policy, Runner, Running, Sign
from router.delivery.pager import Pager
from router.delivery.recent import Recent
from router.delivery.recorder import Recorder, probe_after
from router.delivery.target import Target
from router.delivery.targets import Targets
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
    ) -> None:
        self._journal = journal
        self._targets = targets
        self._cut = cut
        self._runner = Runner(journal, policy, sign, clock, random, redactor, grace)
        self._recorder = Recorder(journal, observer, clock, self._go_on, probe_after)
        self._pager = Pager(
            journal,
            targets,
            clock,
            may_claim=lambda: self._may_start,
            begin=self._begin_claimed,
            failed=self._recorder.failed,
            poll=poll,
        )
        self._recent = Recent()
        self._taken: dict[str, Target] = {}
        self._running: dict[str, Running] = {}
        self._parked: list[Running] = []  # running in the journal, but nothing may start now
        self._draining = False
        self._closed = False
        self._paging: asyncio.Task[None] | None = None
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
        return len(self._running)

    @property
    def abandoned(self) -> int:
        """How many attempts ignore their time-out."""
        return sum(running.abandoned for running in self._running.values())

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
        self._paging = spawn(self._pager.run(), name="page deliveries in")

    def take(self, planned: Sequence[PlannedDelivery]) -> frozenset[str]:
        """Promise slots to deliveries that are about to be stored; return the ids of those that got one.

        Each of them must come back by `started` or `untake`.
        """
        if not self._may_start:
            return frozenset()
        taken = []
        for delivery in planned:
            target = self._targets.get(delivery.destination)
            ready = delivery.state is DeliveryState.READY
            if not ready or target is None or target.backlog or target.free == 0:
                continue
            target.occupy()
            self._taken[delivery.id] = target
            taken.append(delivery.id)
        if taken:
            self._nothing_taken.clear()
        return frozenset(taken)

    def untake(self, ids: Iterable[str]) -> None:
        """Give back the slots of deliveries that were not stored; ids that were started are left alone."""
        for name in ids:
            if (target := self._taken.pop(name, None)) is not None:
                target.vacate()
        if not self._taken:
            self._nothing_taken.set()

    def started(self, appended: Appended, event: Event) -> None:
        """Start the taken ones of stored deliveries; the others are found in the journal when it is their turn."""
        carried = Carried.of(event)
        for delivery in appended.deliveries:
            target = self._taken.pop(delivery.id, None)
            if target is not None:
                self._begin(Running(delivery, target, carried))
            elif delivery.state is DeliveryState.READY and (waits := self._targets.get(delivery.destination)):
                self._recent.keep(carried)
                waits.backlog = True
                self._target_changed(waits)
        if not self._taken:
            self._nothing_taken.set()

    def wake(self) -> None:
        """Look in the journal: deliveries were added or made due, or the destinations have changed."""
        self._pager.wake()

    async def drain(self, timeout: float) -> int:
        """Stop: let attempts end for `timeout` seconds, cancel and give back the rest, record everything.

        Returns how many attempts would not end: only the end of the process stops those, and the next
        start finds them `crashed`.
        """
        self._draining = True
        self._pager.stop()
        try:
            async with asyncio.timeout(timeout):
                if self._paging is not None:
                    await asyncio.wait({self._paging})
                await self._nothing_taken.wait()
                while tasks := self._tasks():
                    await asyncio.wait(tasks)
        except TimeoutError:
            pass
        for running in self._running.values():
            running.interrupted = True
            if running.executing and running.task is not None:
                running.task.cancel()
        if tasks := self._tasks(abandoned=True):
            await asyncio.wait(tasks, timeout=self._cut)
        while self._parked:
            parked = self._parked.pop()
            parked.target.vacate()
            await self._recorder.record(parked.delivery, None)
        if lost := await self._recorder.flush(FLUSH_FOR):
            log.error("%d outcomes could not be recorded: those deliveries run again after the next start", lost)
        self._closed = True
        self._recorder.close()
        self._runner.close()
        for running in self._running.values():
            log.error("delivery %s does not end; the next start counts it as crashed", running.delivery.id)
        return len(self._running)

    @property
    def _may_start(self) -> bool:
        return self._recorder.writable and not self._draining

    def _tasks(self, *, abandoned: bool = False) -> set[asyncio.Task[None]]:
        return {r.task for r in self._running.values() if r.task is not None and (abandoned or not r.abandoned)}

    def _begin_claimed(self, delivery: StoredDelivery, target: Target) -> None:
        self._begin(Running(delivery, target, self._recent.get(delivery.event_uid)))

    def _begin(self, running: Running) -> None:
        delivery = running.delivery
        if not self._may_start:
            self._parked.append(running)
        else:
            self._running[delivery.id] = running
            running.task = spawn(self._run(running), name=f"delivery {delivery.id}")

    async def _run(self, running: Running) -> None:
        delivery = running.delivery
        try:
            try:
                attempt = await self._runner.run(running)
            finally:
                running.target.vacate()
            if self._closed:  # the journal may be closed by now; the next start takes care of it
                return
            record = spawn(self._recorder.record(delivery, attempt), name=f"record {delivery.id}")
            await asyncio.shield(record)
            if attempt is not None and attempt.due_at is not None:
                self._pager.due(attempt.due_at)
        finally:
            self._running.pop(delivery.id, None)

    def _go_on(self) -> None:
        parked, self._parked = self._parked, []
        for running in parked:
            self._begin(running)
        self._pager.wake()

    def _target_changed(self, target: Target) -> None:
        if target.backlog and target.free:
            self._pager.nudge()
