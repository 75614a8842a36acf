"""All replays: started, gone on with after a restart or by another process, cancelled, and how they stand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from router.delivery.replay import Cursor, Planner, Replay, ReplayResult
from router.delivery.replay_job import BATCH, CANCELLED, RUNNING, Job, Pace, batched
from router.delivery.replay_request import ReplayRequest
from router.delivery.replay_tenure import own
from router.errors import JournalError
from router.ids import owner_name, replay_id
from router.journal.journal import EventFilter, Journal, StoredReplay
from router.tasks import spawn

log = logging.getLogger(__name__)

LOOK = 3.0
"""Seconds between two looks for running replays that nobody carries out."""
_MOST = 1000  # of them that are gone on with at once
_ENDING = 2.0  # seconds that replays get to store how far they came
_AGAIN = 5.0  # seconds between two looks for what has to be gone on with, while the journal fails


class Replays:
    """Carries replays out in the background, those that are its own: each is one process's at a time.

    `alone` says that this process sends nothing meanwhile: where routers run on the same journal, they carry out
    what it stores. `wake` tells the worker that there is work. What is `running` in the journal goes on by `look`.
    """

    def __init__(
        self,
        journal: Journal,
        planner: Planner,
        *,
        clock: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
        alone: bool = False,
        owner: str | None = None,
    ) -> None:
        self._journal = journal
        self._planner = planner
        self._clock = clock
        self._wake = wake
        self._alone = alone
        self._owner = owner or owner_name()
        self._turn = asyncio.Lock()
        self._jobs: dict[str, tuple[Job, asyncio.Task[None]]] = {}

    async def count(self, request: ReplayRequest) -> dict[str, Any]:
        """Count what a replay would do, and do nothing; ValueError for a route or action that there is not."""
        request = await self._bounded(request)
        # An id that nothing has: deliveries of the first plan must not be taken for the replay's own.
        replay = Replay(self._journal, self._planner, request, replay_id(self._clock()))
        cursor, result = Cursor(), ReplayResult()
        pace = Pace(self._journal, self._clock, asyncio.Event())
        while uids := await replay.page(cursor):
            for batch in batched(uids, BATCH):
                await pace.keep(sends=False)
                await replay.steps(batch, cursor, result, self._clock, dry_run=True)
        return self._with_hosts(result.as_dict())

    async def start(self, request: ReplayRequest) -> dict[str, Any]:
        """Store a replay of the events that are there by now, and return how it stands: it is begun with, here or
        where the routers are.
        """
        request = await self._bounded(request)
        await self._journal.uids(request.wanted, limit=1)  # a search that takes too long fails here, not later
        now = self._clock()
        stored = StoredReplay(replay_id(now), request.as_dict(), {}, None, RUNNING, now)
        await self._journal.save_replay(stored)
        try:
            await self._take(stored.id)
        except JournalError as error:  # it is stored all the same, and begun with at the next look
            log.warning("the replay %s begins later: %s", stored.id, error)
        return self._told(self._jobs[stored.id][0].now() if stored.id in self._jobs else stored)

    async def resume(self, id_: str) -> dict[str, Any]:
        """Go on with a replay that nobody carries out; KeyError where it is unknown. One that is over stays so."""
        if (await self._stored(id_)).state == RUNNING:
            await self._take(id_)
        return await self.status(id_)

    async def resume_all(self) -> None:
        """Go on with every running replay that nobody carries out, as soon as the journal lets it."""
        while True:
            try:
                for stored in reversed(await self._journal.replays(_MOST, RUNNING)):
                    await self._take(stored.id)
                return
            except JournalError as error:
                log.warning("replays that were interrupted cannot be looked for: %s", error)
                await asyncio.sleep(_AGAIN)

    async def look(self) -> None:
        """Go on, until this is cancelled, with what a process left that has ended, or stored for others."""
        while True:
            await self.resume_all()
            await asyncio.sleep(LOOK)

    async def cancel(self, id_: str) -> dict[str, Any]:
        """End a replay; what it has planned stays. KeyError where it is unknown; one that is over stays so.

        While the journal cannot store the end, it says `running` and `trouble`. Another process that carries it
        out finds the end in the journal within seconds.
        """
        if id_ in self._jobs:
            job, task = self._jobs[id_]
            job.stop(cancel=True)
            await asyncio.wait({task}, timeout=_ENDING)
        if id_ not in self._jobs and (stored := await self._stored(id_)).state == RUNNING:
            await self._journal.save_replay(replace(stored, state=CANCELLED, ended_at=self._clock()))
        return await self.status(id_)

    async def status(self, id_: str) -> dict[str, Any]:
        """Return how a replay stands, with its counts; KeyError where it is unknown."""
        return self._told(self._jobs[id_][0].now() if id_ in self._jobs else await self._stored(id_))

    def carries(self, id_: str) -> bool:
        """Tell whether this process carries a replay out."""
        return id_ in self._jobs

    async def attended(self, id_: str) -> bool:
        """Tell whether a replay is carried out, or will be soon, here or by another process."""
        return id_ in self._jobs or await self._journal.attended(id_)

    async def all(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return how replays stand, the newest first."""
        return [
            self._told(self._jobs[stored.id][0].now() if stored.id in self._jobs else stored)
            for stored in await self._journal.replays(limit)
        ]

    async def close(self) -> None:
        """Stop; what is not done goes on after the next start."""
        for job, _ in self._jobs.values():
            job.stop()
        if tasks := {task for _, task in self._jobs.values()}:
            _, late = await asyncio.wait(tasks, timeout=_ENDING)
            for task in late:
                task.cancel()

    async def _bounded(self, request: ReplayRequest) -> ReplayRequest:
        request.check(self._planner.actions)
        newest = await self._journal.events(EventFilter(limit=1))
        until = newest[0].received_at if newest else self._clock()
        return request.up_to(until + timedelta(microseconds=1))

    async def _stored(self, id_: str) -> StoredReplay:
        if (stored := await self._journal.replay(id_)) is None:
            raise KeyError(id_)
        return stored

    async def _take(self, id_: str) -> None:
        """Carry a running replay out, unless somebody else does, or is there to do so."""
        if id_ in self._jobs or (self._alone and await self._journal.attended()):
            return
        if not await own(self._journal, id_, self._owner, self._clock):
            return
        stored = await self._journal.replay(id_)  # not before: nobody else writes it any more
        if stored is not None and stored.state == RUNNING and id_ not in self._jobs:
            self._begin(stored)

    def _begin(self, stored: StoredReplay) -> None:
        log.info("carrying out the replay %s", stored.id)
        job = self._job(stored)
        task = spawn(job.run(), name=f"replay {stored.id}")
        self._jobs[stored.id] = job, task
        task.add_done_callback(lambda _: self._jobs.pop(stored.id, None))

    def _job(self, stored: StoredReplay) -> Job:
        return Job(
            stored,
            self._journal,
            self._planner,
            clock=self._clock,
            wake=self._wake,
            turn=self._turn,
            alone=self._alone,
            owner=self._owner,
        )

    def _told(self, stored: StoredReplay) -> dict[str, Any]:
        result = {name: value for name, value in stored.result.items() if name != "at"}
        counts = self._with_hosts(ReplayResult.of(result).as_dict())
        if isinstance(expected := result.get("expected"), dict):
            result["expected"] = self._with_hosts(dict(expected))
        return {
            "replay": stored.id,
            "state": stored.state,
            "asked": dict(stored.filter),
            "started_at": stored.started_at.isoformat(),
            "ended_at": None if stored.ended_at is None else stored.ended_at.isoformat(),
            **result,
            **counts,
        }

    def _with_hosts(self, counts: dict[str, Any]) -> dict[str, Any]:
        hosts = self._planner.hosts
        destinations = {
            name: {**of, "host": hosts[name]} if name in hosts else dict(of)
            for name, of in counts["destinations"].items()
        }
        return counts | {"destinations": destinations}
