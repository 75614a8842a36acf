"""What changes the journal on a person's word: the same for a running process's API and for the commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from router.delivery.replay import replay
from router.ids import replay_id
from router.journal.journal import DeliveryFilter, EventFilter, Journal, StoredEvent
from router.model import DeliveryState, Plan


class Changes:
    """Retries dead deliveries and replays stored events; `wake` tells the worker that there is work."""

    def __init__(
        self,
        journal: Journal,
        plan: Callable[[StoredEvent, str], Plan],
        *,
        clock: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal = journal
        self._plan = plan
        self._clock = clock
        self._wake = wake

    async def retry(self, wanted: DeliveryFilter, *, dry_run: bool = False) -> dict[str, Any]:
        """Make the dead deliveries that fit due again: same ids, same bodies, fresh attempts."""
        if wanted.state not in (None, DeliveryState.DEAD):
            raise ValueError(f"only dead deliveries are retried, not {wanted.state} ones")
        if dry_run:
            dead = replace(wanted, state=DeliveryState.DEAD)
            return {"would_retry": await self._journal.count(dead)}
        retried = await self._journal.retry(wanted, self._clock())
        self._wake()
        return {"retried": len(retried), "ids": retried[:1000]}

    async def replay(self, wanted: EventFilter, *, again: bool = False, dry_run: bool = False) -> dict[str, Any]:
        """Send stored events through today's routes: new deliveries, with ids of their own.

        What was delivered already is left out unless `again`.
        """
        now = self._clock()
        result = await replay(
            self._journal, self._plan, wanted, replay=replay_id(now), again=again, dry_run=dry_run, now=now
        )
        self._wake()
        return result.as_dict()
