"""What changes the journal on a person's word: the same for a running process's API and for the commands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from router.admin.lanes import Lanes
from router.delivery.replay import Planner
from router.delivery.replay_request import ReplayRequest
from router.delivery.replays import Replays
from router.journal.journal import DeliveryFilter, Journal
from router.model import DeliveryState
from router.tasks import spawn

MOST_NOTE = 1000


class Changes:
    """Retries, releases and ends deliveries, and replays stored events; `wake` tells the worker of work.

    `planner` is the configuration in force, None where nothing is to be planned; `alone` says that no worker runs.
    `lanes` are paused and resumed.
    """

    def __init__(
        self,
        journal: Journal,
        planner: Planner | None,
        *,
        clock: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
        alone: bool = False,
    ) -> None:
        self._journal = journal
        self._replays = None if planner is None else Replays(journal, planner, clock=clock, wake=wake, alone=alone)
        self._clock = clock
        self._wake = wake
        self.lanes = Lanes(journal, lambda: None if planner is None else planner.hosts, clock=clock, wake=wake)

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

    @property
    def replays(self) -> Replays:
        """The replays; there are none for who has no configuration."""
        if self._replays is None:
            raise ValueError("nothing can be planned without a configuration")
        return self._replays

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

    async def replay(self, request: ReplayRequest, *, dry_run: bool = False) -> dict[str, Any]:
        """Send stored events through today's routes: new deliveries, with ids of their own.

        Returns the counts of what would be done, or how the replay stands that was begun.
        """
        return await (self.replays.count(request) if dry_run else self.replays.start(request))

    async def running(self, _: object) -> AsyncIterator[None]:
        """Carry replays out for as long as this is open, those first that were interrupted."""
        looking = spawn(self.replays.look(), name="go on with replays")
        yield
        looking.cancel()
        await self.replays.close()


def _stopped(wanted: DeliveryFilter, how: str) -> DeliveryFilter:
    """Return the filter for dead deliveries, or for held ones where it says so."""
    if wanted.state not in (None, DeliveryState.DEAD, DeliveryState.HELD):
        raise ValueError(f"only dead or held deliveries are {how}, not {wanted.state} ones")
    return replace(wanted, state=wanted.state or DeliveryState.DEAD)
