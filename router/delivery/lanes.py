"""A lane of a destination, as this process knows it: its slots, and what is known of its pause and breaker."""

from __future__ import annotations

from datetime import datetime

from router.journal.lane import LONG_AGO, BreakerState, LaneCount, LaneState, paused
from router.model import Attempt, BreakerPolicy, Outcome

SPLIT = 4
"""All lanes of a destination together run this many times what one of them may."""


class Lane:
    """Counts of one lane; for one event loop.

    `backlog` says that the journal may hold due deliveries of it: new ones queue behind them; `ask` that a claim
    may start one. `throttles` is how often in a row the destination asked to wait. `pausing` counts pauses that
    are just being written down, and `paused_since` says that one was since the journal was last asked: its answer
    may not know of those. `silent` says that one has ended which was let through to probe the breaker, and says
    nothing of it.
    """

    __slots__ = (
        "ask",
        "backlog",
        "busy",
        "failed",
        "name",
        "ok",
        "paused_since",
        "pausing",
        "silent",
        "state",
        "throttles",
    )

    def __init__(self, destination: str, name: str) -> None:
        self.name = name
        self.busy = 0
        self.backlog = False
        self.ask = False
        self.throttles = 0
        self.ok = 0
        self.failed = 0
        self.silent = False
        self.pausing = 0
        self.paused_since = False
        self.state = LaneState(destination, name)

    def takes(self, now: datetime) -> bool:
        """Whether a new delivery may start without asking the journal: nothing waits, nothing blocks."""
        state = self.state
        return not self.backlog and state.breaker is BreakerState.CLOSED and state.paused_until <= now

    def queued(self) -> None:
        """Note a new delivery that waits; behind others, it is found when those are."""
        if not self.backlog:
            self.backlog = self.ask = True

    def ended(self, healthy: bool | None) -> None:
        """Count an attempt that has ended."""
        if healthy is True:
            self.ok += 1
        elif healthy is False:
            self.failed += 1
        elif self.state.breaker is not BreakerState.CLOSED and self.busy <= 1:
            self.silent = True

    def heard(self, attempt: Attempt) -> None:
        """Note what the destination said of itself: to wait, or, by taking a delivery, that it need not be."""
        if attempt.pause_until is not None:
            self.state = paused(self.state, attempt.pause_until, attempt.reason)
        if attempt.outcome is Outcome.THROTTLED:
            self.throttles += 1
        elif attempt.outcome is Outcome.DELIVERED:
            self.throttles = 0

    def known(self, state: LaneState) -> None:
        """Take over what the journal said."""
        if self.pausing or self.paused_since:
            state = paused(state, self.state.paused_until, self.state.pause_reason)
        self.state = state

    @property
    def idle(self) -> bool:
        """Whether nothing would be forgotten with it."""
        return goes(self.state) and not (self.busy or self.backlog or self.throttles or self.ok or self.failed)

    def report(self, policy: BreakerPolicy | None) -> LaneCount | None:
        """Return the counts since the last report, and begin anew; None where there are none."""
        if not (self.ok or self.failed or self.silent):
            return None
        count = LaneCount(self.state.destination, self.name, self.ok, self.failed, policy)
        self.ok = self.failed = 0
        self.silent = False
        return count


def goes(state: LaneState) -> bool:
    """Whether a lane is neither paused nor broken, nor was: what a window has counted is the journal's to know."""
    return state.breaker is BreakerState.CLOSED and state.paused_until == LONG_AGO
