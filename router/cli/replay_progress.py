"""How far a replay has come: a bar on a terminal, else a line for every tenth."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from router.cli.output import safe

_WIDTH = 24
_CLEAR = "\r\x1b[K"


class ReplayProgress:
    """Shows what a running replay says of itself; `bar` writes over one line."""

    def __init__(self, write: Callable[[str], object], *, bar: bool) -> None:
        self._write = write
        self._bar = bar
        self._counted = False
        self._tenths = 0
        self._trouble: str | None = None

    @classmethod
    def on(cls, stream: TextIO = sys.stderr) -> ReplayProgress:
        """Return one that fits the stream."""

        def write(text: str) -> None:
            stream.write(text)
            stream.flush()

        return cls(write, bar=stream.isatty())

    def show(self, said: Mapping[str, Any]) -> None:
        """Show how it stands now; once, what it has counted."""
        if not self._counted and (expected := said.get("expected")) is not None:
            self._counted = True
            self._write((_CLEAR if self._bar else "") + _counts(expected) + "\n")
        if self._bar:
            self._write(_CLEAR + _line(said, bar=True))
            return
        trouble = said.get("trouble")
        tenths = int(10 * _share(said))
        if tenths > self._tenths or (trouble is not None and trouble != self._trouble):
            self._write(_line(said, bar=False) + "\n")
        self._tenths, self._trouble = max(tenths, self._tenths), trouble

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self._bar:
            self._write(_CLEAR)


def _line(said: Mapping[str, Any], *, bar: bool) -> str:
    expected = said.get("expected")
    if expected is None:
        text = f"counting: {said.get('counted', 0):,} events"
    else:
        share = _share(said)
        filled = int(_WIDTH * share)
        drawn = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] " if bar else ""
        made = f"{said['deliveries']:,} new deliveries"
        text = f"{drawn}{share:4.0%}  {said['events']:,} of {expected['events']:,} events, {made}"
    return text + (f" (waits: {safe(said['trouble'])})" if said.get("trouble") else "")


def _counts(expected: Mapping[str, Any]) -> str:
    made = ", ".join(f"{safe(name)} {of['deliveries']:,}" for name, of in expected["destinations"].items())
    text = f"{expected['events']:,} events fit: {expected['deliveries']:,} new deliveries"
    return text + (f" ({made})" if made else "") + f", {expected['left_out']:,} left out"


def _share(said: Mapping[str, Any]) -> float:
    expected = said.get("expected")
    if not expected:
        return 0.0
    return min(1.0, said["events"] / expected["events"]) if expected["events"] else 1.0
