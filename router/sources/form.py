"""Reads a form-encoded body (application/x-www-form-urlencoded), strictly, and writes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from router.errors import Rejected

MOST_FIELDS = 1000
"""A form may have so many fields, repetitions counted."""

CONTENT_TYPE = "application/x-www-form-urlencoded"
_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read_form(body: bytes) -> dict[str, Any]:
    """Return the fields as texts, one that stands several times as a list in order.

    An empty body is a form without fields. Raises Rejected(400) for what is not UTF-8, for a `%` that two hex
    digits do not follow, and for more than MOST_FIELDS fields.
    """
    parts = [part for part in body.strip().split(b"&", MOST_FIELDS + 1) if part]
    if len(parts) > MOST_FIELDS:
        raise Rejected(400, f"the form has more than {MOST_FIELDS} fields")
    fields: dict[str, Any] = {}
    for part in parts:
        name, _, value = part.partition(b"=")
        key, text = _decoded(name), _decoded(value)
        if key not in fields:
            fields[key] = text
        elif isinstance(fields[key], list):
            fields[key].append(text)
        else:
            fields[key] = [fields[key], text]
    return fields


def write_form(fields: Mapping[str, Any]) -> bytes:
    """Return fields as a body; lists repeat their field, and what else is no text is written as text."""
    return urlencode([(key, item) for key, value in fields.items() for item in _items(value)]).encode("ascii")


def _items(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _items(item)]
    if value is None:
        return [""]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _decoded(raw: bytes) -> str:
    if _BROKEN.search(raw):
        raise Rejected(400, "the form holds a `%` that two hex digits do not follow")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected(400, "the form holds bytes that are not UTF-8") from None
