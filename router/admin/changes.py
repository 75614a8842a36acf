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

MOST_NOTE = 1000


class Changes:
    """Retries, releases and ends deliveries, and replays stored events; `wake` tells the worker of work."""

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
        """Make the dead deliveries that fit due again: same ids, same bodies, fresh attempts.

        With the state `held` in the filter it releases the held ones, as they were.
        """
        wanted = _stopped(wanted, "retried")
        if dry_run:
            return {"would_retry": await self._journal.count(wanted)}
        retried = await self._journal.retry(wanted, self._clock())
        self._wake()
        return {"retried": len(retried), "ids": retried[:1000]}

    async def discard(self, wanted: DeliveryFilter, note: str, *, dry_run: bool = False) -> dict[str, Any]:
        """End the dead deliveries that fit, or the held ones, for good; the note is kept as the reason."""
        wanted = _stopped(wanted, "discarded")
        if dry_run:
            return {"would_discard": await self._journal.count(wanted)}
        if not note.strip():
            raise ValueError("`note` is needed: say why these deliveries are ended")
        if len(note) > MOST_NOTE:
            raise ValueError(f"`note` is longer than {MOST_NOTE} characters")
        return {"discarded": await self._journal.discard(wanted, note.strip(), self._clock())}

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


def _stopped(wanted: DeliveryFilter, how: str) -> DeliveryFilter:
    """Return the filter for dead deliveries, or for held ones where it says so."""
    if wanted.state not in (None, DeliveryState.DEAD, DeliveryState.HELD):
        raise ValueError(f"only dead or held deliveries are {how}, not {wanted.state} ones")
    return replace(wanted, state=wanted.state or DeliveryState.DEAD)
