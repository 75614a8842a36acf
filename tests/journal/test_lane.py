"""Lanes by themselves: who may start, how a rate is spent, when a breaker turns, whose slot it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.journal.lane import (
    FOR_GOOD,
    SLICE,
    BreakerState,
    LaneCount,
    LaneLimits,
    LaneState,
    after_start,
    counted,
    mixed,
    paused,
    startable,
)
from router.model import BreakerPolicy
from tests.journal.values import NOW, later, limits

POLICY = BreakerPolicy(share=0.5, minimum=4, window=60, pause=30)
queues = st.lists(st.integers(), max_size=30)


@given(queues, queues, queues, st.integers(0, 60), st.integers(0, 100))
def test_nothing_is_lost_or_made_up_in_the_mix(
    first: list[int], retries: list[int], replays: list[int], most: int, turn: int
) -> None:
    taken = mixed(first, retries, replays, most, turn)
    everything = [*first, *retries, *replays]
    assert len(taken) == min(most, len(everything))
    for value in set(taken):
        assert taken.count(value) <= everything.count(value)


def test_every_fourth_slot_is_a_lower_one_s_and_every_sixteenth_a_replay_s() -> None:
    assert "".join(mixed("f" * 99, "r" * 99, "p" * 99, 32, 0)) == "fffrfffrfffrfffp" * 2
    assert "".join(mixed("f" * 99, "", "p" * 99, 8, 0)) == "fffpfffp"
    assert "".join(mixed("", "r" * 99, "p" * 99, 16, 0)) == "r" * 15 + "p"
    split = [one for turn in range(32) for one in mixed("f" * 99, "r" * 99, "p" * 99, 1, turn)]
    assert "".join(split) == "fffrfffrfffrfffp" * 2, "one by one it is the same"


@given(st.floats(0.0005, 100), st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_a_rate_is_never_exceeded_by_more_than_a_slice(interval: float, pauses: list[float]) -> None:
    wanted = limits(1000, interval=interval)
    state, now, starts = LaneState("d"), NOW, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        may = startable(state, wanted, now)
        state = after_start(state, wanted, may, now)
        starts += may
    slice_ = max(1, SLICE.total_seconds() / interval)
    assert starts <= (now - NOW).total_seconds() / interval + slice_ + 0.01


@pytest.mark.parametrize(
    ("state", "may"),
    [
        (LaneState("d"), 5),
        (LaneState("d", paused_until=later(1)), 0),
        (LaneState("d", paused_until=NOW), 5),
        (LaneState("d", next_start=later(1)), 0),
        (LaneState("d", breaker=BreakerState.OPEN, open_until=later(1)), 0),
        (LaneState("d", breaker=BreakerState.OPEN, open_until=NOW), 1),
        (LaneState("d", breaker=BreakerState.PROBING, open_until=later(1)), 0),
        (LaneState("d", lane="busy"), 2),
        (LaneState("d", lane="full"), 0),
    ],
)
def test_a_lane_starts_what_it_may(state: LaneState, may: int) -> None:
    assert startable(state, LaneLimits(9, 5, busy={"busy": 3, "full": 7}), NOW) == may


def test_a_lane_says_why_it_stands_still() -> None:
    assert LaneState("d").why_blocked(NOW) is None
    assert LaneState("d", paused_until=FOR_GOOD, pause_reason="hush").why_blocked(NOW) == (
        "paused until a person resumes it: hush"
    )
    assert "paused until 2026-03-01T12:01:00Z" in (LaneState("d", paused_until=later(60)).why_blocked(NOW) or "")
    open_ = LaneState("d", breaker=BreakerState.OPEN, open_until=later(60))
    assert open_.why_blocked(NOW) == "its circuit breaker is open until 2026-03-01T12:01:00Z"
    probing = LaneState("d", breaker=BreakerState.PROBING, open_until=later(60))
    assert "waits for the one that it let through, until 2026-03-01T12:01:00Z" in (probing.why_blocked(NOW) or "")
    assert "rate" in (LaneState("d", next_start=later(60)).why_blocked(NOW) or "")
    assert (LaneState("d").name, LaneState("d", "x/y").name) == ("d", "d/x/y")


def test_a_pause_is_only_ever_made_longer_by_an_answer() -> None:
    state = paused(LaneState("d"), later(60), "429")
    assert paused(state, later(30), "shorter") is state
    assert paused(state, later(90), "longer").pause_reason == "longer"


def test_a_probe_decides_and_other_endings_of_an_open_breaker_do_not() -> None:
    open_ = LaneState("d", breaker=BreakerState.OPEN, open_until=later(30))
    assert counted(open_, LaneCount("d", "", 5, 5, POLICY), later(1)) == open_
    probing = after_start(open_, limits(probe=10), 1, later(30))
    assert (probing.breaker, probing.open_until) == (BreakerState.PROBING, later(40))
    failed = counted(probing, LaneCount("d", "", 0, 1, POLICY), later(31))
    assert (failed.breaker, failed.open_until) == (BreakerState.OPEN, later(61))
    closed = counted(probing, LaneCount("d", "", 1, 0, POLICY), later(31))
    assert (closed.breaker, closed.failed) == (BreakerState.CLOSED, 0)
    silent = counted(probing, LaneCount("d", "", 0, 0, POLICY), later(31))
    assert (silent.breaker, silent.blocked_until(later(31))) == (BreakerState.PROBING, None), "the next one may go"
    assert counted(LaneState("d"), LaneCount("d", "", 0, 0, POLICY), later(31)) == LaneState("d")


def test_a_clock_that_jumped_back_does_not_keep_a_window_open_for_ever() -> None:
    ahead = LaneState("d", window_at=later(10**6), ok=10**6)
    assert counted(ahead, LaneCount("d", "", 0, 4, POLICY), NOW).breaker is BreakerState.OPEN
