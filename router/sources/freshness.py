"""Reads the time that a signature covers, and tells whether it is near enough to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from router.errors import Rejected
from router.model import RawRequest
from router.sources.scheme import refuse

TOLERANCE = 300.0
"""Seconds that a sender's clock may differ, both ways, where nothing else is said."""

_DIGITS = re.compile(r"[1-9][0-9]{0,14}")


def read_timestamp(text: str, name: str, *, unit: str = "s") -> datetime:
    """Return the moment that a header names, in whole seconds or milliseconds since the epoch.

    Only plain digits without leading zeros: every accepted text is the one that was signed.
    """
    if not _DIGITS.fullmatch(text):
        raise refuse(f"the header `{name}` is not a time: plain digits were expected")
    try:
        return datetime.fromtimestamp(0, UTC) + int(text) * timedelta(milliseconds=1 if unit == "ms" else 1000)
    except OverflowError:
        raise refuse(f"the header `{name}` is a time far in the future") from None


def sent_in(request: RawRequest, name: str, *, unit: str = "s") -> datetime | None:
    """Return the moment that a header names; None where it is missing or cannot be read."""
    try:
        return read_timestamp(request.header(name) or "", name, unit=unit)
    except Rejected:
        return None


def check_freshness(sent: datetime, now: datetime, tolerance: float) -> None:
    """Return where the two are at most `tolerance` seconds apart, else raise Rejected."""
    late = (now - sent).total_seconds()
    if late > tolerance:
        raise refuse(f"the timestamp is {late:.0f} s old, and at most {tolerance:g} s are allowed")
    if late < -tolerance:
        raise refuse(f"the timestamp is {-late:.0f} s in the future, and at most {tolerance:g} s are allowed")
