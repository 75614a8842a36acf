"""Tells of deliveries that died: what the configuration says is done about a death, once for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from router.errors import JournalError
from router.journal.journal import Journal, StoredEvent
from router.model import Attempt, DeliveryState, Event, Plan, PlannedDelivery, StoredDelivery
from router.observe import Observer
from router.tasks import spawn

log = logging.getLogger(__name__)

PAGE = 100
LOOK_EVERY = 30.0
"""Seconds after which it looks by itself: a replay plans dead ones too, and a journal may have failed."""


class Deaths(Observer):
    """Stores what `plan` says is to be done about each death, and `wake`s the worker.

    An observer, so that a death is told at once; one that nobody has seen (before a crash, at a recovery, in a
    replay) is found in the journal, where each is noted until it was told. What `plan` makes tells nobody of its
    own death; where it raises, the death counts as told.
    """

    def __init__(
        self,
        journal: Journal,
        plan: Callable[[StoredEvent, StoredDelivery], Sequence[PlannedDelivery]],
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._journal = journal
        self._plan = plan
        self._clock = clock
        self._wake = wake
        self._look_every = look_every
        self._died = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, with those that died before; returns at once."""
        self._task = spawn(self._run(), name="tell of deaths")

    async def stop(self) -> None:
        """Stop; what is not told by now is told after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        """Look where something of an event died when it was planned."""
        if not duplicate and any(delivery.state is DeliveryState.DEAD for delivery in plan.deliveries):
            self._died.set()

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        """Look where an attempt was the last one."""
        if attempt.state is DeliveryState.DEAD:
            self._died.set()

    async def _run(self) -> None:
        while True:
            self._died.clear()
            try:
                await self._tell_all()
            except JournalError as error:
                log.warning("deaths cannot be told now: %s", error)
                self._died.clear()  # not again at once: the journal fails for the next one as well
            except Exception:
                log.exception("deaths cannot be told now")
                self._died.clear()
            try:
                async with asyncio.timeout(self._look_every):
                    await self._died.wait()
            except TimeoutError:
                pass

    async def _tell_all(self) -> None:
        told: set[str] = set()
        # A page at a time; who is in it again could not be told, and is left for later.
        while dead := [one for one in await self._journal.untold(PAGE) if one.id not in told]:
            for delivery in dead:
                told.add(delivery.id)
                await self._tell(delivery)
            self._wake()

    async def _tell(self, delivery: StoredDelivery) -> None:
        event = await self._journal.event(delivery.event_uid)
        planned: Sequence[PlannedDelivery] = ()
        if event is not None:
            try:
                planned = self._plan(event, delivery)
            except Exception:
                log.exception("what is to be done about the death of %s cannot be planned", delivery.id)
        try:
            await self._journal.tell(delivery.id, planned, self._clock())
        except ValueError:
            log.exception("what is to be done about the death of %s cannot be stored", delivery.id)
            await self._journal.tell(delivery.id, (), self._clock())
