"""Sample payloads of the providers: ours, with the fields and types of the real ones."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

SAMPLES_MADE_AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
"""The moment that every sample was written for: its times are moved by what has passed since."""

_NEAR = timedelta(days=400)
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{3})?(Z|[+-]\d\d:\d\d)")
_SAMPLES = files("router.sources") / "samples"


@cache
def sample_types(provider: str) -> list[str]:
    """Return the event types of which there is a sample, in order; none for an unknown provider."""
    folder = _SAMPLES / provider
    if not provider.replace("-", "").isalnum() or not folder.is_dir():
        return []
    names = [file.name for file in folder.iterdir() if file.name.endswith(".json")]
    return sorted(name.removesuffix(".json").replace("__", "/").replace("%3A", ":") for name in names)


def sample(provider: str, type_: str, now: datetime) -> dict[str, Any]:
    """Return the payload of a sample as if it had happened now; KeyError where there is none.

    The ids in it stay the same, so that a row that one event inserts is updated by the next; the id of the
    event is in its headers.
    """
    if type_ not in sample_types(provider):
        raise KeyError(f"{provider}/{type_}")
    file = _SAMPLES / provider / f"{type_.replace('/', '__').replace(':', '%3A')}.json"
    payload: dict[str, Any] = moved(json.loads(file.read_text(encoding="utf-8")), now - SAMPLES_MADE_AT)
    return payload


def moved(value: Any, by: timedelta) -> Any:
    """Return a copy of a tree with every time in it moved.

    A time is a whole number of seconds or milliseconds that is near to SAMPLES_MADE_AT, or an ISO 8601 text.
    """
    if isinstance(value, dict):
        return {key: moved(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, by) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        for unit in (1, 1000):
            if abs(value - SAMPLES_MADE_AT.timestamp() * unit) < _NEAR.total_seconds() * unit:
                return value + int(by.total_seconds() * unit)
    if isinstance(value, str) and (found := _ISO.fullmatch(value)):
        when = datetime.fromisoformat(value) + by
        fraction = f".{when.microsecond // 1000:03}" if found[2] else ""
        return f"{when:%Y-%m-%dT%H:%M:%S}{fraction}{found[3]}"
    return value
