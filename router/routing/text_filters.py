"""The filters that the router adds to Jinja's."""

from __future__ import annotations

import hashlib
import html as entities
import json as jsonlib
import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup

from router.routing.bounds import budget
from router.routing.values import OMIT, ValueFault, called, clean, to_text

_WHOLE = re.compile(r"[+-]?\d{1,400}")
_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?")
#: ISO 4217, minor units that are not 2
_NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_MILLISECONDS = 10**11  # from here on a number is not seconds (LANGUAGE.md, "Sources")


def default(value: Any, other: Any = "", boolean: bool = False) -> Any:
    """Return `other` where the value is missing at any depth or null; with `boolean`, wherever it is false."""
    missing = isinstance(value, Undefined) or value is None or value is OMIT
    return other if missing or (boolean and not value) else value


def number(value: Any) -> int | float:
    """Read a number from a text; numbers pass."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueFault(f"`number` reads texts and numbers, not {called(_present(value))}")
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.isascii() and _WHOLE.fullmatch(text):
        return int(text)
    if text.isascii() and _NUMBER.fullmatch(text) and math.isfinite(found := float(text)):
        return found
    raise ValueFault(f"`{_short(text)}` is not a number")


def money(value: Any, currency: Any) -> str:
    """Write an amount of minor units: 1250 with EUR is `12.50 EUR`, with JPY `1250 JPY`."""
    amount = number(value)
    if isinstance(amount, float) and not amount.is_integer():
        raise ValueFault(f"`money` takes whole minor units (cents), not {amount}")
    code = to_text(currency).strip().upper()
    decimals = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    return f"{Decimal(int(amount)).scaleb(-decimals):.{decimals}f} {code}"


def to_datetime(value: Any) -> datetime:
    """Read a time: seconds or milliseconds since 1970, or ISO 8601 (UTC where it names no zone)."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueFault(f"`datetime` reads numbers and texts, not {called(_present(value))}")
    try:
        if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
            found = datetime.fromisoformat(value.strip())
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        since = number(value)
        return datetime.fromtimestamp(since if abs(since) < _MILLISECONDS else since / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueFault(f"`{_short(str(value))}` is not a time") from error


def date(value: Any, form: str = "%Y-%m-%d") -> str:
    """Write a time in UTC, in the form of strftime."""
    if len(form) > 200 or re.search(r"%[^A-Za-z%]*\d{2}", form):
        raise ValueFault("`date` takes a short strftime form, such as '%d.%m.%Y'")
    return to_datetime(value).astimezone(UTC).strftime(form)


def json(value: Any) -> str:
    """Write a value as JSON text."""
    if value is OMIT:
        raise ValueFault("`omit` must be the whole value")
    return jsonlib.dumps(clean(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def sha256(value: Any) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(to_text(value).encode()).hexdigest()


def join(items: Any, separator: Any = "", attribute: Any = None) -> str:
    """Join the elements, null as empty; what is markup stays so, and the rest is escaped for it."""
    if isinstance(items, str):
        items = [items]
    mine, found = budget(), []
    for item in items:
        mine.work(1)
        found.append(_member(item, attribute) if attribute is not None else item)
    return glue(to_text(separator), found)


def glue(separator: str, items: list[Any]) -> str:
    """Join values as text."""
    texts = [to_text(item) for item in items]
    budget().work(sum(map(len, texts)) // 16 + len(separator) * len(texts) // 16)
    markup = next((type(text) for text in texts if isinstance(text, Markup)), None)
    return markup(markup.escape(separator)).join(texts) if markup else separator.join(texts)


def striptags(value: Any) -> str:
    """Return the text of HTML: tags and comments gone, entities resolved, blanks folded. Linear."""
    text, found, here = to_text(value), [], 0
    while (start := text.find("<", here)) >= 0:
        closing = "-->" if text.startswith("<!--", start) else ">"
        end = text.find(closing, start)
        if end < 0:
            break
        found.append(text[here:start])
        here = end + len(closing)
    return " ".join(entities.unescape(str("".join([*found, text[here:]]))).split())


def total(values: Any, attribute: Any = None, start: Any = 0) -> int | float:
    """Add numbers; anything else is refused (adding lists is quadratic)."""
    mine, result = budget(), 0
    for value in [start, *([_member(v, attribute) for v in values] if attribute is not None else values)]:
        mine.work(1)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueFault(f"`sum` adds numbers, not {called(_present(value))}")
        result = result + value  # type: ignore[assignment]
    return result


def _member(item: Any, path: Any) -> Any:
    for step in str(path).split("."):
        try:
            item = item[int(step)] if isinstance(item, list) and step.isdecimal() else item[step]
        except (LookupError, TypeError) as error:
            raise ValueFault(f"an element has no `{path}`") from error
    return item


def _present(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    return value


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
