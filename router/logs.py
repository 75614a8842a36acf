"""Log lines on standard error: one a line, as text or JSON, without secrets."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from router.printable import printable

_MOST_LINES = 80


class _Redacting(logging.Formatter):
    """Formats a record, then takes the secrets out of all of it, a traceback's text included."""

    def __init__(self, clean: Callable[[str], str], *, as_json: bool) -> None:
        super().__init__("%(message)s")
        self._clean = clean
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        text = self._clean(super().format(record))
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # A hostile value must not forge a line of its own, nor move a terminal's cursor.
        first, *rest = (printable(line) for line in text.split("\n"))
        if len(rest) > _MOST_LINES:  # an endless recursion has a traceback of thousands
            rest[_MOST_LINES // 2 : -_MOST_LINES // 2] = [f"... ({len(rest) - _MOST_LINES} lines left out)"]
        if self._as_json:
            text = "\n".join([first, *rest])
            line = {"at": at, "level": record.levelname, "logger": record.name, "message": text}
            return json.dumps(line, ensure_ascii=False)
        return "\n".join([f"{at} {record.levelname:<7} {record.name}: {first}", *(f"  {line}" for line in rest)])


def configure(clean: Callable[[str], str], *, as_json: bool = False, level: int = logging.INFO) -> None:
    """Send all log records to standard error; `clean` takes the secrets out of a text."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(clean, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiohttp.access", "slack_sdk", "asyncio", "sqlalchemy", "aiosqlite"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
