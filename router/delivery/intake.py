"""Stores planned events, and starts what can start from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from router.delivery.worker import Worker
from router.journal.journal import Appended, Journal
from router.model import Plan
from router.tasks import spawn


class Intake:
    """What the ingress gives its plans to."""

    def __init__(self, journal: Journal, worker: Worker) -> None:
        self._journal = journal
        self._worker = worker

    async def accept(self, plans: Sequence[Plan], *, retry_dead: bool = True) -> Sequence[Appended]:
        """Store the events of a request with all their deliveries, all or none; returns after the commit.

        `retry_dead` says whether a duplicate makes the dead deliveries of its event due again.
        Raises JournalUnwritable or ValueError where nothing was stored. A caller that is cancelled does not
        undo it: the commit may be under way, and deliveries that it stores as running have to be run.
        """
        done = await asyncio.shield(spawn(self._accept(plans, retry_dead), name=f"store {plans[0].event.uid}"))
        if isinstance(done, Exception):
            raise done
        return done

    async def _accept(self, plans: Sequence[Plan], retry_dead: bool) -> Sequence[Appended] | Exception:
        taken = self._worker.take([delivery for plan in plans for delivery in plan.deliveries])
        try:
            appended = await self._journal.append_all(plans, take=taken, retry_dead=retry_dead)
            for plan, one in zip(plans, appended, strict=True):
                self._worker.started(one, plan.event)
        except Exception as error:  # the caller answers for it, or nobody is there any more
            return error
        finally:
            self._worker.untake(taken)
        return appended
