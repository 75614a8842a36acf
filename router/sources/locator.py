"""Where in a request a value stands: `$.path` in the payload, or `header:Name`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from router.jsonpath import JsonPath, PathError, compile_path
from router.model import RawRequest

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.6.2: what a header may be called
_ODD = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
LONGEST = 255
"""A type or an id may be this long, in characters; ids of real senders are far shorter."""


@dataclass(frozen=True, slots=True)
class Locator:
    """One place; exactly one of `header` and `path` is set. The first value that a path selects counts."""

    header: str | None = None
    path: JsonPath | None = None

    def find(self, request: RawRequest, payload: Any) -> Any:
        """Return the value, or None where there is none."""
        return self.find_in(payload) if self.header is None else request.header(self.header)

    def find_in(self, payload: Any) -> Any:
        """Return the value that the path selects in a payload, or None."""
        found = self.path.select(payload) if self.path else []
        return found[0] if found else None


def parse_locator(text: str) -> Locator:
    """Read `$.path` or `header:Name`; raises ValueError with what is wrong and what to write."""
    if text.startswith("header:"):
        name = text.removeprefix("header:").strip()
        if not is_header_name(name):
            raise ValueError(f"`{name}` cannot be the name of a header")
        return Locator(header=name)
    if not text.startswith("$"):
        raise ValueError(f"`{text}` is not a place in a request: write `$.path` or `header:Name`")
    try:
        return Locator(path=compile_path(text))
    except PathError as error:
        raise ValueError(str(error)) from None


def is_header_name(text: str) -> bool:
    """Tell whether a text can be the name of a header."""
    return _TOKEN.fullmatch(text) is not None


def as_word(value: Any) -> str | None:
    """Return a type or an id as text, or None for what cannot be one.

    Texts are stripped; whole and other numbers become text. Nothing else counts: not true or false, lists
    or mappings, an empty text, one longer than LONGEST, or one with control characters or lone surrogates.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value.bit_length() > LONGEST * 3:
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST and not _ODD.search(text) else None


def join_words(values: Sequence[Any]) -> str:
    """Return the words joined by a dot; missing ones are left out, and one odd one makes it all ''."""
    words = [as_word(value) for value in values if value is not None and value != ""]
    return ".".join(word for word in words if word) if None not in words else ""
