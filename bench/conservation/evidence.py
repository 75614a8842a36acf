"""Why a request may have been sent a second time: what happened to the first one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.conservation.destination import FINE, SLOW, Seen
from bench.conservation.faults import Fault
from bench.conservation.replica import Boot
from router.journal.journal import StoredAttempt
from router.model import Outcome

REFUSED, CUT, LATE = "refused", "cut", "late"
"""Explanations: the destination misbehaved; a fault struck before the outcome could be committed; the answer came
too late for the action's time-out, which the journal tells of as well."""

Span = tuple[float, float]
_TAKEN_OVER = 5.0  # seconds without a heartbeat, at least, until a replica takes over for another one
_NOTICED_WITHIN = 10.0  # seconds, at most, until a process learns that it was taken for dead, which it says then
_PROBES_WITHIN = 6.0  # seconds, at most, until the router notices that the disk takes writes again


class Evidence:
    """What is known of the processes and the disk. `grace`: see Settings; `timeout` is that of the action."""

    def __init__(self, boots: Sequence[Boot], full: Sequence[Span], grace: float, timeout: float) -> None:
        self._boots: Mapping[str, Boot] = {boot.name: boot for boot in boots}
        self._full = full
        self._grace = grace
        self.timeout = timeout

    def explain(
        self, first: Seen, second: Seen, *, late: bool = False, attempts: Sequence[StoredAttempt] = ()
    ) -> str | None:
        """Say why `second` came after `first`, both of one delivery; None where nothing explains it.

        `late` says that an attempt of it timed out that no other repeat came of; `attempts` are the journal's.
        """
        if first.mood in SLOW:
            # Nobody knows before his own time-out; half of it, since the request was under way for a while.
            if second.at - first.at > self.timeout / 2:
                return REFUSED
        elif first.mood != FINE:
            return REFUSED
        if self._cut(first, second) or self._taken_away(first, second, attempts):
            return CUT
        return LATE if late else None

    def _cut(self, first: Seen, second: Seen) -> bool:
        """Tell whether a fault struck while the first was in flight, or before its outcome was committed."""
        if not first.process:  # a row of a database says not who wrote it: any of them may have
            return any(self._cut_by(boot, first) for boot in self._boots.values())
        boot = self._boots.get(first.process)
        if boot is not None and self._cut_by(boot, first):
            return True
        return self._woken(first) or self._woken(second)

    def _taken_away(self, first: Seen, second: Seen, attempts: Sequence[StoredAttempt]) -> bool:
        """Tell whether its process was given up while it lived: the journal and the process must both say so."""
        boot = self._boots.get(first.process)
        begun = [one for one in attempts if one.started_at.timestamp() <= first.at]
        if boot is None or not begun:
            return False
        sent = max(begun, key=lambda one: one.started_at)
        if sent.outcome is not Outcome.CRASHED or sent.ended_at is None:
            return False
        began, reaped = sent.started_at.timestamp(), sent.ended_at.timestamp()
        return reaped <= second.at and any(began <= lost <= reaped + _NOTICED_WITHIN for lost in boot.losses)

    def _cut_by(self, boot: Boot, first: Seen) -> bool:
        answered = first.answered or first.at
        committed = self._committed(boot, answered)
        if boot.how == Fault.KILL and boot.ended is not None and first.at <= boot.ended <= committed:
            return True
        return any(began <= committed and first.at <= ended for began, ended in boot.stops)

    def _committed(self, boot: Boot, answered: float) -> float:
        """Return when the outcome must be in the journal: `grace` later, the time of obstacles left out."""
        latest = answered + self._grace
        obstacles = [*boot.stops, *((began, ended + _PROBES_WITHIN) for began, ended in self._full)]
        for began, ended in sorted(obstacles):
            if began <= latest and ended > answered:
                latest = max(latest, ended + self._grace)
        return latest

    def _woken(self, sent: Seen) -> bool:
        """Tell whether it was sent by a process that had stood still, so long that others went on for it."""
        boot = self._boots.get(sent.process)
        return boot is not None and any(
            ended - began > _TAKEN_OVER and ended - 0.1 <= sent.at <= ended + self._grace
            for began, ended in boot.stops
        )


def timed_out(attempts: Sequence[StoredAttempt], timeout: float) -> int:
    """Return how many attempts the journal says timed out: so many repeats may come of answers that were late.

    Where the machine is busy, the caller may have gone before the destination reads the request.
    """
    return sum(
        attempt.outcome is Outcome.RETRY
        and attempt.ended_at is not None
        and (attempt.ended_at - attempt.started_at).total_seconds() >= timeout * 0.9
        for attempt in attempts
    )
