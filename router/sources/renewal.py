"""Gives a sample an id of its own, where its sender writes the id into the body."""

from __future__ import annotations

import copy
import hashlib
import re
from typing import Any

from router.sources.locator import Locator
from router.sources.source import Source
from router.sources.split import Part

_PLAIN = re.compile(r"\$((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")


def renewed(source: Source, payload: Any, message_id: str) -> Any:
    """Return a copy whose id is this one, so that it is no duplicate of what was sent before.

    A number stays a number, made from the id; of several events in one request each gets one. A payload without
    an id in it, or with one at a place that is no plain path, is returned as it is.
    """
    steps = _steps(source)
    if not steps:
        return payload
    payload = copy.deepcopy(payload)
    parts = source.split.parts(payload) if source.split is not None else [Part(payload, payload)]
    for number, part in enumerate(parts):
        inner = part.element
        for step in steps[:-1]:
            inner = inner.get(step) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and steps[-1] in inner:
            inner[steps[-1]] = _like(inner[steps[-1]], f"{message_id}_{number}" if number else message_id)
    return payload


def _steps(source: Source) -> list[str]:
    """Return the names on the way to the id; none where it is no plain path in the body.

    Of what `dedupe` makes an id of, only `$.id` is one of the event; what else it names is of other things.
    """
    if source.dedupe is not None:
        return ["id"] if any(_text(place) == "$.id" for place in source.dedupe.key) else []
    found = _PLAIN.fullmatch(_text(source.id_at))
    return found[1].split(".")[1:] if found else []


def _text(place: Locator | None) -> str:
    return place.path.text if place is not None and place.path is not None else ""


def _like(value: Any, message_id: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return int.from_bytes(hashlib.sha256(message_id.encode()).digest()[:6], "big")
    return message_id
