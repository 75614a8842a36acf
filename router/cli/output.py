"""What commands print: tables, JSON, and colour where a person looks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from router.printable import printable, to_the_second

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def colored(stream: Any = None) -> bool:
    """Whether colour is wanted: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return (stream or sys.stdout).isatty() and not os.environ.get("NO_COLOR")


class Paint:
    """Colours texts; leaves them as they are where it is not `on`."""

    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        """Return the text in these styles."""
        if not self.on or not styles:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def safe(value: object) -> str:
    """Return a text that cannot move the cursor or forge a line: control characters are written out."""
    return printable(str(value))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out under a head, as wide as they need to be; the last column may be of any length."""
    lines = [[safe(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def when(moment: datetime | None) -> str:
    """Write a time to the second, and nothing for none."""
    return "" if moment is None else to_the_second(moment)


def dump(value: Any) -> str:
    """Write a value as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
