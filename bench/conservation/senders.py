"""The senders: signed events at a fixed pace, whether or not anybody answers; duplicates; some out of order."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp

from bench.conservation.ledger import Entry, Ledger
from bench.conservation.made import Made, make
from bench.conservation.settings import Settings

_TWICE, _KNOWN, _HELD_BACK, _GIVES_UP = 0.06, 0.08, 0.1, 0.3  # shares
_MOST_WAITING = 400
_ANSWER_WITHIN = 5.0  # seconds
_TRIES = 4


class Senders:
    """Posts to the processes in turn; where one does not answer, to the next."""

    def __init__(self, settings: Settings, ledger: Ledger, urls: Sequence[str], rng: random.Random) -> None:
        self._settings = settings
        self._ledger = ledger
        self._urls = urls
        self._rng = rng
        self._stopped = asyncio.Event()
        self._recent: deque[Made] = deque(maxlen=500)
        self._posting: set[asyncio.Task[None]] = set()
        self.skipped = 0  #: events that were not posted, since too many waited for an answer

    def stop(self) -> None:
        """Post nothing new; `run` returns when everything has been answered or given up."""
        self._stopped.set()

    async def run(self) -> None:
        """Post at the pace of the settings until stopped."""
        connector = aiohttp.TCPConnector(limit=self._settings.connections * len(self._urls))
        timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN)
        run, number = format(int(time.time()), "x"), 0
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            began = time.monotonic()
            try:
                while not self._stopped.is_set():
                    number += 1
                    # From the beginning, not from the last one: who is late catches up, so that the load is open.
                    pause = began + number / self._settings.rate - time.monotonic()
                    await asyncio.sleep(max(0.0, pause))
                    if len(self._posting) >= _MOST_WAITING:
                        self.skipped += 1
                        continue
                    self._one(session, run, number)
                await asyncio.gather(*self._posting)
            finally:
                for task in self._posting:
                    task.cancel()

    async def repeat(self, number: int) -> None:
        """Post so many acknowledged events once more, when all is quiet: each has to be known."""
        known = [entry for entry in self._ledger if entry.acknowledged]
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN)) as session:
            for entry in self._rng.sample(known, min(number, len(known))):
                await self._post(session, entry, entry.made, self._urls[0])

    def _one(self, session: aiohttp.ClientSession, run: str, number: int) -> None:
        draw = self._rng.random()
        if draw < _KNOWN and self._recent:
            self._begin(session, self._rng.choice(self._recent), 0.0)
            return
        made = make(self._rng, number, run, datetime.now(UTC))
        self._recent.append(made)
        self._begin(session, made, self._rng.uniform(0, 1) if draw > 1 - _HELD_BACK else 0.0)
        if draw < _KNOWN + _TWICE:
            self._begin(session, made, self._rng.uniform(0, 0.01))

    def _begin(self, session: aiohttp.ClientSession, made: Made, wait: float) -> None:
        chances = [self._rng.random() for _ in range(_TRIES)]
        first = self._rng.randrange(len(self._urls))
        task = asyncio.ensure_future(self._insist(session, made, wait, first, chances))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _insist(
        self, session: aiohttp.ClientSession, made: Made, wait: float, first: int, chances: Sequence[float]
    ) -> None:
        """Post until it is acknowledged, as senders do, or they lose patience."""
        entry = self._ledger.entry(made)
        await asyncio.sleep(wait)
        for turn, chance in enumerate(chances):
            if await self._post(session, entry, made, self._urls[(first + turn) % len(self._urls)]):
                return
            if chance < _GIVES_UP:
                return
            await asyncio.sleep(0.2 + chance * (turn + 1))

    async def _post(self, session: aiohttp.ClientSession, entry: Entry, made: Made, url: str) -> bool:
        entry.posts += 1
        try:
            async with session.post(f"{url}/webhooks/shop", data=made.body, headers=made.headers) as answer:
                said = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            entry.refused[type(error).__name__] += 1
            return False
        match answer.status:
            case 202:
                entry.accepted += 1
                entry.promised.add(int(said["deliveries"]))
            case 200:
                entry.duplicates += 1
            case status:
                entry.refused[str(status)] += 1
                return False
        entry.uids.add(str(said["event"]))
        return True
