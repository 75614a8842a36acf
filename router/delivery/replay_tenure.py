"""A replay that is this process's own in the journal for a time, which is renewed while it works on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from router.errors import JournalError
from router.journal.journal import Journal, StoredReplay

log = logging.getLogger(__name__)

LIFE = 20.0
"""Seconds for which a replay stays its owner's after it was renewed."""
RENEW = 5.0
_AGAIN = 1.0  # seconds until it is tried again to renew it, while the journal fails


class Tenure:
    """Stores how an owned replay stands, as long as it is this owner's and runs.

    `now` says how it stands; `lost` is called when it is another's by now, or was cancelled by somebody else.
    """

    def __init__(
        self,
        journal: Journal,
        id_: str,
        owner: str,
        *,
        clock: Callable[[], datetime],
        now: Callable[[], StoredReplay],
        lost: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._id = id_
        self._owner = owner
        self._clock = clock
        self._now = now
        self._lost = lost
        self._saving = asyncio.Lock()  # an older word must not be stored after a newer one

    async def save(self, stored: StoredReplay | None = None) -> bool:
        """Store how it stands; false where it is lost."""
        async with self._saving:
            return await self._save(stored)

    async def renew(self) -> None:
        """Keep it, until this is cancelled or it is lost; each time the journal is told how it stands."""
        pause, going = RENEW, True
        while going:
            await asyncio.sleep(pause)
            pause = RENEW
            try:
                async with self._saving:  # what is saved has not been another's meanwhile
                    going = await self._save() and await own(self._journal, self._id, self._owner, self._clock)
            except JournalError as error:
                log.debug("replay %s cannot be renewed: %s", self._id, error)
                pause = min(RENEW, _AGAIN)
        self._lost()

    async def give_up(self) -> None:
        """Let another process have it at once; only for what was not lost, or it would be taken from its owner."""
        async with self._saving:
            await own(self._journal, self._id, self._owner, self._clock, 0)

    async def _save(self, stored: StoredReplay | None = None) -> bool:
        if await self._journal.save_replay(stored or self._now(), self._owner):
            return True
        self._lost()
        return False


async def own(
    journal: Journal, id_: str, owner: str, clock: Callable[[], datetime], life: float | None = None
) -> bool:
    """Make a running replay this owner's for so many seconds, LIFE of them by default.

    False where it is another's, or not running any more.
    """
    now = clock()
    return await journal.own_replay(id_, owner, now + timedelta(seconds=LIFE if life is None else life), now)
