"""The journal on SQLite: the default store, one file, owned by one process."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

from router.errors import JournalError, JournalUnwritable
from router.journal import append as appending
from router.journal import claim as claiming
from router.journal import lanes as lane_table
from router.journal import replays as replay_table
from router.journal import settle, telling
from router.journal.batcher import Batcher
from router.journal.bulk import Bulk
from router.journal.disk import Disk
from router.journal.encoding import microseconds
from router.journal.journal import Appended, Claimed, DeliveryFilter, StoredReplay
from router.journal.keeping import SqliteKeeping
from router.journal.lane import LaneCount, LaneLimits, LaneState
from router.journal.migration import open_for_writing
from router.journal.reader import DEADLINE
from router.journal.statements import load
from router.journal.transaction import Operation
from router.journal.writer import Writer
from router.model import Attempt, DeliveryState, Plan, PlannedDelivery, StoredDelivery

T = TypeVar("T")
MIN_FREE = 512 * 1024 * 1024
RETRIES_A_COMMIT = 200
_PROBE = load("write.sql")["probe"]


class SqliteJournal(SqliteKeeping):
    """The Journal protocol (journal.py says what each call promises) on a file of a local disk.

    Who opens it holds its Lock: two writing processes would undo each other's claims. Below `min_free` free
    bytes new events are refused, so that what becomes of the old ones can still be recorded.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], datetime], min_free: int = MIN_FREE, deadline: float = DEADLINE
    ) -> None:
        super().__init__(path, clock=clock, deadline=deadline)
        self._disk = Disk(path, min_free)
        self._writer: Writer | None = None
        self._batcher: Batcher[Operation] | None = None
        self._claims = claiming.Claims()
        self.lost: Callable[[], None] = _nothing  # who holds the file's lock loses nothing
        self.hint: Callable[[], None] = _nothing

    async def open(self) -> None:
        """Create or migrate the file, and make what was running when the last owner ended ready again."""
        if self._writer is not None:
            raise JournalError("the journal is open already")
        connection = await asyncio.to_thread(open_for_writing, self.path)
        self._disk.opened()
        self._writer = Writer(connection, partial(open_for_writing, self.path, again=True), str(self.path))
        self._batcher = Batcher(self._writer.send)
        try:
            await self._hold_copy()
            await self._write(partial(_call, settle.recover, self._clock()))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was asked, fold the write-ahead log into the file, and close it."""
        if self._batcher is not None:
            await self._batcher.close()
        await super().close()  # the readers first: the last one to close empties the log
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await asyncio.to_thread(writer.close)

    async def append(self, plan: Plan, *, take: Collection[str] = (), retry_dead: bool = True) -> Appended:
        """Store an event and its planned deliveries in one commit."""
        return (await self.append_all((plan,), take=take, retry_dead=retry_dead))[0]

    async def append_all(
        self, plans: Sequence[Plan], *, take: Collection[str] = (), retry_dead: bool = True
    ) -> list[Appended]:
        """Store events and their planned deliveries in one commit, all of them or none."""
        rows = []
        for plan in plans:
            config = self._configs.numbers.get(plan.config) or await self._config_number(plan.config)
            try:
                rows.append(appending.prepare(plan, take, self._clock(), config=config, retry_dead=retry_dead))
            except Exception as error:
                raise ValueError(f"the event cannot be stored: {error}") from error
        return cast(list[Appended], await self._write(Bulk(self._append, rows)))

    async def add(self, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime) -> int:
        """Add the deliveries of a replay to a stored event; return how many were new."""
        if (trouble := await asyncio.to_thread(self._disk.trouble)) is not None:
            raise trouble
        return cast(int, await self._write(partial(_call, settle.add, uid, list(deliveries), now)))

    async def claim(self, wanted: Mapping[str, LaneLimits], now: datetime) -> Claimed:
        """Take due deliveries of these destinations, each lane inside its limits; running when returned."""
        return cast(Claimed, await self._write(partial(self._claims.claim, dict(wanted), now)))

    async def claim_suspect(
        self, wanted: Mapping[str, LaneLimits], now: datetime, *, blamed: bool = False
    ) -> StoredDelivery | None:
        """Take the suspect that is due first and whose lane lets it start; running, and marked as alone."""
        taken = await self._write(partial(claiming.claim_suspect, dict(wanted), now, blamed))
        return cast(StoredDelivery | None, taken)

    async def clear(self, delivery_id: str, lease: int) -> bool:
        """Note that a suspect has run alone long enough."""
        return cast(bool, await self._write(partial(claiming.clear, delivery_id, lease)))

    async def lanes(self, counts: Sequence[LaneCount] = (), now: datetime | None = None) -> list[LaneState]:
        """Count ended attempts, which may open or close breakers; return all stored lanes."""
        if counts:
            await self._write(partial(_call, lane_table.count, list(counts), now or self._clock()))
        return await self.stored_lanes()

    async def pause(self, destination: str, lane: str | None, until: datetime | None, reason: str) -> None:
        """Pause a lane until then, or end its pause (None)."""
        await self._write(partial(_call, lane_table.set_pause, destination, lane or "", until, reason))

    async def rewind(self, now: datetime) -> int:
        """Mend what was written while the clock was ahead of `now`; return how many deliveries that were."""
        return cast(int, await self._write(partial(_call, settle.rewind, now)))

    async def record(self, attempt: Attempt) -> bool:
        """Settle an attempt; false where its lease is not the delivery's any more."""
        return cast(bool, await self._write(Bulk(settle.record, attempt)))

    async def release(self, delivery_id: str, lease: int, now: datetime) -> bool:
        """Give a running delivery back unfinished, the attempt not counted."""
        return cast(bool, await self._write(partial(_call, settle.release, delivery_id, lease, now)))

    async def retry(self, wanted: DeliveryFilter, now: datetime) -> list[str]:
        """Make dead deliveries ready and due now, with fresh attempts and time; return their ids."""
        if wanted.state is DeliveryState.HELD:
            return await self._free(wanted, now)
        if wanted.state not in (None, DeliveryState.DEAD):
            return []
        # The search is a reader's, so that a long one holds up no commit; the writer looks at `state` again.
        page = replace(wanted, state=DeliveryState.DEAD, before=None, limit=RETRIES_A_COMMIT)
        retried: list[str] = []
        while found := await self._dead_ids(page):
            retried += cast(list[str], await self._write(partial(_call, settle.retry, found, now)))
            page = replace(page, before=found[-1])
        return retried

    async def save_replay(self, replay: StoredReplay, owner: str | None = None) -> bool:
        """Store how a replay stands; one that is over stays so."""
        return cast(bool, await self._write(partial(replay_table.save, replay_table.rows(replay), owner)))

    async def own_replay(self, id_: str, owner: str, until: datetime, now: datetime) -> bool:
        """Make a running replay this owner's; the file has one owner, so nobody else's time counts."""
        return cast(bool, await self._write(partial(replay_table.own, id_, owner, until)))

    async def attended(self, replay: str = "") -> bool:
        """Tell whether another process carries replays out: on a file none does."""
        return False

    async def tell(self, delivery_id: str, planned: Sequence[PlannedDelivery], now: datetime) -> None:
        """Store what is done about a death, in one commit with the note that it was told. A repeat is harmless."""
        await self._write(partial(telling.tell, delivery_id, list(planned), now))

    async def probe(self) -> None:
        """Write and commit something harmless; raise JournalUnwritable where that fails."""
        await self._write(partial(_probe, microseconds(self._clock())))

    async def ready(self) -> None:
        """Raise JournalUnwritable where a new event would be refused now."""
        if (trouble := await asyncio.to_thread(self._disk.trouble)) is not None:
            raise trouble
        await self.probe()

    def _append(self, cursor: sqlite3.Cursor, batch: list[list[appending.EventRows]]) -> Sequence[object]:
        if (trouble := self._disk.trouble()) is not None:
            return [JournalUnwritable(str(trouble)) for _ in batch]  # an error of its own for each caller
        results = iter(appending.append(cursor, [rows for together in batch for rows in together]))
        return [list(islice(results, len(together))) for together in batch]

    async def _write(self, operation: Operation) -> object:
        if self._batcher is None:
            raise JournalError("the journal is not open")
        return await self._batcher.submit(operation)

    async def _between(self, work: Callable[[sqlite3.Connection], object]) -> object:
        if self._writer is None:
            raise JournalError("the journal is not open")
        result: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._writer.between(work, partial(_deliver, result))
        return await result


def _nothing() -> None: ...


def _call(function: Callable[..., T], *arguments_and_cursor: object) -> T:
    *arguments, cursor = arguments_and_cursor
    return function(cursor, *arguments)


def _probe(at: int, cursor: sqlite3.Cursor) -> None:
    cursor.execute(_PROBE, (at,))


def _deliver(result: asyncio.Future[object], results: Sequence[object]) -> None:
    if result.done():
        return  # its caller was cancelled
    if isinstance(results[0], BaseException):
        result.set_exception(results[0])
    else:
        result.set_result(results[0])
