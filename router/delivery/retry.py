"""When a failed delivery is tried again: backoff with full jitter, inside its bounds. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from router.delivery.faults import reason_of
from router.errors import Permanent, Retry
from router.model import DeliveryState, Outcome, RetryPolicy, StoredDelivery
from router.printable import to_the_second

MAX_PAUSE = 3600.0
"""Seconds that a destination's Retry-After is obeyed for, at most."""


THROTTLED_FIRST = 1.0
THROTTLED_MOST = 60.0
"""Seconds that a lane pauses after answers that ask to wait, and do not say for how long: they double."""


class Next(NamedTuple):
    """What becomes of a delivery after a failed attempt; `due_at` where it is ready again.

    `pause_until` is when its lane goes on, where the destination asked to be left alone.
    """

    state: DeliveryState
    due_at: datetime | None
    reason: str
    outcome: Outcome
    pause_until: datetime | None = None


def next_state(
    policy: RetryPolicy,
    delivery: StoredDelivery,
    error: BaseException,
    now: datetime,
    random: Callable[[], float],
    *,
    max_pause: float = MAX_PAUSE,
    throttles: int = 0,
) -> Next:
    """Decide after an attempt that raised `error`; `random` gives numbers in [0, 1).

    The delays come from `policy`, which is today's; `max_attempts` and `expires_at` are the delivery's,
    fixed when it was planned. Permanent is dead at once; every other exception counts like Retry. A throttled
    one is no attempt; `throttles` is how often in a row its lane was throttled before.
    """
    reason = reason_of(error)
    if isinstance(error, Permanent):
        return Next(DeliveryState.DEAD, None, reason, Outcome.DEAD)
    asked = _asked(error, max_pause)
    throttled = isinstance(error, Retry) and error.throttled is True
    if throttled:
        asked = asked or min(THROTTLED_MOST, max_pause, THROTTLED_FIRST * 2.0 ** min(throttles, 16))
        wait = asked
    else:
        wait = max(asked or 0.0, _backoff(policy, delivery.attempts, random))
    pause = None if asked is None else now + timedelta(seconds=asked)
    if not throttled and delivery.attempts >= delivery.max_attempts:
        spent = f"{_spent(delivery.max_attempts)}; last error: {reason}"
        return Next(DeliveryState.DEAD, None, spent, Outcome.DEAD, pause)
    due = now + timedelta(seconds=wait)
    if due > delivery.expires_at:
        bound = f"gave up: the next attempt would be after {to_the_second(delivery.expires_at)} (`max_age`)"
        return Next(DeliveryState.DEAD, None, f"{bound}; last error: {reason}", Outcome.DEAD, pause)
    outcome = Outcome.THROTTLED if throttled else Outcome.RETRY
    return Next(DeliveryState.READY, due, reason, outcome, pause)


def too_old(delivery: StoredDelivery, now: datetime) -> str | None:
    """Say why a delivery has come too late to be worth doing (`fresh`); None where it has not."""
    if delivery.fresh_until is None or now <= delivery.fresh_until:
        return None
    return f"too old: it was worth sending until {to_the_second(delivery.fresh_until)} (`fresh`)"


def too_late(delivery: StoredDelivery, now: datetime) -> str | None:
    """Say why a started delivery must not be tried any more; None where it may be.

    Attempts that ended with the process count, so that one that kills it comes to an end. One that was
    made due after its expiry (a person's retry) is tried.
    """
    last = f"; last error: {delivery.reason}" if delivery.reason else ""
    if delivery.attempts > delivery.max_attempts:
        return f"{_spent(delivery.max_attempts)}{last}"
    if delivery.due_at <= delivery.expires_at < now:
        return f"not tried: it waited until after {to_the_second(delivery.expires_at)} (`max_age`){last}"
    return None


def _backoff(policy: RetryPolicy, attempts: int, random: Callable[[], float]) -> float:
    doublings = min(max(attempts, 1) - 1, 64)  # a float holds 2**64; no delay is longer
    return random() * min(policy.max_delay, policy.first * 2.0**doublings)


def _asked(error: BaseException, max_pause: float) -> float | None:
    """Return the seconds that the destination asked to be left alone for; None where it did not."""
    asked = error.after if isinstance(error, Retry) else None
    if isinstance(asked, int | float) and asked > 0:  # a plugin may have given anything
        return min(asked, max_pause)
    return None


def _spent(attempts: int) -> str:
    return f"gave up after {attempts} attempt{'' if attempts == 1 else 's'} (`max_attempts`)"
