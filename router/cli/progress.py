"""How far a long command has come: a bar on a terminal, and in a log a line for every tenth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 24
_CLEAR = "\r\x1b[K"
_EVERY = 0.1  # seconds


class Progress:
    """Shows a share of the whole with a few words, on standard error or another stream.

    Its line on a terminal is written over, at most ten times a second. Elsewhere `lines` asks for a line of its
    own for every tenth; without it nothing is shown there.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        bar: bool | None = None,
        lines: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty() if bar is None else bar
        self._lines = lines
        self._clock = clock
        self._next = 0.0
        self._tenths = 0

    def show(self, share: float | None, text: str, *, now: bool = False) -> None:
        """Show the share that is done, None where that is unknown; `now` shows it in any case."""
        if self._bar:
            at = self._clock()
            if now or at >= self._next or share == 1.0:
                self._next = at + _EVERY
                self._write(_CLEAR + (f"[{drawn(share)}] {share:4.0%}  " if share is not None else "") + text)
            return
        tenths = int(10 * (share or 0))
        if self._lines and (now or tenths > self._tenths):
            self._write((f"{share:4.0%}  " if share is not None else "") + text + "\n")
        self._tenths = max(tenths, self._tenths)

    def say(self, line: str) -> None:
        """Write a line that stays; nothing where nothing is shown."""
        if self._bar or self._lines:
            self._write((_CLEAR if self._bar else "") + line + "\n")

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self._bar:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def drawn(share: float) -> str:
    """Return the bar of a share."""
    return ("#" * int(WIDTH * min(1.0, share))).ljust(WIDTH, ".")


def counted(progress: Progress, label: str) -> Callable[[int, int], None]:
    """Return what shows so much done of all, below a label."""

    def show(done: int, total: int) -> None:
        progress.show(min(1.0, done / total) if total else 1.0, label)

    return show
