"""What an action returns, made fit for the journal: plain JSON, without secrets, of bounded size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from router.redaction import Redactor

LIMIT = 16 * 1024
"""Bytes of JSON that are kept of one attempt's facts."""

_MARK = "cut"
_ROOM = LIMIT - 256  # for the mark, and the punctuation between the entries


def tidy(returned: object, redactor: Redactor) -> tuple[dict[str, Any], str | None]:
    """Return the facts to record, and a complaint where the action returned what are no facts.

    Never raises: whatever came back, the effect has happened, and the delivery counts as delivered.
    """
    if returned is None:
        return {}, None
    if not isinstance(returned, Mapping):
        return _unusable(f"`execute` returned {_article(returned)}, not a mapping or None")
    try:
        facts = json.loads(_text(redactor.tree(_plain(returned))))
    except BaseException as error:  # hostile or cyclic: anything may come out of a plugin's own objects
        return _unusable(f"`execute` returned facts that are no JSON ({type(error).__name__})")
    return (facts if _size(facts) <= LIMIT else _cut(facts)), None


def _unusable(complaint: str) -> tuple[dict[str, Any], str]:
    return {"note": complaint}, complaint


def _article(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return f"<{type(value).__name__}>"


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _size(value: Any) -> int:
    return len(_text(value))  # ASCII: one byte a character


def _cut(facts: dict[str, Any]) -> dict[str, Any]:
    """Keep the entries that fit, in their order, and the beginning of long texts."""
    kept: dict[str, Any] = {}
    left = _ROOM
    for key, value in facts.items():
        cost = _size({key: value})
        if cost > left and isinstance(value, str):
            value = value[: max(0, left - _size({key: ""})) // 6]  # \uXXXX: a character takes 6 bytes at most
            cost = _size({key: value})
        if cost <= left and value != "":
            kept[key] = value
            left -= cost
    kept[_MARK] = f"cut at {LIMIT // 1024} KiB, was {_size(facts)} bytes"
    return kept
