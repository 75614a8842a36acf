"""How far a long command has come, where a person looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_EVERY = 0.1  # seconds


class Progress:
    """A bar on standard error, redrawn in its line; nothing where that is no terminal."""

    def __init__(
        self, label: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._clock = clock
        self._on = self._stream.isatty()
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show that so much of all is done."""
        now = self._clock()
        if not self._on or (done < total and now < self._next):
            return
        self._next = now + _EVERY
        share = min(1.0, done / total) if total else 1.0
        bar = ("#" * int(share * _WIDTH)).ljust(_WIDTH, ".")
        self._stream.write(f"\r{self._label} [{bar}] {share:4.0%}")
        self._stream.flush()

    def end(self) -> None:
        """Take the bar away."""
        if self._on:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
