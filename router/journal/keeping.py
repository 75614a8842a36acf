"""What the SQLite journal keeps and for how long: purge, hold, release and discard."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

from router.journal import configs as config_table
from router.journal import holding, queries
from router.journal import purge as purging
from router.journal.journal import DeliveryFilter, StoredConfig
from router.journal.reader import DEADLINE, SqliteReader
from router.journal.transaction import Operation
from router.model import DeliveryState
from router.printable import to_the_second

log = logging.getLogger(__name__)

CHANGES_A_COMMIT = 200
VACUUMS_A_STEP = 64
"""How often a step gives back pages: twice what the largest step frees."""
_ENDED_BY_HAND = (DeliveryState.DEAD, DeliveryState.HELD)


class SqliteKeeping(SqliteReader):
    """The part of the journal on SQLite that ends, holds and removes; `SqliteJournal` writes for it."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime], deadline: float = DEADLINE) -> None:
        super().__init__(path, deadline=deadline)
        self._clock = clock
        self._swept = purging.Position()
        self._configs = config_table.Known()

    @abstractmethod
    async def _write(self, operation: Operation) -> object:
        """Carry out an operation in a commit that it may share."""

    @abstractmethod
    async def _between(self, work: Callable[[sqlite3.Connection], object]) -> object:
        """Do something with the writing connection between two commits."""

    async def save_config(self, config: StoredConfig) -> None:
        """Keep a configuration that comes into force; a repeat is harmless."""
        packed = await asyncio.to_thread(config_table.columns, config)
        now = self._clock()
        self._configs.saved(config, cast(int, await self._write(partial(config_table.save, packed, now))), now)

    async def _config_number(self, digest: str) -> int | None:
        """Return the number of a configuration that was saved, by this process or another."""
        return await self._configs.number(digest, partial(self._read, config_table.number))

    async def purge(self, settled_before: datetime, dead_before: datetime) -> int:
        """Remove a small number of events whose time is over; 0 ends a sweep, and the next call begins anew."""
        before = purging.Before.of(settled_before, dead_before)
        if (config := self._configs.to_say(self._clock())) is not None:
            await self.save_config(config)
        # The search is a reader's, so that what is kept at the front holds up no commit; the writer looks again.
        while (step := await self._read(purging.look, self._swept, before)) is not None:
            removed = 0
            if step.events:
                removed = cast(int, await self._write(_with(purging.remove, step.events, before)))
            self._swept = step.position
            self._configs.swept(step.configs, whole=removed == len(step.events))
            if removed:
                await self._give_back()
                return removed
        self._swept = purging.Position()
        now = self._clock()
        await self._write(_with(purging.forget, before, now, self._configs.end_sweep()))
        await self._give_back()
        return 0

    async def hold(self, reason: str, now: datetime) -> int:
        """Hold every delivery that is ready or running, until `retry` releases it; return how many."""
        return cast(int, await self._write(_with(holding.hold, reason, now)))

    async def discard(self, wanted: DeliveryFilter, note: str, now: datetime) -> int:
        """End dead and held deliveries that fit, for good, with a note; return how many."""
        if not note.strip():
            raise ValueError("a note is needed: why these deliveries are ended")
        ended = 0
        for state in _ENDED_BY_HAND:
            if wanted.state in (None, state):

                def end(cursor: sqlite3.Cursor, ids: Sequence[str], state: DeliveryState = state) -> int:
                    return holding.discard(cursor, ids, state, note.strip(), now)

                ended += sum(cast(list[int], await self._each_page(replace(wanted, state=state), end)))
        return ended

    async def _free(self, wanted: DeliveryFilter, now: datetime) -> list[str]:
        """Release held deliveries; return their ids, newest first."""
        pages = await self._each_page(wanted, lambda cursor, ids: holding.free(cursor, ids, now))
        return [id_ for page in cast(list[list[str]], pages) for id_ in page]

    async def _hold_copy(self) -> None:
        """Where the file is a restored backup, hold what is unsettled in it, and say so."""
        now = self._clock()
        found = await self._write(_with(holding.hold_copy, now))
        if found is not None:
            taken_at, number = cast(tuple[datetime, int], found)
            log.warning(
                "the journal `%s` is a backup of %s: %d deliveries are held, as they may have been sent since; "
                "`router retry --state held` releases them, `router discard --state held --note TEXT` ends them",
                self.path, to_the_second(taken_at), number,
            )  # fmt: skip

    async def _each_page(
        self, wanted: DeliveryFilter, change: Callable[[sqlite3.Cursor, Sequence[str]], object]
    ) -> list[object]:
        """Change what fits, so many a commit; the search is a reader's, so `change` looks at each again."""
        page = replace(wanted, before=None, limit=CHANGES_A_COMMIT)
        results = []
        while found := await self._read(queries.delivery_ids, page):
            results.append(await self._write(_with(change, found)))
            page = replace(page, before=found[-1])
        return results

    async def _give_back(self) -> None:
        for _ in range(VACUUMS_A_STEP):
            if not await self._between(purging.give_back):
                return


def _with(function: Callable[..., object], *arguments: object) -> Operation:
    return lambda cursor: function(cursor, *arguments)
