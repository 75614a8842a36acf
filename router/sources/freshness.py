"""Reads the time that a signature covers, and tells whether it is near enough to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from router.errors import Rejected
from router.model import RawRequest
from router.sources.moment import read_moment
from router.sources.scheme import refuse

TOLERANCE = 300.0
"""Seconds that a sender's clock may differ, both ways, where nothing else is said."""

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}")
_DIGITS = re.compile(r"[1-9][0-9]{0,14}")


def read_timestamp(text: str, name: str, *, unit: str = "s") -> datetime:
    """Return the moment that `name` (a header, in the words of a reason) gives.

    `s` and `ms` are whole seconds and milliseconds since the epoch: plain digits without leading zeros.
    `iso` is ISO 8601 (RFC 3339) with date and time; without an offset it is UTC.
    """
    if unit == "iso":
        found = read_moment(text) if _ISO.match(text) else None
        if found is None:
            raise refuse(f"{name} is not a time: ISO 8601 was expected")
        return found
    if not _DIGITS.fullmatch(text):
        raise refuse(f"{name} is not a time: plain digits were expected")
    try:
        return datetime.fromtimestamp(0, UTC) + int(text) * timedelta(milliseconds=1 if unit == "ms" else 1000)
    except OverflowError:
        raise refuse(f"{name} is a time far in the future") from None


def write_timestamp(at: datetime, unit: str) -> str:
    """Return a moment as a sender writes it."""
    if unit == "iso":
        return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    milliseconds = int(at.timestamp() * 1000)
    return str(milliseconds if unit == "ms" else milliseconds // 1000)


def sent_in(request: RawRequest, name: str) -> datetime | None:
    """Return the moment that a header names; None where it is missing or cannot be read."""
    try:
        return read_timestamp(request.header(name) or "", name)
    except Rejected:
        return None


def check_freshness(sent: datetime, now: datetime, tolerance: float) -> None:
    """Return where the two are at most `tolerance` seconds apart, else raise Rejected."""
    late = (now - sent).total_seconds()
    if late > tolerance:
        raise refuse(f"the timestamp is {late:.0f} s old, and at most {tolerance:g} s are allowed")
    if late < -tolerance:
        raise refuse(f"the timestamp is {-late:.0f} s in the future, and at most {tolerance:g} s are allowed")
