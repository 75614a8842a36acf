"""Lanes as people see and stop them: what waits, why, and pauses by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from router.config import units
from router.config.problem import did_you_mean
from router.journal.journal import Journal, Queue
from router.journal.lane import FOR_GOOD, LaneState

LONGEST_REASON = 200


class Lanes:
    """Lists, pauses and resumes lanes; `known` are the configured destinations, None where no configuration is."""

    def __init__(
        self,
        journal: Journal,
        known: Callable[[], Collection[str] | None],
        *,
        clock: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal = journal
        self._known = known
        self._clock = clock
        self._wake = wake

    async def all(self) -> list[dict[str, Any]]:
        """Return every lane in which something waits, or of which something is to be said."""
        return lanes_of(await self._journal.lanes(), await self._journal.queues(), self._known(), self._clock())

    async def pause(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Start nothing in a lane any more, for a while or until it is resumed."""
        destination, lane = self._named(asked)
        span, reason = asked.get("for"), str(asked.get("reason") or "by hand")
        if len(reason) > LONGEST_REASON:
            raise ValueError(f"`reason` is longer than {LONGEST_REASON} characters")
        until = FOR_GOOD
        if span is not None:
            try:
                until = self._clock() + timedelta(seconds=units.duration(str(span)))
            except ValueError as error:
                raise ValueError(f"`for`: {error}") from None
        await self._journal.pause(destination, lane, until, reason)
        self._wake()
        return {
            "destination": destination,
            "lane": lane,
            "paused_until": None if span is None else until.isoformat(),
        }

    async def resume(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """End the pause of a lane, whoever has begun it."""
        destination, lane = self._named(asked)
        await self._journal.pause(destination, lane, None, "")
        self._wake()
        return {"destination": destination, "lane": lane, "paused_until": None}

    def _named(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        if unknown := sorted(set(asked) - {"destination", "lane", "for", "reason"}):
            raise ValueError(f"unknown key `{unknown[0]}`; known: destination, lane, for, reason")
        for name, value in asked.items():
            if value is not None and not isinstance(value, str):
                raise ValueError(f"`{name}` must be a text")
        destination, lane = asked.get("destination"), asked.get("lane") or ""
        if not destination:
            raise ValueError("say which: `destination`, and `lane` where it is split")
        known = self._known()
        if known is not None and destination not in known:
            hint = did_you_mean(destination, known) or f"known: {', '.join(sorted(known))}"
            raise ValueError(f"there is no destination `{destination}`: {hint}")
        return destination, lane


def lanes_of(
    states: Collection[LaneState], queues: Collection[Queue], known: Collection[str] | None, now: datetime
) -> list[dict[str, Any]]:
    """Join what is stored of lanes with what waits in them; `stranded` are those whose destination has gone."""
    of = {(state.destination, state.lane): state for state in states}
    waiting = {(queue.destination, queue.lane): queue for queue in queues}
    found = []
    for destination, lane in sorted(of.keys() | waiting.keys()):
        state, queue = of.get((destination, lane), LaneState(destination, lane)), waiting.get((destination, lane))
        blocked = state.why_blocked(now)
        if queue is None and blocked is None:
            continue
        stranded = known is not None and destination not in known
        found.append(
            {
                "destination": destination,
                "lane": lane,
                "ready": queue.ready if queue else 0,
                "first_due": queue.first_due.isoformat() if queue else None,
                "breaker": state.breaker.value,
                "paused": state.paused_until > now,
                "blocked": "the configuration has no such destination" if stranded else blocked,
                "stranded": stranded,
            }
        )
    return found
