"""The journal in PostgreSQL: one store for many replicas."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
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
from router.journal.postgres.faults import FAULTS, cannot_open
from router.journal.postgres.keeping import PostgresKeeping
from router.journal.postgres.life import Life, Pace
from router.journal.postgres.migration import check, migrate
from router.journal.postgres.reader import DEADLINE
from router.journal.postgres.sessions import Connection, connect, execute
from router.journal.postgres.upkeep import Upkeep
from router.journal.statements import load
from router.model import Attempt, DeliveryState, Plan, PlannedDelivery, StoredDelivery

log = logging.getLogger(__name__)

_SESSION, _LIFE = load("postgres/session.sql"), load("postgres/life.sql")
_PROBE = load("postgres/write.sql")["probe"]
_MIGRATION_TIMEOUT = 120.0
_CLOCKS_APART = 2.0  # seconds
_LATE = (
    "this process could not reach the journal in time: what it took is given back, and it starts as a new worker"
)


@dataclass(slots=True)
class _Append:
    """Events that are to be stored together; `owners` are the workers for whom deliveries may have been taken."""

    rows: list[EventRows]
    owners: set[int] = field(default_factory=set)


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
        self._appends: Batcher[_Append] | None = None
        self._records: Batcher[Attempt] | None = None
        self._claims = claiming.Claims()
        self._claiming = asyncio.Lock()
        self._unsure: set[settle.Start] = set()  # their record may have been committed
        self._unsaid = False
        self._upkeep = Upkeep(self._writer, clock, self._pace.reap, self._work_found)
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
                await self._upkeep.start()
            except JournalError:
                await self.close()
                raise

    async def close(self) -> None:
        """Finish what was asked, and leave."""
        for batcher in (self._appends, self._records):
            if batcher is not None:
                await batcher.close()
        await self._upkeep.stop()
        if self._life is not None:
            await self._life.stop()
        if self._unsaid:
            with suppress(JournalError):
                await self._transact(execute, _LIFE["notify"], self.address.channel, "")
        await self._writes.close()
        await super().close()

    async def append(self, plan: Plan, *, take: Collection[str] = (), retry_dead: bool = True) -> Appended:
        """Store an event and its planned deliveries in one commit."""
        return (await self.append_all((plan,), take=take, retry_dead=retry_dead))[0]

    async def append_all(
        self, plans: Sequence[Plan], *, take: Collection[str] = (), retry_dead: bool = True
    ) -> list[Appended]:
        """Store events and their planned deliveries in one commit, all of them or none."""
        if take:
            self._own()
        rows = []
        for plan in plans:
            config = self._configs.numbers.get(plan.config) or await self._config_number(plan.config)
            try:
                rows.append(prepare(plan, take, self._clock(), config=config, retry_dead=retry_dead))
            except Exception as error:
                raise ValueError(f"the event cannot be stored: {error}") from error
        if self._appends is None:
            raise JournalError("the journal is not open")
        results = cast(list[Appended], await self._appends.submit(_Append(rows)))
        if any(one.retried or any(d.state is DeliveryState.READY for d in one.deliveries) for one in results):
            self._say()
        return results

    async def add(self, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime) -> int:
        """Add the deliveries of a replay to a stored event; return how many were new."""
        added = await self._transact(settle.add, uid, deliveries, now, self._numbers)
        self._say()
        return added

    async def claim(self, wanted: Mapping[str, LaneLimits], now: datetime) -> Claimed:
        """Take due deliveries of these destinations, each lane inside its limits; running when returned."""
        owner = self._own()
        async with self._claiming:  # one at a time: the lanes are looked at in turn
            claimed = await self._transact(
                self._claims.claim,
                wanted,
                now,
                owner,
                uncertain=lambda result: self._upkeep.doubt(result.deliveries, owner),
            )
        self._still(owner, claimed.deliveries)
        return claimed

    async def claim_suspect(
        self, wanted: Mapping[str, LaneLimits], now: datetime, *, blamed: bool = False
    ) -> StoredDelivery | None:
        """Take the suspect that is due first and whose lane lets it start; running, and marked as alone."""
        owner = self._own()
        taken = await self._transact(
            claiming.claim_suspect,
            wanted,
            now,
            blamed,
            owner,
            uncertain=lambda result: self._upkeep.doubt([result] if result else [], owner),
        )
        self._still(owner, [taken] if taken else [])
        return taken

    async def clear(self, delivery_id: str, lease: int) -> bool:
        """Note that a suspect has run alone long enough."""
        return await self._transact(settle.clear, delivery_id, lease, self._owner)

    async def record(self, attempt: Attempt) -> bool:
        """Settle an attempt; false where its lease is not this worker's any more."""
        if self._records is None:
            raise JournalError("the journal is not open")
        return cast(bool, await self._records.submit(attempt))

    async def release(self, delivery_id: str, lease: int, now: datetime) -> bool:
        """Give a running delivery back unfinished, the attempt not counted."""
        start = (delivery_id, lease)
        freed = bool(await self._transact(settle.release, [start], self._owner, now))
        if freed:
            self._say()
        return freed

    async def lanes(self, counts: Sequence[LaneCount] = (), now: datetime | None = None) -> list[LaneState]:
        """Count ended attempts, which may open or close breakers; return all stored lanes."""
        if counts:
            await self._transact(lane_table.count, counts, now or self._clock())
        return await self.stored_lanes()

    async def pause(self, destination: str, lane: str | None, until: datetime | None, reason: str) -> None:
        """Pause a lane until then, or end its pause (None)."""
        await self._transact(lane_table.set_pause, destination, lane or "", until, reason)
        self._say()

    async def rewind(self, now: datetime) -> int:
        """Mend what was written while the clock was ahead of `now`; return how many deliveries that were."""
        return await self._transact(settle.rewind, now)

    async def probe(self) -> None:
        """Write and commit something harmless; raise JournalUnwritable where that fails."""
        await self._transact(execute, _PROBE)

    async def ready(self) -> None:
        """Raise JournalUnwritable where a new event would be refused now."""
        await self.probe()

    @property
    def _owner(self) -> int | None:
        return None if self._life is None else self._life.owner

    def _own(self) -> int:
        if self._life is None:
            raise JournalError("this journal was opened to look after it, not to work")
        if (owner := self._life.owner) is None:
            raise JournalUnwritable(_LATE)
        return owner

    def _still(self, owner: int, taken: Sequence[StoredDelivery]) -> None:
        """Hand out nothing that was taken under a number that is not this worker's any more."""
        if taken and self._owner != owner:
            self._upkeep.doubt(taken, owner)
            raise JournalUnwritable(_LATE)

    def _work_found(self) -> None:
        self.hint()
        self._say()

    def _say(self) -> None:
        if self._life is not None:
            self._life.say()
        else:
            self._unsaid = True

    async def _append(self, connection: Connection, batch: list[_Append], again: bool) -> Sequence[object]:
        taking = {
            id(one) for one in batch if any(d.started_at is not None for r in one.rows for d in r.deliveries)
        }
        owner = self._own() if taking else None
        for one in batch:
            if owner is not None and id(one) in taking:
                one.owners.add(owner)
        rows = [row for one in batch for row in one.rows]
        stored = iter(await appending.append(connection, rows, owner, self._numbers, again))
        results: list[object] = [list(islice(stored, len(one.rows))) for one in batch]
        for place, one in enumerate(batch):
            if one.owners and one.owners != {self._owner}:
                self._taken_in_doubt([one])
                results[place] = JournalUnwritable(_LATE)
        return results

    async def _record(self, connection: Connection, batch: list[Attempt], again: bool) -> Sequence[object]:
        starts = {(text(one.delivery_id), one.lease) for one in batch}
        results = await settle.record(connection, batch, self._owner, starts if again else self._unsure)
        self._unsure -= starts
        return results

    def _taken_in_doubt(self, batch: list[_Append]) -> None:
        for one in batch:
            for owner in one.owners:
                self._upkeep.doubt([d for rows in one.rows for d in rows.result.deliveries], owner)

    def _recorded_in_doubt(self, batch: list[Attempt]) -> None:
        self._unsure.update((text(one.delivery_id), one.lease) for one in batch)

    def _compare(self, database: int) -> None:
        apart = abs(microseconds(self._clock()) - database) / 1e6
        if apart > _CLOCKS_APART:
            log.warning(
                "the clocks of this machine and of the database are %.0f s apart: replicas need one time", apart
            )


def _nothing() -> None: ...
