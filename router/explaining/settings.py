"""The settings that a delivery of an action goes by: its own, and those of its destination."""

from __future__ import annotations

from typing import Any

from router.config.units import span
from router.destinations import host_of
from router.routing.action import RouteAction


def settings(action: RouteAction) -> dict[str, Any]:
    """Return the settings as plain values; times in seconds, `interval` those between two starts of the lane."""
    destination, retry = action.destination, action.policy.retry
    breaker = destination.breaker
    return {
        "retry": {
            "max_attempts": retry.max_attempts,
            "first": retry.first,
            "max_delay": retry.max_delay,
            "max_age": retry.max_age,
        },
        "timeout": action.policy.timeout,
        "concurrency": destination.concurrency,
        "interval": destination.interval,
        "breaker": None
        if breaker is None
        else {
            "share": breaker.share,
            "minimum": breaker.minimum,
            "window": breaker.window,
            "pause": breaker.pause,
        },
        "max_pause": destination.max_pause,
        "fresh": action.timing.fresh,
        "host": host_of(destination.config),
    }


def in_words(said: dict[str, Any]) -> str:
    """Return settings (see `settings`) as one line."""
    retry, breaker, rate = said["retry"], said["breaker"], said["interval"]
    number = retry["max_attempts"]
    words = [
        f"at most {number} attempt{'' if number == 1 else 's'} within {span(retry['max_age'])}",
        f"{span(said['timeout'])} each",
        f"{said['concurrency']} at once",
        "no rate" if rate is None else _rate(rate),
        "no breaker" if breaker is None else f"breaker at {breaker['share']:.0%} of {breaker['minimum']}",
    ]
    if said["fresh"] is not None:
        words.append(f"fresh for {span(said['fresh'])}")
    return ", ".join(words)


def _rate(interval: float) -> str:
    """Write a rate in the smallest unit that makes at least one."""
    for unit, seconds in (("s", 1), ("m", 60), ("h", 3600)):
        if (number := seconds / interval) >= 0.999:
            return f"{number:.3g}/{unit}"
    return f"one in {span(interval)}"
