"""Reads the time that a sender gives, in any of the common forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

MILLISECONDS_FROM = 10**11
"""A number under it is seconds since the epoch, else milliseconds."""

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_moment(value: Any) -> datetime | None:
    """Return an aware UTC time from a number or an ISO 8601 text; None for anything else.

    A text without an offset is UTC. Times before 1970 count as none, like 0, which senders write for "never".
    """
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return _iso(text)
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return None
    try:
        step = timedelta(seconds=1) if value < MILLISECONDS_FROM else timedelta(milliseconds=1)
        return _EPOCH + value * step
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    if len(text) > 64 or not text.isascii():
        return None
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found > _EPOCH else None
