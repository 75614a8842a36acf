"""Jinja's filters as templates get them: bounded, free of chance, and kind to null."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from types import GeneratorType
from typing import Any, cast

from jinja2 import Undefined
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from router.routing import text_filters
from router.routing.bounds import WIDTH, BoundsError, budget, counted, weighed, width
from router.routing.markup import slack_link
from router.routing.values import ValueFault, to_text

#: `random` is no pure function; the others print reprs, run slow patterns or reach attributes.
_LEFT_OUT = frozenset({"random", "pprint", "urlize", "xmlattr", "attr", "safe", "tojson"})
_OF_TEXT = frozenset(
    [
        "capitalize",
        "center",
        "forceescape",
        "indent",
        "lower",
        "replace",
        "string",
        "title",
        "trim",
        "truncate",
        "upper",
        "urlencode",
        "wordcount",
        "wordwrap",
    ]
)
_SIZED = frozenset(["batch", "center", "filesizeformat", "indent", "round", "slice", "truncate", "wordwrap"])
_CONTAINERS = (dict, list, tuple, Mapping)  # the abstract one last: it is slow to ask
_KEY = re.compile(r"%\([^()]*\)")
_WIDE = re.compile(r"%[^a-zA-Z%]*(\d{4,}|\*|\()")


def weigh(value: Any) -> None:
    """Count a value as work: a text by its characters, anything else by its elements."""
    if isinstance(value, str):
        budget().work(1 + len(value) // 16)
    elif isinstance(value, _CONTAINERS):
        budget().work(1 + len(value))


def _bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    place = 1 if getattr(filter_, "jinja_pass_arg", None) else 0

    @functools.wraps(filter_)
    def run(*args: Any, **kwargs: Any) -> Any:
        given = list(args)
        value = given[place]
        pairs = name == "urlencode" and isinstance(value, Mapping | list)
        if name in _OF_TEXT and not pairs and not isinstance(value, str | Undefined):
            given[place] = value = to_text(value)
        weigh(value)
        if name in _SIZED:
            for more in (*given[place + 1 :], *kwargs.values()):
                width(more, f"`{name}`")
        result = filter_(*given, **kwargs)
        if isinstance(result, GeneratorType):
            return weighed(result)
        weigh(result)
        return result

    return run


def _replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    return replaced(to_text(value), to_text(old), to_text(new), -1 if count is None else count)


def replaced(text: str, old: str, new: str, count: int = -1) -> str:
    """Replace in a text, unless the result would be giant."""
    budget().work((text.count(old) * len(new) + len(text)) // 16)
    return text.replace(old, new, count)


def _format(form: Any, *args: Any, **kwargs: Any) -> str:
    text = to_text(form)
    if _WIDE.search(_KEY.sub("%", text)):
        raise BoundsError(f"`format` takes widths up to {WIDTH - 1}, and no brackets in names")
    longest = max((_printed(value) for value in (*args, *kwargs.values())), default=0)
    budget().work(text.count("%") * (WIDTH + longest) // 16)  # before it is made: it may be giant
    return str(text) % (kwargs or args)


def _printed(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(str(value))


def _wordwrap(filter_: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(filter_)
    def run(environment: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and len(value) > 10_000:
            raise BoundsError("`wordwrap` takes at most 10,000 characters")
        between = max((len(more) for more in (*args, *kwargs.values()) if isinstance(more, str)), default=0)
        budget().work(len(value) * between // 16)
        return filter_(environment, value, *args, **kwargs)

    return run


def _indent(filter_: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(filter_)
    def run(value: Any, width: Any = 4, *args: Any, **kwargs: Any) -> Any:
        margin = len(width) if isinstance(width, str) else int(width)
        budget().work(len(value.splitlines()) * margin // 16)  # before it is made: it may be giant
        return filter_(value, width, *args, **kwargs)

    return run


def _raw_as(marker: type[str]) -> Callable[[Any], str]:
    def raw(value: Any) -> str:
        return marker(to_text(value))

    return raw


def touch(value: Any) -> Any:
    """Count a container that `in` searches; the container itself comes back."""
    weigh(value)
    return value


def concat(first: Any, *rest: Any) -> str:
    """Join with `~`: as text, so that null is empty."""
    return text_filters.glue("", [first, *rest])


def filters(marker: type[str]) -> dict[str, Callable[..., Any]]:
    """Return every filter; `marker` is the type of text that `raw` makes."""
    jinja = {name: f for name, f in FILTERS.items() if name not in _LEFT_OUT}
    jinja["wordwrap"] = _wordwrap(jinja["wordwrap"])
    jinja["indent"] = _indent(jinja["indent"])
    raw = _raw_as(marker)
    own: dict[str, Callable[..., Any]] = {
        "string": to_text, "replace": _replace, "format": _format, "join": text_filters.join,
        "striptags": text_filters.striptags, "sum": text_filters.total,
        "number": text_filters.number, "money": text_filters.money, "datetime": text_filters.to_datetime,
        "date": text_filters.date, "json": text_filters.json, "tojson": text_filters.json,
        "sha256": text_filters.sha256, "slack_link": slack_link, "raw": raw, "safe": raw,
    }  # fmt: skip
    found = {name: _bounded(name, f) for name, f in {**jinja, **own}.items()}
    found["default"] = found["d"] = text_filters.default
    found.update(_counted=counted, _concat=concat, _touch=touch)
    return found


def tests() -> dict[str, Callable[..., Any]]:
    """Return every test; `in` counts what it searches."""

    def contained(value: Any, container: Any) -> bool:
        weigh(container)
        return value in container

    found: dict[str, Callable[..., Any]] = {**cast(dict[str, Callable[..., Any]], TESTS)}
    found["in"] = contained
    return found


def public_names(known: Mapping[str, Any]) -> list[str]:
    """Return the names that people may write."""
    return [name for name in known if not name.startswith("_")]


__all__ = ["ValueFault", "concat", "filters", "public_names", "replaced", "tests", "touch", "weigh"]
