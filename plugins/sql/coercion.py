"""Turns values of JSON into what a column holds, alike for every driver; decided by the column's type."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import types as t
from sqlalchemy.dialects.postgresql import DOMAIN

Coerce = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_BELOW = 1e11  # a smaller number of time is seconds, else milliseconds: LANGUAGE.md, "Sources"
_DIGITS = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unfit(Exception):
    """The column cannot hold the value; the text goes on after the column's name, and never quotes the value."""


class Anything(t.NUMERIC):  # type: ignore[type-arg]
    """A column of SQLite whose declared type means nothing to it: holds whatever comes."""


def kind(value: object) -> str:
    """Return what a person calls the value."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return "null" if value is None else names.get(type(value), "a mapping")


def coercer(type_: Any, dialect: str) -> Coerce:
    """Return what turns a value of JSON into one of that type; null stays null. It raises Unfit."""
    read = _reader(type_, dialect)

    def coerce(value: Any) -> Any:
        return None if value is None else read(value)

    return coerce


def bound_as(type_: Any, dialect: str) -> Any:
    """Return the type that a parameter for a column of that type is sent as."""
    if isinstance(type_, DOMAIN):
        return bound_as(type_.data_type, dialect)
    if isinstance(type_, t.JSON):
        return t.JSON(none_as_null=True) if dialect == "sqlite" else type(type_)(none_as_null=True)
    if dialect == "sqlite" and isinstance(type_, t.Numeric | t.Uuid):
        return t.Text()  # no decimal and no UUID there: the text is exact, and the column's affinity reads it
    if isinstance(type_, t.ARRAY):
        return type(type_)(bound_as(type_.item_type, dialect))
    return type_ if _reader(type_, dialect) is not _other else t.NullType()


def json_text(value: Any) -> str:
    """Return the JSON text of a value."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _reader(type_: Any, dialect: str) -> Coerce:
    postgres = dialect == "postgresql"
    if isinstance(type_, DOMAIN):
        return _reader(type_.data_type, dialect)
    if isinstance(type_, t.ARRAY):
        item = coercer(type_.item_type, dialect)
        return lambda value: _array(value, item)
    if isinstance(type_, t.Enum):
        return lambda value: _one_of(_text(value, postgres, None), type_.enums)
    if isinstance(type_, t.Integer):
        small = isinstance(type_, t.SmallInteger) and postgres
        bits = 15 if small else 63 if isinstance(type_, t.BigInteger) or not postgres else 31
        return lambda value: _integer(value, bits)
    if isinstance(type_, t.DateTime):
        return lambda value: _moment(value) if type_.timezone and postgres else _moment(value).replace(tzinfo=None)
    if isinstance(type_, t.String):
        return lambda value: _text(value, postgres, type_.length if postgres else None)
    if isinstance(type_, Anything) or (isinstance(type_, t.NullType) and not postgres):
        return _anything
    if isinstance(type_, t.Numeric):
        return _exact if postgres else lambda value: str(_exact(value))
    if isinstance(type_, t.Uuid):
        return _uuid if postgres else lambda value: str(_uuid(value))
    if isinstance(type_, t.JSON):
        return lambda value: _json(value, postgres)
    plain: dict[Any, Coerce] = {
        t.Boolean: _boolean,
        t.Float: _float,
        t.Date: _day,
        t.Time: _clock,
        t.LargeBinary: _binary,
    }
    return next((read for of, read in plain.items() if isinstance(type_, of)), _other)


def _integer(value: Any, bits: int) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        fraction = " with a fraction" if isinstance(value, float) else ""
        raise Unfit(f"cannot hold {kind(value)}{fraction}, only whole numbers (also as a text of digits)")
    if not -(1 << bits) <= value < 1 << bits:
        raise Unfit("cannot hold this number: it is out of range")
    return value


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unfit(f"cannot hold {kind(value)}, only numbers (also as a text)")
    if not _NUMBER.fullmatch(text := str(value)):
        raise Unfit(f"cannot hold {kind(value)} that is no number")
    number = Decimal(text)
    if number and abs(number.adjusted()) > 1000:
        raise Unfit("cannot hold this number: it is out of range")
    return number


def _float(value: Any) -> float:
    number = float(_exact(value))
    if number in (float("inf"), float("-inf")):
        raise Unfit("cannot hold this number: it is out of range")
    return number


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False}
    if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise Unfit(f"cannot hold {kind(value)}, only true, false, 0 and 1")


def _moment(value: Any) -> datetime:
    """Read seconds, milliseconds or ISO 8601; a text without a zone is UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = abs(value) < _SECONDS_BELOW
            return _EPOCH + (timedelta(seconds=value) if seconds else timedelta(milliseconds=value))
        if isinstance(value, str) and _ISO_DATE.match(value):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise Unfit(f"cannot hold {kind(value)} that is no time: seconds or milliseconds since 1970, or ISO 8601")


def _day(value: Any) -> date:
    return _moment(value).date()


def _clock(value: Any) -> time:
    try:
        if isinstance(value, str) and re.match(r"\d\d:\d\d", value):
            return time.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        pass
    raise Unfit(f"cannot hold {kind(value)} that is no time of day: HH:MM:SS")


def _text(value: Any, postgres: bool, longest: int | None) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, dict | list):
        value = json_text(value)
    text = str(value)
    _sound(text, postgres)
    if longest is not None and len(text) > longest:
        raise Unfit(f"cannot hold a text of more than {longest} characters")
    return text


def _sound(text: str, postgres: bool) -> None:
    if _SURROGATE.search(text):
        raise Unfit("cannot hold a text with half of a character in it (a lone surrogate)")
    if postgres and "\0" in text:
        raise Unfit("cannot hold a text with a NUL character in it")


def _json(value: Any, postgres: bool) -> Any:
    for text in _texts(value):
        _sound(text, postgres)
    try:
        json_text(value)
    except ValueError:
        raise Unfit("cannot hold a number that JSON has not (NaN, Infinity)") from None
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _uuid(value: Any) -> uuid.UUID:
    try:
        if isinstance(value, str):
            return uuid.UUID(value)
    except ValueError:
        pass
    raise Unfit(f"cannot hold {kind(value)} that is no UUID")


def _one_of(text: str, known: Any) -> str:
    if text not in known:
        raise Unfit("can only hold one of: " + ", ".join(known))
    return text


def _array(value: Any, item: Coerce) -> list[Any]:
    if not isinstance(value, list):
        raise Unfit(f"cannot hold {kind(value)}, only a list")
    return [_array(each, item) if isinstance(each, list) else item(each) for each in value]


def _binary(value: Any) -> Any:
    raise Unfit("holds bytes, and an event has none: use a column of text")


def _anything(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return _integer(value, 63)
    return value if isinstance(value, bool | float) else _text(value, False, None)


def _other(value: Any) -> Any:
    """Send a text for a type that has no rule of its own (an address, a range, a point): the server reads it."""
    if not isinstance(value, str):
        raise Unfit(f"takes a text, not {kind(value)}")
    return _text(value, True, None)
