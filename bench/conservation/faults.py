"""What is done to the processes, and when: decided by the seed, before anything runs. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.conservation.settings import Settings

_SHARPEST = 0.05  # seconds that are waited at least
_ROOMS = (0, 65_536)  # with some room left, events are still taken, until a commit fails in its middle


class Fault(StrEnum):
    """One thing that happens to a process, to the disk, or to the connections of all to their journal."""

    KILL = "kill -9"
    STOP = "SIGSTOP"
    TERM = "SIGTERM"
    FULL = "full disk"
    CUT = "connections cut"


@dataclass(frozen=True)
class Planned:
    """A fault: `after` so many seconds, to the process of this number, `lasting` seconds where it lasts.

    `again` are the seconds after its restart until it is killed once more, ready or not; None mostly. Of a full
    disk they are those until a process is killed that cannot write. `room` bytes are left on it.
    """

    fault: Fault
    process: int
    after: float
    lasting: float
    again: float | None = None
    room: int = 0


def schedule(settings: Settings, rng: random.Random) -> Sequence[Planned]:
    """Return all faults of a run in their order; where one strikes again, that counts as a kill, too."""
    left = {
        Fault.KILL: settings.kills,
        Fault.STOP: settings.stops,
        Fault.TERM: settings.terms,
        Fault.FULL: settings.fulls,
        Fault.CUT: settings.cuts,
    }
    planned = []
    while any(left.values()):
        fault = rng.choices(list(left), list(left.values()))[0]
        left[fault] -= 1
        again = None
        if fault is Fault.KILL and left[fault] and rng.random() < 0.15:
            left[fault] -= 1
            again = rng.uniform(0.0, 1.5)
        lasting = rng.uniform(0.5, settings.longest_stop if fault is Fault.STOP else 2.5)
        if fault is Fault.FULL and left[Fault.KILL] and rng.random() < 0.3:
            left[Fault.KILL] -= 1
            again = rng.uniform(0.2, lasting)
        after = max(_SHARPEST, rng.uniform(0, 2 * settings.gap))
        process, room = rng.randrange(settings.processes), rng.choice(_ROOMS)
        planned.append(Planned(fault, process, after, lasting, again, room))
    return planned
