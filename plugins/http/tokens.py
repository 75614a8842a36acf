"""The access token of one destination: fetched once for all that need it, renewed before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from router.plugin import Retry

from .oauth2 import Granted

PATIENCE = 10.0
"""Seconds that one token request may take: less than an attempt usually has, so that its reason is told."""


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A token to send; `renew_at` is on the event loop's clock."""

    value: str = field(repr=False)
    renew_at: float


class Tokens:
    """Keeps the token; `fetch` asks for one, and `clock` is the event loop's, in seconds."""

    def __init__(self, fetch: Callable[[datetime], Awaitable[Granted]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._fetching: asyncio.Task[Token | Retry] | None = None
        self._waiting = 0

    async def current(self, now: datetime) -> Token:
        """Return a token that is good for a while; raises Retry where none can be had."""
        if self._token is not None and self._clock() < self._token.renew_at:
            return self._token
        if self._fetching is None:
            asker = asyncio.current_task()
            # A task of its own, so that it outlives an asker that is cancelled while others wait. It has the
            # asker's name, by which `dev` shows what a delivery sends.
            self._fetching = asyncio.get_running_loop().create_task(
                self._fetched(now), name=asker.get_name() if asker else None
            )
            self._fetching.add_done_callback(self._ended)
        fetching = self._fetching
        self._waiting += 1
        try:
            await asyncio.wait({fetching})
        finally:
            self._waiting -= 1
            if not self._waiting and not fetching.done():  # nobody wants it any more
                fetching.cancel()
                self._ended(fetching)
        if fetching.cancelled():
            raise Retry("the destination was closed before it had a token")
        found = fetching.result()
        if isinstance(found, Retry):  # one for each that waits: a raised error is changed by its raising
            raise Retry(found.reason, after=found.after, throttled=found.throttled)
        return found

    async def instead_of(self, refused: Token, now: datetime) -> Token:
        """Return another token than the one that was refused; where there is a newer one already, that."""
        if self._token is refused:
            self._token = None
        return await self.current(now)

    async def close(self) -> None:
        """End a request that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    async def _fetched(self, now: datetime) -> Token | Retry:
        asked_at = self._clock()
        try:
            async with asyncio.timeout(PATIENCE):
                granted = await self._fetch(now)
        except TimeoutError:
            return Retry(f"the token endpoint gave no answer within {PATIENCE:g} s")
        except Retry as error:
            return error
        self._token = Token(granted.value, _renew_at(asked_at, granted.life))
        return self._token

    def _ended(self, fetching: asyncio.Task[Token | Retry]) -> None:
        if self._fetching is fetching:
            self._fetching = None


def _renew_at(asked_at: float, life: float | None) -> float:
    """Return when to fetch the next token: a tenth of its life before its end, a minute at most."""
    return float("inf") if life is None else asked_at + life - min(60.0, life / 10)
