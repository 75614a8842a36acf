"""Keeps requests that are not even HTTP from filling the log with tracebacks."""

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


_FILTER = Malformed()


def quieten() -> None:
    """Do so for aiohttp's server from now on; more than once does nothing."""
    logging.getLogger("aiohttp.server").addFilter(_FILTER)
