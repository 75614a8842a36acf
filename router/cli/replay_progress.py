"""How far a replay has come, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.cli.output import safe
from router.cli.progress import Progress


class ReplayProgress:
    """Shows what a running replay says of itself."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._counted = False
        self._trouble: str | None = None

    def show(self, said: Mapping[str, Any]) -> None:
        """Show how it stands now; once, what it has counted."""
        expected = said.get("expected")
        if not self._counted and expected is not None:
            self._counted = True
            self._progress.say(_counts(expected))
        trouble = said.get("trouble")
        new = trouble is not None and trouble != self._trouble
        self._trouble = trouble
        waits = f" (waits: {safe(trouble)})" if trouble else ""
        if expected is None:
            self._progress.show(None, f"counting: {said.get('counted', 0):,} events{waits}", now=new)
            return
        made = f"{said['deliveries']:,} new deliveries"
        text = f"{said['events']:,} of {expected['events']:,} events, {made}{waits}"
        self._progress.show(_share(said["events"], expected["events"]), text, now=new)

    def end(self) -> None:
        """Leave the line to what comes next."""
        self._progress.end()


def _counts(expected: Mapping[str, Any]) -> str:
    made = ", ".join(f"{safe(name)} {of['deliveries']:,}" for name, of in expected["destinations"].items())
    text = f"{expected['events']:,} events fit: {expected['deliveries']:,} new deliveries"
    return text + (f" ({made})" if made else "") + f", {expected['left_out']:,} left out"


def _share(done: int, total: int) -> float:
    return min(1.0, done / total) if total else 1.0
