"""The methods that a template may call, such as `.split()`: those that cannot make giant values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from jinja2.runtime import LoopContext, Macro
from markupsafe import Markup

from router.routing import text_filters
from router.routing.bounds import budget, width
from router.routing.filters import replaced, weigh
from router.routing.values import to_text

_TEXT = frozenset(
    [
        "upper",
        "lower",
        "strip",
        "lstrip",
        "rstrip",
        "title",
        "capitalize",
        "swapcase",
        "casefold",
        "startswith",
        "endswith",
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "find",
        "rfind",
        "index",
        "rindex",
        "count",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isprintable",
        "isspace",
        "istitle",
        "isupper",
        "removeprefix",
        "removesuffix",
    ]
)
_SIZED = frozenset({"center", "ljust", "rjust", "zfill"})
_MAPPING = frozenset({"items", "keys", "values", "get"})
_LIST = frozenset({"index", "count"})
_TIME = frozenset(["date", "timestamp", "weekday", "isoweekday", "isoformat"])
_NUMBER = frozenset({"is_integer", "bit_length"})
#: Every method that some value has.
METHODS = _TEXT | _SIZED | _MAPPING | _LIST | _TIME | _NUMBER | {"strftime", "join", "replace", "cycle", "changed"}


def method(value: Any, name: str) -> Callable[..., Any] | None:
    """Return the method, bounded; None where the value has no such method, or none for templates."""
    if isinstance(value, str):
        return _of_text(value, name)
    if isinstance(value, LoopContext):
        return getattr(value, name, None) if name in ("cycle", "changed") else None
    if isinstance(value, Macro) or value is None:
        return None
    if isinstance(value, date) and name == "strftime":
        return lambda form: text_filters.date(value, form)
    allowed: frozenset[str] = frozenset()
    for types, names in ((Mapping, _MAPPING), ((list, tuple), _LIST), (date, _TIME), ((int, float), _NUMBER)):
        if isinstance(value, types):
            allowed = names
            break
    if name not in allowed:
        return None
    weigh(value)
    found: Callable[..., Any] | None = getattr(value, name, None)
    return found


def _of_text(value: str, name: str) -> Callable[..., Any] | None:
    plain = value if isinstance(value, Markup) else str(value)
    if name == "join":
        return lambda items: text_filters.join(items, plain)
    if name == "replace":
        return lambda old, new, count=-1: replaced(plain, to_text(old), to_text(new), count)
    if name not in _TEXT | _SIZED:
        return None
    found: Callable[..., Any] = getattr(plain, name)
    budget().work(1 + len(plain) // 16)
    if name in _TEXT:
        return found

    def sized(wide: int, *more: Any) -> Any:
        width(wide, f"`{name}`")
        return found(wide, *more)

    return sized
