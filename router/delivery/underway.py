"""The attempts that are under way: begun, seen through to their record, interrupted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from router.delivery.attempt import Carried, Runner, Running
from router.delivery.recorder import Recorder
from router.delivery.reporter import Reporter
from router.delivery.target import Target
from router.model import Attempt, StoredDelivery
from router.tasks import spawn

log = logging.getLogger(__name__)


class Underway:
    """Holds every delivery that has a slot. `may_start` says whether another one may begin at this moment.

    What is begun while it may not is parked: it is running in the journal, and begins with `go_on`. `due` is
    told when a failed one is due again.
    """

    def __init__(
        self,
        runner: Runner,
        recorder: Recorder,
        reporter: Reporter,
        *,
        may_start: Callable[[], bool],
        due: Callable[[Target, datetime], None],
    ) -> None:
        self._runner = runner
        self._recorder = recorder
        self._reporter = reporter
        self._may_start = may_start
        self._due = due
        # By the start, not by the delivery: what was lost may still run when the same one is started anew.
        self._running: dict[tuple[str, int], Running] = {}
        self._parked: list[Running] = []
        self._closed = False

    def __len__(self) -> int:
        return len(self._running)

    @property
    def abandoned(self) -> int:
        """How many attempts ignore their time-out."""
        return sum(running.abandoned for running in self._running.values())

    def begin(self, running: Running) -> None:
        """Run a delivery whose slot is occupied, or park it."""
        if self._may_start():
            self._spawn(running)
        else:
            self._parked.append(running)

    def begin_claimed(self, delivery: StoredDelivery, target: Target, carried: Carried | None) -> None:
        """Run a delivery that was claimed, in a slot that it takes now."""
        lane = target.lane(delivery.lane)
        target.occupy(lane)
        self.begin(Running(delivery, target, lane, carried))

    def begin_alone(self, delivery: StoredDelivery, target: Target) -> asyncio.Task[None]:
        """Run a suspect, whatever is held back meanwhile."""
        lane = target.lane(delivery.lane)
        target.occupy(lane)
        return self._spawn(Running(delivery, target, lane))

    def go_on(self) -> None:
        """Begin what was parked."""
        parked, self._parked = self._parked, []
        for running in parked:
            self.begin(running)

    def tasks(self, *, abandoned: bool = False) -> set[asyncio.Task[None]]:
        """Return the tasks of the attempts; with `abandoned`, those that ignore their time-out, too."""
        return {r.task for r in self._running.values() if r.task is not None and (abandoned or not r.abandoned)}

    def interrupt(self) -> None:
        """Cancel what runs."""
        for running in self._running.values():
            running.interrupted = True
            if running.executing and running.task is not None:
                running.task.cancel()

    def drop(self) -> None:
        """Stop everything: the journal has given it to others."""
        parked, self._parked = self._parked, []
        for running in parked:
            running.target.vacate(running.lane)
        self.interrupt()

    async def give_back(self) -> None:
        """Give back what was parked."""
        while self._parked:
            parked = self._parked.pop()
            parked.target.vacate(parked.lane)
            await self._recorder.record(parked.delivery, None)

    def close(self) -> int:
        """Record nothing any more; return how many attempts would not end."""
        self._closed = True
        for name, _ in self._running:
            log.error("delivery %s does not end; the next start counts it as crashed", name)
        return len(self._running)

    def _spawn(self, running: Running) -> asyncio.Task[None]:
        self._running[_start(running)] = running
        running.task = spawn(self._run(running), name=f"delivery {running.delivery.id}")
        return running.task

    async def _run(self, running: Running) -> None:
        target, lane = running.target, running.lane
        try:
            try:
                attempt = await self._runner.run(running)
                lane.ended(running.healthy)
                if attempt is not None:
                    lane.heard(attempt)
                self._reporter.ended(target, lane)
                pauses = attempt is not None and attempt.pause_until is not None
                if pauses:  # before anything else of the lane is started
                    lane.pausing += 1
                    try:
                        await self._record(running, attempt)
                    finally:
                        lane.pausing -= 1
                        lane.paused_since = True
            finally:
                target.vacate(lane)
            if not pauses:
                await self._record(running, attempt)
            if attempt is not None and attempt.due_at is not None:
                self._due(target, attempt.due_at)
        finally:
            self._running.pop(_start(running), None)

    async def _record(self, running: Running, attempt: Attempt | None) -> None:
        if self._closed:  # the journal may be closed by now; the next start takes care of it
            return
        delivery = running.delivery
        record = spawn(self._recorder.record(delivery, attempt), name=f"record {delivery.id}")
        await asyncio.shield(record)


def _start(running: Running) -> tuple[str, int]:
    return running.delivery.id, running.delivery.lease
