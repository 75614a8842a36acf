"""Durations, sizes, rates and shares as people write them: `500ms 10s 5m 2h 3d`, `64KiB`, `2/s 100/m`, `50%`."""

from __future__ import annotations

import math
import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 3650 * 86400.0
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
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


def rate(text: str) -> float:
    """Return the seconds between two starts, infinite for a rate of 0; raises ValueError with the wanted form."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)/(s|m|h|d)", text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a rate: write 2/s, 100/m, 500/h or 1000/d")
    count = float(match[1])
    return _SECONDS[match[2]] / count if count else math.inf


_WORDS = (
    (r"(ms|msecs?|milliseconds?)", "ms"),
    (r"(s|secs?|seconds?)", "s"),
    (r"(m|mins?|minutes?)", "m"),
    (r"(h|hrs?|hours?)", "h"),
    (r"(d|days?)", "d"),
)


def meant(text: str) -> str | None:
    """Return a duration, size or rate as it is written here, of one that is written in another way."""
    said = text.strip().lower()
    if match := re.fullmatch(r"(\d{1,6})\s*([kmg])i?b?", said):
        return f"{match[1]}{match[2].upper()}iB" if said[-1] == "b" else None
    if match := re.fullmatch(r"(\d{1,6})\s*w(?:eeks?)?", said):
        return f"{int(match[1]) * 7}d"
    if match := re.fullmatch(r"(\d{1,6})\s*(?:/|per|rp)\s*(\w+)", said):
        unit = _unit(match[2])
        return f"{match[1]}/{unit}" if unit and unit != "ms" else None
    if match := re.fullmatch(r"(?:(\d{1,4})h)?\s*(?:(\d{1,4})m)?\s*(?:(\d{1,4})s)?", said):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return f"{(hours * 60 + minutes) * 60 + seconds}s" if sum(map(bool, match.groups())) > 1 else None
    if match := re.fullmatch(r"(\d{1,6})\s*([a-z]+)", said):
        unit = _unit(match[2])
        return f"{match[1]}{unit}" if unit else None
    return None


def _unit(word: str) -> str | None:
    return next((unit for pattern, unit in _WORDS if re.fullmatch(pattern, word)), None)


def share(text: str) -> float:
    """Return a part of the whole, 0.5 for `50%`; raises ValueError with the form that is wanted."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%", text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a share: write 50%")
    return float(match[1]) / 100


def span(seconds: float) -> str:
    """Write a duration for people, in its two largest units (`2d 4h`, `1m 30s`); under a second in ms."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))}ms"
    rest, words = int(seconds), []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words[:2])
