"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from router.delivery.retry import next_state, too_late, too_old
from router.errors import Permanent, Retry
from router.model import DeliveryState, Outcome, RetryPolicy
from tests.delivery.house import START, stored

POLICY = RetryPolicy(max_attempts=20, first=2, max_delay=60)


def wait(attempts: int, error: BaseException, random: float) -> float:
    then = next_state(POLICY, stored(attempts=attempts), error, START, lambda: random)
    assert then.state is DeliveryState.READY
    assert then.due_at is not None
    return (then.due_at - START).total_seconds()


@pytest.mark.parametrize(("attempts", "most"), [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (19, 60)])
def test_the_wait_is_random_up_to_a_doubling_bound(attempts: int, most: float) -> None:
    assert wait(attempts, Retry("busy"), 0.0) == 0
    assert wait(attempts, Retry("busy"), 0.5) == most / 2
    assert wait(attempts, Retry("busy"), 0.999) == pytest.approx(most * 0.999)


def test_thousands_of_attempts_do_not_overflow() -> None:
    then = next_state(POLICY, stored(attempts=5000, max_attempts=9999), Retry("busy"), START, lambda: 0.5)
    assert then.due_at == START + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [(30, 30), (0.2, 1), (3600, 3600), (7200, 3600), (1e300, 3600), (float("inf"), 3600), (0, 1), (-5, 1),
     (float("nan"), 1), (None, 1)],
)  # fmt: skip
def test_what_the_destination_asked_for_is_obeyed_up_to_an_hour(asked: float | None, waited: float) -> None:
    assert wait(1, Retry("slow down", after=asked), 0.5) == waited


@pytest.mark.parametrize("nonsense", ["soon", [1], {"a": 1}, object()])
def test_a_plugin_that_asks_for_a_pause_that_is_no_number_gets_the_usual_one(nonsense: Any) -> None:
    assert wait(1, Retry("slow down", after=nonsense), 0.5) == 1


def test_permanent_is_dead_at_once_with_its_reason() -> None:
    then = next_state(POLICY, stored(), Permanent("HTTP 400: no such channel"), START, lambda: 0.5)
    assert then[:3] == (DeliveryState.DEAD, None, "HTTP 400: no such channel")


def test_the_last_attempt_is_dead_and_says_which_bound_and_the_last_error() -> None:
    then = next_state(POLICY, stored(attempts=3, max_attempts=3), Retry("HTTP 503"), START, lambda: 0.5)
    assert then[:3] == (
        DeliveryState.DEAD,
        None,
        "gave up after 3 attempts (`max_attempts`); last error: HTTP 503",
    )
    once = next_state(POLICY, stored(attempts=1, max_attempts=1), Retry("HTTP 503"), START, lambda: 0.5)
    assert once.reason.startswith("gave up after 1 attempt (")


def test_an_attempt_that_would_come_after_the_expiry_is_not_waited_for() -> None:
    delivery = stored(expires_at=START + timedelta(seconds=1))
    at_it = next_state(POLICY, delivery, Retry("HTTP 503"), START, lambda: 0.5)
    assert at_it.due_at == delivery.expires_at
    after_it = next_state(POLICY, delivery, Retry("HTTP 503"), START, lambda: 0.6)
    assert after_it[:3] == (
        DeliveryState.DEAD,
        None,
        "gave up: the next attempt would be after 2026-03-01T12:00:01Z (`max_age`); last error: HTTP 503",
    )


def test_an_unknown_exception_counts_like_retry_and_names_its_class() -> None:
    then = next_state(POLICY, stored(), TypeError("no\n  len()"), START, lambda: 0.5)
    assert then[:3] == (DeliveryState.READY, START + timedelta(seconds=1), "TypeError: no len()")
    last = next_state(POLICY, stored(attempts=20), TypeError("no len()"), START, lambda: 0.5)
    assert last.state is DeliveryState.DEAD


def test_a_delivery_that_waited_beyond_its_expiry_is_not_tried() -> None:
    delivery = stored(reason="HTTP 503", expires_at=START)
    assert too_late(delivery, START) is None
    assert too_late(delivery, START + timedelta(seconds=1)) == (
        "not tried: it waited until after 2026-03-01T12:00:00Z (`max_age`); last error: HTTP 503"
    )


def test_a_delivery_that_a_person_retries_after_its_expiry_is_tried() -> None:
    later = START + timedelta(days=3)
    assert too_late(stored(due_at=later), later) is None


def test_attempts_that_ended_with_the_process_come_to_an_end() -> None:
    assert too_late(stored(attempts=20), START) is None
    assert too_late(stored(attempts=21), START) == "gave up after 20 attempts (`max_attempts`)"


def test_a_throttled_attempt_is_none_and_pauses_the_lane_for_as_long_as_was_asked() -> None:
    throttled = Retry("HTTP 429", after=30, throttled=True)
    then = next_state(POLICY, stored(attempts=20), throttled, START, lambda: 0.9)
    at = START + timedelta(seconds=30)
    assert then == (DeliveryState.READY, at, "HTTP 429", Outcome.THROTTLED, at)


def test_a_lane_that_is_throttled_without_a_word_pauses_twice_as_long_each_time_up_to_a_minute() -> None:
    throttled = Retry("HTTP 429", throttled=True)
    pauses = [
        next_state(POLICY, stored(), throttled, START, lambda: 0.9, throttles=n).pause_until for n in range(9)
    ]
    assert [(pause - START).total_seconds() for pause in pauses if pause] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_any_pause_that_was_asked_for_holds_for_the_lane_and_an_hour_at_most() -> None:
    for asked, kept in ((30, 30), (10**9, 3600)):
        then = next_state(POLICY, stored(), Retry("HTTP 503", after=asked), START, lambda: 0.5)
        assert (then.outcome, then.pause_until) == (Outcome.RETRY, START + timedelta(seconds=kept))
    short = next_state(POLICY, stored(), Retry("HTTP 503", after=60), START, lambda: 0.5, max_pause=5)
    assert short.pause_until == START + timedelta(seconds=5)
    assert next_state(POLICY, stored(), Retry("HTTP 503"), START, lambda: 0.5).pause_until is None


def test_a_throttled_delivery_dies_of_its_age_only() -> None:
    throttled = Retry("HTTP 429", after=30, throttled=True)
    then = next_state(POLICY, stored(expires_at=START + timedelta(seconds=9)), throttled, START, lambda: 0.5)
    assert then.state is DeliveryState.DEAD
    assert "`max_age`" in then.reason
    assert then.pause_until == START + timedelta(seconds=30), "its neighbours wait all the same"


def test_a_delivery_is_too_old_only_after_its_freshness() -> None:
    fresh = stored(fresh_until=START)
    assert too_old(fresh, START) is None
    assert too_old(fresh, START + timedelta(seconds=1)) == (
        "too old: it was worth sending until 2026-03-01T12:00:00Z (`fresh`)"
    )
    assert too_old(stored(), START + timedelta(days=999)) is None
