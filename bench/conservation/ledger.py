"""What the senders know: what they posted, and what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.conservation.made import Made


@dataclass
class Entry:
    """One event of a sender; `accepted` counts its 202s, `duplicates` its 200s, `promised` what the 202s said.

    `refused` counts everything else: other statuses, and connections that broke.
    """

    made: Made
    posts: int = 0
    accepted: int = 0
    duplicates: int = 0
    promised: set[int] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> bool:
        """Whether the sender was told, even once, that it need not send this again."""
        return bool(self.accepted or self.duplicates)


class Ledger:
    """All events of a run, by the sender's id."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, made: Made) -> Entry:
        """Return what is known of an event, known from now on."""
        return self._entries.setdefault(made.id, Entry(made))

    def of(self, id_: str) -> Entry | None:
        """Return what is known of this id."""
        return self._entries.get(id_)

    def refusals(self) -> Counter[str]:
        """Count what was neither 202 nor 200."""
        return sum((entry.refused for entry in self), Counter())
