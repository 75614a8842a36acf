"""The lines of an explanation: indented, coloured, free of control characters, and of a sane length."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from router.cli.output import Paint, safe
from router.config.report import excerpt as around

_MOST = 4000  # characters of one value that are shown
_WIDTH = 110


class Page:
    """Gathers lines; `verbose` leaves nothing out."""

    def __init__(self, paint: Paint, *, verbose: bool) -> None:
        self.paint = paint
        self.verbose = verbose
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self._lines)

    def say(self, line: str = "", depth: int = 0) -> None:
        """Add a line; what is foreign in it has to be safe already."""
        self._lines.append(f"{'  ' * depth}{line}".rstrip())

    def fold(self, text: str, depth: int, *styles: str, lead: str = "") -> None:
        """Add a text of any length, on as many lines as it needs; `lead` stands before the first."""
        width = max(40, _WIDTH - 2 * depth - len(lead))
        lines = textwrap.wrap(safe(text), width, break_long_words=False, break_on_hyphens=False) or [""]
        for number, line in enumerate(lines):
            before = lead if number == 0 else " " * len(lead)
            self.say(before + self.paint(line, *styles), depth)

    def value(self, value: Any, depth: int) -> None:
        """Add a tree, as JSON; one text or number stands alone."""
        text = json.dumps(value, indent=2, ensure_ascii=False)
        if len(text) > _MOST and not self.verbose:
            text = text[:_MOST] + f"\n... ({len(text) - _MOST:,} more characters: --verbose)"
        for line in text.split("\n"):
            self.say(safe(line), depth)

    def short(self, value: Any, most: int = 90) -> str:
        """Return a value on one line."""
        text = json.dumps(value, ensure_ascii=False)
        return safe(text if len(text) <= most or self.verbose else text[: most - 1] + "…")

    def place(self, found: Mapping[str, Any] | None, depth: int) -> None:
        """Add the line of a file with a caret under what is wrong there, if that is known."""
        if found is None:
            return
        shown, caret = around(found["text"], found["column"] - 1, found["length"])
        self.say(self.paint(shown, "dim"), depth)
        self.say(self.paint(caret, "red"), depth)
