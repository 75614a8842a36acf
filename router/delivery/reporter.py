"""Tells the journal how the attempts of each lane ended, and learns from it which lanes are blocked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from router.delivery.lanes import Lane
from router.delivery.target import Target
from router.delivery.targets import Targets
from router.journal.journal import Journal
from router.journal.lane import BreakerState, LaneCount, LaneState

log = logging.getLogger(__name__)

INTERVAL = 1.0


class Reporter:
    """Reports every `interval` seconds, where there is something to report or something is blocked.

    `unblocked` is told of a target that has a lane which may start again.
    """

    def __init__(
        self,
        journal: Journal,
        targets: Targets,
        clock: Callable[[], datetime],
        unblocked: Callable[[Target], None],
        interval: float = INTERVAL,
    ) -> None:
        self._journal = journal
        self._targets = targets
        self._clock = clock
        self._unblocked = unblocked
        self._interval = interval
        self._stale = True
        self._soon = asyncio.Event()

    def forget(self) -> None:
        """Ask the journal anew: targets have come that know nothing of their lanes."""
        self._stale = True
        self._soon.set()

    def doubt(self) -> None:
        """Ask the journal anew, with the next report: another process may have paused lanes, or resumed them."""
        self._stale = True

    def ended(self, target: Target, lane: Lane) -> None:
        """Note that an attempt has ended; enough failures are reported at once."""
        policy = target.destination.breaker
        if (policy is not None and lane.failed >= policy.minimum) or lane.state.breaker is not BreakerState.CLOSED:
            self._soon.set()

    async def run(self) -> None:
        """Report again and again; ends when cancelled."""
        while True:
            try:
                await self.report()
            except Exception as error:  # the recorder sees to a journal that cannot be written
                log.debug("lanes could not be reported: %s", error)
            self._soon.clear()
            try:
                async with asyncio.timeout(self._interval):
                    await self._soon.wait()
            except TimeoutError:
                pass

    async def report(self) -> None:
        """Report once."""
        counted = [(lane, count) for target in self._targets for lane, count in _counts(target)]
        now = self._clock()
        if not counted and not self._stale and not any(self._blocked(target, now) for target in self._targets):
            return
        self._stale = False
        for target in self._targets:
            for lane in target.lanes.values():
                lane.paused_since = False
        try:
            states = await self._journal.lanes([count for _, count in counted], now)
        except BaseException:
            self._stale = True
            for lane, count in counted:
                lane.ok += count.ok
                lane.failed += count.failed
                lane.silent = lane.silent or not count.ok + count.failed
            raise
        self._learn(states, now)

    def _learn(self, states: list[LaneState], now: datetime) -> None:
        by_target: dict[str, dict[str, LaneState]] = {}
        for state in states:
            by_target.setdefault(state.destination, {})[state.lane] = state
        for target in self._targets:
            known = {lane.name: lane.state for lane in target.lanes.values()}
            target.known(by_target.get(target.name, {}))
            for lane in target.lanes.values():
                before = known.get(lane.name, LaneState(target.name, lane.name))
                if before.breaker is not lane.state.breaker:
                    _tell(lane.state, now)
                freer = before.breaker is not BreakerState.CLOSED or before.paused_until > lane.state.paused_until
                if freer and lane.state.blocked_until(now) is None:
                    self._unblocked(target)

    def _blocked(self, target: Target, now: datetime) -> bool:
        return any(
            lane.state.breaker is not BreakerState.CLOSED or lane.state.paused_until > now
            for lane in target.lanes.values()
        )


def _counts(target: Target) -> list[tuple[Lane, LaneCount]]:
    found = [(lane, lane.report(target.destination.breaker)) for lane in target.lanes.values()]
    return [(lane, count) for lane, count in found if count is not None]


def _tell(state: LaneState, now: datetime) -> None:
    if state.breaker is BreakerState.CLOSED:
        log.warning("lane %s works again: its circuit breaker is closed", state.name)
    elif state.breaker is BreakerState.OPEN:
        # It may be paused besides, and one that was open when the process started need not block any more.
        what = state.why_blocked(now) or "its circuit breaker is open, and lets one delivery through"
        log.error("lane %s fails too often: %s; its deliveries wait", state.name, what)
