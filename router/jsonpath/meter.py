"""The limit on the work of one evaluation."""

from __future__ import annotations

import threading

LIMIT = 100_000
"""Values that one evaluation may visit: those of a payload of several hundred KB, a second of work at worst."""


class Exhausted(Exception):
    """An evaluation would visit more values than allowed."""


class Meter(threading.local):
    """What is left of the limit, in each thread."""

    left = LIMIT

    def refill(self) -> None:
        """Begin an evaluation."""
        self.left = LIMIT

    def spend(self, visits: int) -> None:
        """Count visits; raises Exhausted."""
        self.left -= visits
        if self.left < 0:
            raise Exhausted
