"""Keeps requests that are not even HTTP, and connections without end, from filling the log with tracebacks."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError


class Malformed(logging.Filter):
    """Turns aiohttp's report of a malformed request into one line at WARNING, as for any other refusal.

    aiohttp answers those itself, before any handler: bad request lines, headers and chunk sizes, headers that
    are too long.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change such a record; keep every record."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = "refused 400: malformed HTTP (%s)", (type(error).__name__,)
            record.exc_info = record.exc_text = None
        return True


class Exhausted(logging.Filter):
    """Lets asyncio say once in `pause` seconds that no connection can be accepted, not hundreds of times a second.

    It says so, with a traceback, for every connection that waits while the process has no file to open left.
    """

    def __init__(self, pause: float = 10.0) -> None:
        super().__init__()
        self._pause = pause
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop such a record that comes too soon after the last one; keep every other."""
        if not str(record.msg).startswith("socket.accept() out of system resource"):
            return True
        if record.created - self._last < self._pause:
            return False
        self._last = record.created
        record.msg = "too many open files: no connection can be accepted until others end (raise `ulimit -n`)"
        record.args, record.exc_info, record.exc_text = (), None, None
        return True


_MALFORMED, _EXHAUSTED = Malformed(), Exhausted()


def quieten() -> None:
    """Do both from now on; more than once does nothing."""
    logging.getLogger("aiohttp.server").addFilter(_MALFORMED)
    logging.getLogger("asyncio").addFilter(_EXHAUSTED)
