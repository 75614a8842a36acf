"""Durations, sizes and counts as people write them: `500ms 10s 5m 2h 3d`, `64KiB 1MiB`."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 3650 * 86400.0
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def duration(text: str) -> float:
    """Return seconds; raises ValueError with the form that is wanted."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(ms|s|m|h|d)", text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a duration: write 500ms, 10s, 5m, 2h or 3d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > _LONGEST:  # what is counted from now on must still be a date
        raise ValueError(f"`{text}` is too long: a duration is at most 3650d")
    return seconds


def size(text: str) -> int:
    """Return bytes; raises ValueError with the form that is wanted."""
    match = re.fullmatch(r"([0-9]{1,12})(B|KiB|MiB|GiB)", text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a size: write 512B, 64KiB, 1MiB or 2GiB")
    return int(match[1]) * _BYTES[match[2]]
