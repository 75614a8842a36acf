"""The lanes of destinations, as the journal keeps them: pauses, rates and circuit breakers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from router.model import BreakerPolicy
from router.printable import to_the_second

T = TypeVar("T")
SLICE = timedelta(seconds=0.5)
"""How much of a rate is granted at once, at most; a single start is always granted whole."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
"""When a pause ends that only a person ends."""
LOWER_EVERY = 4


class BreakerState(StrEnum):
    """Where a lane's circuit breaker stands."""

    CLOSED = "closed"  #: deliveries go through
    OPEN = "open"  #: none does, until `open_until`
    PROBING = "probing"  #: one was let through; `open_until` is when another one is, if nothing is heard of it


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane as it is stored; one of which nothing is known has no row, and stands as `LaneState(...)` does.

    `next_start` is the time from which the rate allows the next start. `ok` and `failed` count the attempts
    that ended since `window_at`.
    """

    destination: str
    lane: str = ""
    paused_until: datetime = LONG_AGO
    pause_reason: str | None = None
    next_start: datetime = LONG_AGO
    breaker: BreakerState = BreakerState.CLOSED
    open_until: datetime = LONG_AGO
    window_at: datetime = LONG_AGO
    ok: int = 0
    failed: int = 0

    @property
    def name(self) -> str:
        """What people call it: the destination, and after a slash what splits it."""
        return f"{self.destination}/{self.lane}" if self.lane else self.destination

    def blocked_until(self, now: datetime) -> datetime | None:
        """Return when something may start again; None where it may now."""
        until = max(self.paused_until, self.next_start)
        if self.breaker is not BreakerState.CLOSED:
            until = max(until, self.open_until)
        return until if until > now else None

    def why_blocked(self, now: datetime) -> str | None:
        """Say to people why nothing starts now; None where it may."""
        if self.paused_until > now:
            until = "a person resumes it" if self.paused_until >= FOR_GOOD else to_the_second(self.paused_until)
            return f"paused until {until}" + (f": {self.pause_reason}" if self.pause_reason else "")
        if self.breaker is not BreakerState.CLOSED and self.open_until > now:
            is_open = self.breaker is BreakerState.OPEN
            what = "is open until" if is_open else "waits for the one that it let through, until"
            return f"its circuit breaker {what} {to_the_second(self.open_until)}"
        return (
            f"its rate allows the next start at {to_the_second(self.next_start)}"
            if self.next_start > now
            else None
        )


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """What one claim may start of a destination.

    `slots` are free in the destination as a whole, `concurrency` is of each lane, of which `busy` are taken.
    `interval` is the seconds between two starts of a lane where it has a rate. `probe` is for how many seconds
    nobody else probes an open breaker. `turn` counts the slots that were given before, so that every fourth
    one goes to the lower priorities.
    """

    slots: int
    concurrency: int
    busy: Mapping[str, int] = field(default_factory=dict)
    interval: float | None = None
    probe: float = 60.0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class LaneCount:
    """Attempts of a lane that ended since the last report; `policy` None where it has no breaker.

    None of either kind where one has ended that was let through to probe the breaker, and says nothing of it.
    """

    destination: str
    lane: str
    ok: int
    failed: int
    policy: BreakerPolicy | None


def startable(state: LaneState, limits: LaneLimits, now: datetime) -> int:
    """Return how many deliveries of a lane may start now; one only where that probes its breaker."""
    if state.blocked_until(now) is not None:
        return 0
    most = min(limits.slots, limits.concurrency - limits.busy.get(state.lane, 0))
    if state.breaker is not BreakerState.CLOSED:
        most = min(most, 1)
    if limits.interval:
        most = min(most, max(1, int(SLICE.total_seconds() / limits.interval)))
    return max(0, most)


def after_start(state: LaneState, limits: LaneLimits, started: int, now: datetime) -> LaneState:
    """Return the lane after so many starts: its rate spent (GCRA, in slices), its breaker being probed."""
    if started and limits.interval:
        state = replace(state, next_start=now + timedelta(seconds=started * limits.interval))
    if started and state.breaker is not BreakerState.CLOSED:
        until = now + timedelta(seconds=limits.probe)
        state = replace(state, breaker=BreakerState.PROBING, open_until=until)
    return state


def counted(state: LaneState, count: LaneCount, now: datetime) -> LaneState:
    """Return the lane after these attempts have ended."""
    policy = count.policy
    if not count.ok + count.failed:
        # Another one may go at once: what is too old, or not tried at all, must not hold up those behind it.
        probing = state.breaker is BreakerState.PROBING
        return replace(state, open_until=min(state.open_until, now)) if probing else state
    if policy is None:
        return replace(state, breaker=BreakerState.CLOSED, open_until=LONG_AGO, window_at=LONG_AGO, ok=0, failed=0)
    if state.breaker is BreakerState.PROBING:
        if count.ok:
            return replace(
                state, breaker=BreakerState.CLOSED, open_until=LONG_AGO, window_at=now, ok=count.ok, failed=0
            )
        return _opened(state, policy, now)
    if state.breaker is BreakerState.OPEN:
        return state  # what was started before it opened says nothing new
    window = timedelta(seconds=policy.window)
    if not state.window_at <= now < state.window_at + window:
        state = replace(state, window_at=now, ok=0, failed=0)
    state = replace(state, ok=state.ok + count.ok, failed=state.failed + count.failed)
    ended = state.ok + state.failed
    if ended >= policy.minimum and state.failed >= policy.share * ended:
        return _opened(state, policy, now)
    return state


def paused(state: LaneState, until: datetime, reason: str | None) -> LaneState:
    """Return the lane paused until then; a longer pause that it has already stays."""
    return state if until <= state.paused_until else replace(state, paused_until=until, pause_reason=reason)


def mixed(first: Sequence[T], retries: Sequence[T], replays: Sequence[T], most: int, turn: int) -> list[T]:
    """Take up to `most`, higher priorities first, every fourth slot from a lower one; `turn` slots went before."""
    queues = [list(first), list(retries), list(replays)]
    taken: list[T] = []
    while len(taken) < most and any(queues):
        place = turn + len(taken)
        taken.append(next(queues[level] for level in _order(place) if queues[level]).pop(0))
    return taken


def _order(place: int) -> Iterable[int]:
    if place % LOWER_EVERY != LOWER_EVERY - 1:
        return (0, 1, 2)
    lower = place // LOWER_EVERY
    return (2, 1, 0) if lower % LOWER_EVERY == LOWER_EVERY - 1 else (1, 2, 0)


def _opened(state: LaneState, policy: BreakerPolicy, now: datetime) -> LaneState:
    until = now + timedelta(seconds=policy.pause)
    return replace(state, breaker=BreakerState.OPEN, open_until=until, window_at=now, ok=0, failed=0)
