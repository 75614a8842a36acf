"""Places in a payload that a person names: `data.items.*.name`, `payload.note`, `data.items[0]['a.b']`."""

from __future__ import annotations

import re
from typing import Any

from router.masking.masker import Path

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\*|'[^']*'|\"[^\"]*\")\]")


class Unplaced(Exception):
    """There is no such place; it says why."""


def place_of(text: str, payload: Any, data: Any) -> Path:
    """Return the path from the payload's root; raises Unplaced. `data` is the part that routes call so."""
    steps = _steps(text)
    root, rest = steps[0], steps[1:]
    if root == "payload":
        path = rest
    elif root == "data":
        above = _way_to(data, payload, ())
        if above is None:
            raise Unplaced(f"`{text}`: the event has no `data`; name it from `payload`")
        path = (*above, *rest)
    else:
        raise Unplaced(f"`{text}` begins with `{root}`: write `data.{text}` or `payload.{text}`")
    if not _exists(payload, path):
        raise Unplaced(f"`{text}` is not in the payload")
    return path


def _steps(text: str) -> Path:
    steps, at = [], 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            break
        steps.append(match[1] or match[2].strip("'\""))
        at = match.end()
    if not steps or at < len(text):
        raise Unplaced(f"`{text}` is no path: write it as in data.items.*.name")
    return tuple(steps)


def _way_to(wanted: Any, value: Any, path: Path) -> Path | None:
    if value is wanted:
        return path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        if isinstance(one, dict | list) and (found := _way_to(wanted, one, (*path, step))) is not None:
            return found
    return None


def _exists(value: Any, path: Path) -> bool:
    if not path:
        return True
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        if step == "*":
            return any(_exists(inner, rest) for inner in value.values())
        return step in value and _exists(value[step], rest)
    if isinstance(value, list):
        if step == "*":
            return not value or any(_exists(inner, rest) for inner in value)
        return str(step).isdigit() and int(step) < len(value) and _exists(value[int(step)], rest)
    return False
