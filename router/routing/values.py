"""Values between payload, template and JSON: how each becomes text, and what may stand in a tree."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import GeneratorType
from typing import Any, Final

from jinja2 import Undefined

from router.routing.bounds import budget


class ValueFault(Exception):
    """A value that cannot stand where it is used; the text says why."""


class Omit:
    """The type of `omit`: a key or element with this value is left out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "omit"


OMIT: Final = Omit()


def iso(value: datetime) -> str:
    """Return a time as ISO 8601 in UTC, with milliseconds and Z."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def called(value: Any) -> str:
    """Return what a person calls the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set | GeneratorType):
        return "a list"
    return "a time" if isinstance(value, date) else f"a {type(value).__name__}"


def to_text(value: Any) -> str:
    """Return a value as text: null is empty, true is `true`, a time is ISO 8601; raises ValueFault for trees."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, Undefined):
        return str(value)  # raises, naming what is missing
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is OMIT:
        raise ValueFault("`omit` must be the whole value")
    hint = ": use `| join(', ')` or `| json`" if called(value) in ("a list", "a mapping") else ""
    raise ValueFault(f"{called(value)} cannot stand in a text{hint}")


def clean(value: Any) -> Any:
    """Return a tree of JSON types: times as text, generators as lists, `omit` left out; raises ValueFault."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value) if type(value) is not str else value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueFault(f"{value} is not a number that JSON knows")
        return value
    if isinstance(value, Mapping):
        budget().work(len(value))
        return {_key(key): clean(inner) for key, inner in value.items() if inner is not OMIT}
    if isinstance(value, list | tuple | set | GeneratorType):
        return _list(value)
    if isinstance(value, Undefined | date):
        return to_text(value)
    if value is OMIT:
        return value
    if isinstance(value, Iterable) and not callable(value):
        return _list(value)
    raise ValueFault(f"{called(value)} is no value that JSON knows")


def _list(items: Iterable[Any]) -> list[Any]:
    mine, found = budget(), []
    for item in items:
        mine.work(1)
        if item is not OMIT:
            found.append(clean(item))
    return found


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str(key)
    raise ValueFault(f"a key must be a text, not {called(key)}")
