"""The result of a run: what was counted, and everything that is off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

LOST, TWICE, KEYS, OTHER = "lost", "sent twice", "another key", "wrong"
"""Kinds of offences: an acknowledged event or delivery is missing or not done; a repeat that nothing explains; two
idempotency keys for one delivery; anything else that is not as promised."""


@dataclass(frozen=True)
class Offence:
    """One thing that must not be."""

    kind: str
    what: str


@dataclass
class Tally:
    """The counts of one destination's action; `repeats` by their explanation."""

    planned: int = 0
    delivered: int = 0
    skipped: int = 0
    dead: int = 0
    requests: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0


@dataclass
class Account:
    """What a run came to. Times in seconds."""

    acknowledged: int = 0
    unacknowledged: int = 0
    unacknowledged_stored: int = 0
    duplicates: int = 0
    posts: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Tally] = field(default_factory=dict)
    offences: list[Offence] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    ready_after_kill: list[float] = field(default_factory=list)
    seconds: float = 0.0
    settled_after: float | None = None
    disk: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        """Whether nothing is off."""
        return not self.offences

    def count(self, kind: str) -> int:
        """Return how many offences are of this kind."""
        return sum(offence.kind == kind for offence in self.offences)

    def blame(self, kind: str, what: str) -> None:
        """Note an offence."""
        self.offences.append(Offence(kind, what))

    def tally(self, action: str) -> Tally:
        """Return the counts of an action."""
        return self.tallies.setdefault(action, Tally())
