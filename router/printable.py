"""Makes foreign texts harmless where people read them: a log line, a reason, a table."""

from __future__ import annotations

import unicodedata

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
