"""What people read in a log line, a reason, a table: foreign texts made harmless, and times."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

_ACTIVE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # control, format, surrogate, line and paragraph separator


def printable(text: str) -> str:
    r"""Return the text with everything that could move a cursor or forge a line written out, as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape", "surrogatepass").decode() if unicodedata.category(char) in _ACTIVE else char
        for char in text
    )


def one_line(text: str, longest: int) -> str:
    """Return the text as one printable line, cut to `longest` characters."""
    line = printable(" ".join(text[: longest * 8].split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def to_the_second(moment: datetime) -> str:
    """Return a time as people and programs read it: UTC, to the second, `2026-11-23T22:19:55Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
