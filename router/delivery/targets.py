"""The destinations of the configuration in force, opened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import aiohttp

from router.delivery.target import Target
from router.destinations import Destination
from router.journal.lane import BreakerState


def reopen_after(tries: int) -> float:
    """Return how many seconds to wait before the next try to open: up to a minute, spread by half."""
    return min(60.0, 2.0 ** min(tries, 6)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


class Targets:
    """One target a destination; `changed` (the worker sets it) is told of every slot that becomes free."""

    def __init__(
        self, http: aiohttp.ClientSession, *, reopen_after: Callable[[int], float] = reopen_after
    ) -> None:
        self.changed: Callable[[Target], None] = lambda target: None
        self._http = http
        self._reopen_after = reopen_after
        self._targets: dict[str, Target] = {}
        self._retired: list[Target] = []

    def swap(self, destinations: Mapping[str, Destination]) -> None:
        """Make these the destinations: equal ones go on as they are, others close after their last attempt.

        New ones open in the background. One that cannot be opened is unavailable, its deliveries wait, and
        it is tried again; nothing is raised.
        """
        kept: dict[str, Target] = {}
        for name, destination in destinations.items():
            known = self._targets.pop(name, None)
            if known is not None and replace(known.destination, mark=None) == replace(destination, mark=None):
                kept[name] = known
                continue
            if known is not None:
                self._retire(known)
            kept[name] = Target(
                destination, self._http, reopen_after=self._reopen_after, changed=self._has_changed
            )
        for target in self._targets.values():
            self._retire(target)
        self._targets = kept

    async def settled(self) -> None:
        """Wait until every destination has been opened, or has failed to open once."""
        await asyncio.gather(*(target.tried.wait() for target in self))

    def get(self, name: str) -> Target | None:
        """Return the target of a destination; None where the configuration has none of this name."""
        return self._targets.get(name)

    def __iter__(self) -> Iterator[Target]:
        return iter(list(self._targets.values()))

    def unavailable(self) -> dict[str, str]:
        """Return the destinations that nothing can be sent to now, with the reasons."""
        return {target.name: target.reason for target in self if target.reason is not None}

    def paused(self, now: datetime) -> int:
        """Count the lanes that a person or their destination has paused."""
        return sum(lane.state.paused_until > now for target in self for lane in target.lanes.values())

    @property
    def open_breakers(self) -> int:
        """How many lanes have a breaker that is open, or being probed."""
        states = (lane.state.breaker for target in self for lane in target.lanes.values())
        return sum(state is not BreakerState.CLOSED for state in states)

    async def close(self) -> None:
        """Close all of them, those that still finish an attempt too."""
        everything = [*self._targets.values(), *self._retired]
        self._targets = {}
        await asyncio.gather(*(target.close() for target in everything))

    def _retire(self, target: Target) -> None:
        self._retired = [old for old in self._retired if not old.closed.is_set()]
        self._retired.append(target)
        target.retire()

    def _has_changed(self, target: Target) -> None:
        self.changed(target)
