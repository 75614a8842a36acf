"""What one run of the harness does; times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How many faults of which kind, how much load, and what counts as an explanation.

    `journal` is sqlite or postgresql, `address` the server's for the latter. A process stands still for up to
    `longest_stop`; with replicas that must be longer than their heartbeats wait. `gap` is the mean pause between
    two faults, `rate` the events a second over all senders. After the faults all must settle within `settle`.
    `grace` is how long an outcome may take to be committed: a request that was answered earlier than that before
    a kill was not in flight. `timeout` is that of the actions, `drain` that of the router.
    """

    journal: str = "sqlite"
    address: str = ""
    processes: int = 1
    kills: int = 100
    stops: int = 20
    terms: int = 20
    fulls: int = 10
    cuts: int = 0
    longest_stop: float = 2.5
    gap: float = 1.5
    rate: float = 30.0
    connections: int = 12
    settle: float = 300.0
    grace: float = 2.0
    timeout: float = 1.0
    drain: float = 6.0
    seed: int = 1
    mutate: str | None = None

    @property
    def faults(self) -> int:
        """How many faults there are in all."""
        return self.kills + self.stops + self.terms + self.fulls + self.cuts

    @property
    def disk(self) -> int:
        """How many MiB the journal's disk has: room for all, and no more to fill than needed."""
        return 64 + 4 * self.faults

    @property
    def longest(self) -> float:
        """How long the faults may take in all, each with its restart: the run is ended then."""
        return 60.0 + self.faults * (self.gap + self.longest_stop + 20.0)
