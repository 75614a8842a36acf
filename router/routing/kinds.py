"""What each kind of field does with the values in its template, and with a value that fills it alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from types import GeneratorType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Undefined
from markupsafe import Markup

from router.plugin import HEADER, HTML, JSON, MRKDWN, NAME, PATH, TEXT, URL, Kind
from router.routing import markup
from router.routing.bounds import budget
from router.routing.sandbox import Sandbox
from router.routing.values import OMIT, ValueFault, called, clean, to_text

#: An element whose type says what it is (a number, a flag): rendered typed, judged by the model.
VALUE = Kind("value")
#: A var: its value stays as it is, markup included, until a field uses it.
VAR = Kind("var")
RAW_ALLOWED = frozenset({TEXT, HTML, MRKDWN, JSON, VALUE, VAR})
FROM_FILE = frozenset({TEXT, HTML})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")


def _percent(value: Any) -> str:
    return quote(to_text(value), safe="")


_INSIDE: dict[Kind, Callable[[Any], str]] = {
    HTML: markup.html,
    MRKDWN: markup.mrkdwn,
    URL: _percent,
    PATH: _percent,
}


@cache
def sandbox(kind: Kind) -> Sandbox:
    """Return the environment that templates of a kind are compiled in."""
    inside = _INSIDE.get(kind, to_text)

    def finalize(value: Any) -> str:
        text = inside(value)
        budget().printed(len(text))
        return text

    if kind == HTML:  # escaped above; autoescape is for what macros and `set` blocks make
        return Sandbox(lambda value: Markup(finalize(value)), autoescape=True)  # noqa: S704 - just escaped
    return Sandbox(finalize, marker=markup.SlackMarkup if kind == MRKDWN else markup.Raw)


def finished(kind: Kind, text: str) -> str:
    """Return a text that a template of the kind made, checked as a whole; raises ValueFault."""
    if kind == URL:
        return _address(text)
    if kind == PATH:
        return _path(text)
    if kind == HEADER:
        return _header(text)
    return str(text)


def filled(kind: Kind, value: Any) -> Any:
    """Return the value that fills a field of the kind alone, in the field's type; raises ValueFault."""
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    if value is OMIT:
        return value
    if kind in (JSON, VALUE):
        return clean(value)
    if kind == VAR:
        return list(value) if isinstance(value, GeneratorType) else value
    if called(value) in ("a list", "a mapping"):
        raise ValueFault(f"{called(value)} cannot stand in a field of text")
    if kind == HTML:
        return markup.html(value)
    if kind == MRKDWN:
        return markup.mrkdwn(value)
    return finished(kind, str(to_text(value)))


def constant(kind: Kind, value: Any) -> Any:
    """Return a value of the configuration in the field's type: written by its author, so never escaped."""
    return value if value is None or kind in (JSON, VALUE, VAR, NAME) else finished(kind, str(to_text(value)))


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and not _UNFIT.search(text)
    except ValueError:
        fits = False
    if not fits:
        said = "; a value inside an address is percent-encoded" if re.match(r"https?%3a", text, re.I) else ""
        raise ValueFault(f"`{_short(text)}` is not an http(s) address{said}")
    _no_dots(parts.path)
    return text


def _path(text: str) -> str:
    if not text.startswith("/") or text.startswith("//") or _UNFIT.search(text):
        raise ValueFault(f"`{_short(text)}` is not a path: it starts with one `/` and holds no blanks")
    _no_dots(text.split("?", 1)[0].split("#", 1)[0])
    return text


def _no_dots(path: str) -> None:
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        raise ValueFault("a part of the path is `.` or `..`, which leads elsewhere")


def _header(text: str) -> str:
    if _CONTROL.search(text.replace("\t", " ")):
        raise ValueFault("a header cannot hold line breaks or control characters")
    return text


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
