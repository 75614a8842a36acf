"""Follows a path that selects nothing: how far it goes, what is there instead, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any

from router.jsonpath import DottedPath, JsonPath
from router.routing.condition_value import named, written

KEYS = 8
"""Keys of an object that are named."""
_SEARCHED = 2000  # values that are gone through for one of the same name
_DEEPEST = 5
_COMMON = frozenset(("id", "name", "object", "type"))  # they stand everywhere, and mean nothing by themselves


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a path ends: `reached` is the deepest part that selects something; the others are '' where unknown."""

    reached: str
    there: str
    instead: str


def trace(path: DottedPath | JsonPath, names: Mapping[str, Any], payload: Any) -> Trace:
    """Say where a path that selects nothing ends."""
    reach = path.reach(payload) if isinstance(path, JsonPath) else path.reach(names)
    if not reach.values:
        return Trace("", "", "")
    instead = ""
    if reach.missing is not None:
        instead = _instead(path, reach.reached, reach.missing, reach.values, names, payload)
    elif isinstance(path, JsonPath) and reach.filtered and isinstance(reach.values[0], dict):
        plain = reach.reached.replace("$", "payload", 1)
        instead = f"a filter looks at the members of an object: for the object itself compare `{plain}.NAME`"
    return Trace(reach.reached, _there(reach.reached, reach.values, reach.rests, reach.missing), instead)


def _there(reached: str, values: list[Any], rests: Iterable[str], missing: str | None) -> str:
    """Say what the deepest part that exists is."""
    told = ", and ".join(rests)
    if told:
        return told
    first = values[0]
    if isinstance(first, Mapping):
        keys = list(dict.fromkeys(str(key) for value in values if isinstance(value, Mapping) for key in value))
        return f"`{reached}` has {keys_of(keys, missing)}" if keys else f"`{reached}` is an empty object"
    if isinstance(first, list):
        return (
            f"`{reached}` is a list of {len(first)}: {written(first)}"
            if first
            else f"`{reached}` is an empty list"
        )
    return f"`{reached}` is {named(first)}"


def keys_of(keys: list[str], missing: str | None = None) -> str:
    """Name the first keys of an object, those that hold the name of a missing one before the others."""
    if not keys:
        return "no keys"
    if missing:
        part = _squeezed(missing)
        keys = sorted(keys, key=lambda key: part not in _squeezed(key))
    shown = ", ".join(f"`{key}`" for key in keys[:KEYS])
    return shown + (f" and {len(keys) - KEYS} more" if len(keys) > KEYS else "")


def _instead(
    path: DottedPath | JsonPath,
    reached: str,
    missing: str,
    values: list[Any],
    names: Mapping[str, Any],
    payload: Any,
) -> str:
    """Return what was probably meant, where that is one thing."""
    first = values[0]
    if isinstance(first, Mapping):
        folded = {str(key).lower(): str(key) for key in first}
        if near := get_close_matches(missing.lower(), folded, n=1, cutoff=0.7):
            return f"did you mean `{_joined(reached, folded[near[0]])}`?"
        squeezed = {_squeezed(str(key)): str(key) for key in first}
        if _squeezed(missing) in squeezed:
            return f"did you mean `{_joined(reached, squeezed[_squeezed(missing)])}`?"
    elif isinstance(first, list) and first and isinstance(first[0], Mapping) and missing in first[0]:
        return f"did you mean `{reached}{'[*]' if isinstance(path, JsonPath) else '.*'}.{missing}`?"
    if isinstance(path, JsonPath):
        root, start = "$", payload
    else:
        root, start = path.root, names.get(path.root)
    places = [] if missing in _COMMON else list(islice(_named(start, missing), 2))
    if len(places) == 1:
        return f"there is `{root}{places[0]}`"
    if root == "data" and isinstance(payload, Mapping) and missing in payload:
        return f"there is `payload.{missing}`, beside `data`"
    return ""


def _joined(reached: str, key: str) -> str:
    return f"{reached}.{key}" if key.replace("-", "_").isidentifier() else f"{reached}['{key}']"


def _squeezed(text: str) -> str:
    return text.replace("_", "").replace("-", "").lower()


def _named(start: Any, wanted: str) -> Iterator[str]:
    """Yield the ways to members of this name, the nearest first; never looks far."""
    level: list[tuple[str, Any]] = [("", start)]
    seen = 0
    for _ in range(_DEEPEST):
        below: list[tuple[str, Any]] = []
        for way, value in level:
            if isinstance(value, Mapping):
                inner = [(f"{way}.{key}", child) for key, child in value.items()]
                if wanted in value:
                    yield f"{way}.{wanted}"
            elif isinstance(value, list):
                inner = [(f"{way}[*]", child) for child in value[:1]]
            else:
                continue
            seen += len(inner)
            if seen > _SEARCHED:
                return
            below.extend(inner)
        level = below
