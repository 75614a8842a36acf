"""The journal in PostgreSQL: one store for many replicas."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import cast

from router.errors import JournalError, JournalUnwritable
from router.journal.append import EventRows, prepare
from router.journal.batcher import Batcher
from router.journal.encoding import microseconds, text
from router.journal.journal import Appended, Claimed
from router.journal.lane import LaneCount, LaneLimits, LaneState
from router.journal.postgres import append as appending
from router.journal.postgres import claim as claiming
from router.journal.postgres import lanes as lane_table
from router.journal.postgres import settle
from router.journal.postgres.faults import cannot_open
from router.journal.postgres.keeping import PostgresKeeping
from router.journal.postgres.life import FAULTS, Life, Pace
from router.journal.postgres.migration import check, migrate
from router.journal.postgres.reader import DEADLINE
from router.journal.postgres.sessions import Connection, connect
from router.journal.statements import load
from router.model import Attempt, DeliveryState, Plan, PlannedDelivery, StoredDelivery
from router.tasks import spawn

log = logging.getLogger(__name__)

_SESSION, _LIFE = load("postgres/session.sql"), load("postgres/life.sql")
_PROBE = load("postgres/write.sql")["probe"]
_MIGRATION_TIMEOUT = 120.0
_CLOCKS_APART = 2.0  # seconds


class PostgresJournal(PostgresKeeping):
    """The Journal protocol (journal.py says what each call promises) on a schema of a PostgreSQL database.

    With `worker` it registers itself as one of the replicas, and looks after what dead ones have left; without,
    it only reads and changes what a person asks for.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime],
        deadline: float = DEADLINE,
        pace: Pace | None = None,
        worker: bool = True,
    ) -> None:
        super().__init__(url, clock=clock, deadline=deadline)
        self._pace = pace or Pace()
        self._worker = worker
        self._life: Life | None = None
        self._appends: Batcher[EventRows] | None = None
        self._records: Batcher[Attempt] | None = None
        self._claims = claiming.Claims()
        self._claiming = asyncio.Lock()
        self._doubtful: dict[settle.Start, int] = {}  # taken by a commit of which nobody knows, with the owner
        self._unsure: set[settle.Start] = set()  # recorded by such a commit
        self._unsaid = False
        self._tending: asyncio.Task[None] | None = None
        self.lost: Callable[[], None] = _nothing
        self.hint: Callable[[], None] = _nothing

    async def open(self) -> None:
        """Create or migrate the tables; make what dead owners left running ready again; begin to beat."""
        if self._appends is not None:
            raise JournalError("the journal is open already")
        try:
            connection = await connect(
                self.address, statement_timeout=_MIGRATION_TIMEOUT, application="router migration"
            )
            try:
                await (migrate if self._worker else check)(connection, self.address)
                self._compare(await connection.fetchval(_SESSION["clock"]))
            finally:
                await connection.close(timeout=5)
            if self._worker:
                life = Life(self.address, self._pace, lost=lambda: self.lost(), hint=lambda: self.hint())
                await life.start()
                self._life = life
        except JournalError:
            raise
        except FAULTS as error:
            raise cannot_open(error, self.address) from error
        self._checked = True
        self._appends = self._writer.batcher(self._append, self._taken_in_doubt)
        self._records = self._writer.batcher(self._record, self._recorded_in_doubt)
        if self._life is not None:
            try:
                await self._reap()
            except JournalError:
                await self.close()
                raise
            self._tending = spawn(self._tend(), name="look after the journal")

    async def close(self) -> None:
        """Finish what was asked, and leave."""
        for batcher in (self._appends, self._records):
            if batcher is not None:
                await batcher.close()
        if self._tending is not None:
            self._tending.cancel()
            await asyncio.wait({self._tending})
            with suppress(JournalError):
                await self._give_back()
        if self._life is not None:
            await self._life.stop()
        if self._unsaid:
            with suppress(JournalError):
                await self._transact(lambda c: c.execute(_LIFE["notify"], self.address.channel, ""))
        await self._writes.close()
        await super().close()

    async def append(self, plan: Plan, *, take: Collection[str] = (), retry_dead: bool = True) -> Appended:
        """Store an event and its planned deliveries in one commit."""
        if take:
            self._own()
        try:
            rows = prepare(plan, take, self._clock(), retry_dead=retry_dead)
        except Exception as error:
            raise ValueError(f"the event cannot be stored: {error}") from error
        if self._appends is None:
            raise JournalError("the journal is not open")
        appended = cast(Appended, await self._appends.submit(rows))
        if appended.retried or any(one.state is DeliveryState.READY for one in appended.deliveries):
            self._say()
        return appended

    async def add(self, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime) -> int:
        """Add the deliveries of a replay to a stored event; return how many were new."""
        added = await self._transact(lambda c: settle.add(c, uid, deliveries, now, self._numbers))
        self._say()
        return added

    async def claim(self, wanted: Mapping[str, LaneLimits], now: datetime) -> Claimed:
        """Take due deliveries of these destinations, each lane inside its limits; running when returned."""
        owner = self._own()
        async with self._claiming:  # one at a time: the lanes are looked at in turn
            claimed = await self._transact(
                lambda connection: self._claims.claim(connection, wanted, now, owner),
                uncertain=lambda result: self._doubt(result.deliveries, owner),
            )
        self._still(owner, claimed.deliveries)
        return claimed

    async def claim_suspect(
        self, wanted: Mapping[str, LaneLimits], now: datetime, *, blamed: bool = False
    ) -> StoredDelivery | None:
        """Take the suspect that is due first and whose lane lets it start; running, and marked as alone."""
        owner = self._own()
        taken = await self._transact(
            lambda connection: claiming.claim_suspect(connection, wanted, now, blamed, owner),
            uncertain=lambda result: self._doubt([result] if result else [], owner),
        )
        self._still(owner, [taken] if taken else [])
        return taken

    async def clear(self, delivery_id: str, lease: int) -> bool:
        """Note that a suspect has run alone long enough."""
        return await self._transact(lambda c: settle.clear(c, delivery_id, lease, self._owner))

    async def record(self, attempt: Attempt) -> bool:
        """Settle an attempt; false where its lease is not this worker's any more."""
        if self._records is None:
            raise JournalError("the journal is not open")
        return cast(bool, await self._records.submit(attempt))

    async def release(self, delivery_id: str, lease: int, now: datetime) -> bool:
        """Give a running delivery back unfinished, the attempt not counted."""
        start = (delivery_id, lease)
        freed = bool(await self._transact(lambda c: settle.release(c, [start], self._owner, now)))
        if freed:
            self._say()
        return freed

    async def lanes(self, counts: Sequence[LaneCount] = (), now: datetime | None = None) -> list[LaneState]:
        """Count ended attempts, which may open or close breakers; return all stored lanes."""
        if counts:
            await self._transact(lambda c: lane_table.count(c, counts, now or self._clock()))
        return await super().lanes()

    async def pause(self, destination: str, lane: str | None, until: datetime | None, reason: str) -> None:
        """Pause a lane until then, or end its pause (None)."""
        await self._transact(lambda c: lane_table.set_pause(c, destination, lane or "", until, reason))
        self._say()

    async def rewind(self, now: datetime) -> int:
        """Mend what was written while the clock was ahead of `now`; return how many deliveries that were."""
        return await self._transact(lambda connection: settle.rewind(connection, now))

    async def probe(self) -> None:
        """Write and commit something harmless; raise JournalUnwritable where that fails."""
        await self._transact(lambda connection: connection.execute(_PROBE))

    @property
    def _owner(self) -> int | None:
        return None if self._life is None else self._life.owner

    def _own(self) -> int:
        if self._life is None:
            raise JournalError("this journal was opened to look after it, not to work")
        if (owner := self._life.owner) is None:
            raise JournalUnwritable("this process could not reach the journal in time, and is not registered again yet")
        return owner

    def _still(self, owner: int, taken: Sequence[StoredDelivery]) -> None:
        """Hand out nothing that was taken under a number that is not this worker's any more."""
        if taken and self._owner != owner:
            self._doubt(taken, owner)
            raise JournalUnwritable("this process could not reach the journal in time; what it claimed is given back")

    def _say(self) -> None:
        if self._life is not None:
            self._life.say()
        else:
            self._unsaid = True

    async def _append(self, connection: Connection, batch: list[EventRows], again: bool) -> Sequence[object]:
        taken = [rows for rows in batch if any(one.started_at is not None for one in rows.deliveries)]
        owner = self._own() if taken else None
        results: list[object] = list(await appending.append(connection, batch, owner, self._numbers, again))
        if taken and self._owner != owner:
            lost = {id(rows) for rows in taken}
            for place, rows in enumerate(batch):
                if id(rows) in lost:
                    self._doubt(rows.result.deliveries, owner or 0)
                    results[place] = JournalUnwritable("this process could not reach the journal in time")
        return results

    async def _record(self, connection: Connection, batch: list[Attempt], _: bool) -> Sequence[object]:
        results = await settle.record(connection, batch, self._owner, self._unsure)
        self._unsure.difference_update((text(one.delivery_id), one.lease) for one in batch)
        return results

    def _taken_in_doubt(self, batch: list[EventRows]) -> None:
        owner = self._owner
        for rows in batch:
            self._doubt(rows.result.deliveries, owner or 0)

    def _recorded_in_doubt(self, batch: list[Attempt]) -> None:
        self._unsure.update((text(one.delivery_id), one.lease) for one in batch)

    def _doubt(self, taken: Sequence[StoredDelivery], owner: int) -> None:
        running = (one for one in taken if one.state is DeliveryState.RUNNING)
        self._doubtful |= {(one.id, one.lease): owner for one in running}

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(self._pace.reap)
            try:
                await self._give_back()
                if await self._reap():
                    self.hint()
                    self._say()
            except JournalError as error:
                log.debug("the journal could not be looked after: %s", error)
            except Exception:
                log.exception("the journal could not be looked after")

    async def _give_back(self) -> None:
        """Make ready again what a commit of unknown outcome took, and nobody was given."""
        doubtful, self._doubtful = self._doubtful, {}
        try:
            for owner in set(doubtful.values()):
                starts = [start for start, whose in doubtful.items() if whose == owner]
                await self._transact(lambda c, s=starts, o=owner: settle.release(c, s, o, self._clock()))
        except JournalError:
            self._doubtful = doubtful | self._doubtful
            raise

    async def _reap(self) -> int:
        """Make what dead owners left running ready again; return how many."""
        reaped = 0
        while True:
            await self._transact(lambda connection: connection.execute(_LIFE["bury"]))
            found = await self._transact(lambda connection: settle.reap(connection, self._clock()))
            reaped += found
            if found < settle.STEP:
                break
        if reaped:
            log.warning("%d deliveries were running when their worker ended; they are tried again", reaped)
        return reaped

    def _compare(self, database: int) -> None:
        apart = abs(microseconds(self._clock()) - database) / 1e6
        if apart > _CLOCKS_APART:
            log.warning("the clocks of this machine and of the database are %.0f s apart: replicas need one time", apart)


def _nothing() -> None: ...

