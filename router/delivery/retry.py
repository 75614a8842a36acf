"""When a failed delivery is tried again: backoff with full jitter, inside its bounds. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from router.delivery.faults import reason_of
from router.errors import Permanent, Retry
from router.model import DeliveryState, RetryPolicy, StoredDelivery

MAX_PAUSE = 3600.0
"""Seconds that a destination's Retry-After is obeyed for, at most."""


class Next(NamedTuple):
    """What becomes of a delivery after a failed attempt; `due_at` where it is ready again."""

    state: DeliveryState
    due_at: datetime | None
    reason: str


def next_state(
    policy: RetryPolicy,
    delivery: StoredDelivery,
    error: BaseException,
    now: datetime,
    random: Callable[[], float],
    *,
    max_pause: float = MAX_PAUSE,
) -> Next:
    """Decide after an attempt that raised `error`; `random` gives numbers in [0, 1).

    The delays come from `policy`, which is today's; `max_attempts` and `expires_at` are the delivery's,
    fixed when it was planned. Permanent is dead at once; every other exception counts like Retry.
    """
    reason = reason_of(error)
    if isinstance(error, Permanent):
        return Next(DeliveryState.DEAD, None, reason)
    if delivery.attempts >= delivery.max_attempts:
        return Next(DeliveryState.DEAD, None, f"{_spent(delivery.max_attempts)}; last error: {reason}")
    due = now + timedelta(seconds=_wait(policy, delivery.attempts, error, random, max_pause))
    if due > delivery.expires_at:
        bound = f"gave up: the next attempt would be after {_text(delivery.expires_at)} (`max_age`)"
        return Next(DeliveryState.DEAD, None, f"{bound}; last error: {reason}")
    return Next(DeliveryState.READY, due, reason)


def too_late(delivery: StoredDelivery, now: datetime) -> str | None:
    """Say why a started delivery must not be tried any more; None where it may be.

    Attempts that ended with the process count, so that one that kills it comes to an end. One that was
    made due after its expiry (a person's retry) is tried.
    """
    last = f"; last error: {delivery.reason}" if delivery.reason else ""
    if delivery.attempts > delivery.max_attempts:
        return f"{_spent(delivery.max_attempts)}{last}"
    if delivery.due_at <= delivery.expires_at < now:
        return f"not tried: it waited until after {_text(delivery.expires_at)} (`max_age`){last}"
    return None


def _wait(
    policy: RetryPolicy, attempts: int, error: BaseException, random: Callable[[], float], max_pause: float
) -> float:
    doublings = min(max(attempts, 1) - 1, 64)  # a float holds 2**64; no delay is longer
    delay = random() * min(policy.max_delay, policy.first * 2.0**doublings)
    asked = error.after if isinstance(error, Retry) else None
    if isinstance(asked, int | float) and asked > 0:  # a plugin may have given anything
        delay = max(delay, min(asked, max_pause))
    return delay


def _spent(attempts: int) -> str:
    return f"gave up after {attempts} attempt{'' if attempts == 1 else 's'} (`max_attempts`)"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
