"""What an unquoted text means in the core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NULL = frozenset({"null", "Null", "NULL", "~"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_MAYBE_NUMBER = frozenset("0123456789+-.")
_LONGEST = 400  # digits; a longer number is no number anybody means


@dataclass(frozen=True, slots=True)
class NotANumber:
    """A text that looks like a number and cannot be taken as one, with the reason."""

    reason: str


Value = str | int | float | bool | None


def resolve(text: str) -> Value | NotANumber:
    """Return what an unquoted text means: null, true or false, a number, or the text itself.

    Dates, `yes`, `no`, `on` and `off` are texts. A number with leading zeros, one out of range, and
    `.inf` and `.nan`, which JSON lacks, are a NotANumber.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[:1] not in _MAYBE_NUMBER:
        return text
    return _number(text)


def tagged(text: str, tag: str) -> Value | NotANumber:
    """Return what a text with one of the core schema's own tags (`str`, `int`, ...) means."""
    if tag == "str":
        return text
    value = resolve(text)
    if isinstance(value, NotANumber):
        return value
    if tag == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    fits = {"null": value is None, "bool": isinstance(value, bool), "float": isinstance(value, float)}
    fits["int"] = isinstance(value, int) and not isinstance(value, bool)
    return value if fits.get(tag, False) else NotANumber(f"this is no `!!{tag}`")


def _number(text: str) -> Value | NotANumber:
    if _FLOAT.fullmatch(text) is None:
        if _OCTAL.fullmatch(text):
            return int(text[2:], 8) if len(text) <= _LONGEST else NotANumber("this number has too many digits")
        if _HEX.fullmatch(text):
            return int(text[2:], 16) if len(text) <= _LONGEST else NotANumber("this number has too many digits")
        if _NOT_FINITE.fullmatch(text):
            return NotANumber(f"`{text}` is a number that JSON does not have")
        return text
    if len(text) > _LONGEST:
        return NotANumber("this number has too many digits")
    if _LEADING_ZERO.match(text):
        return NotANumber(f"`{text}` is a number with a leading zero, which would be lost")
    if _DECIMAL.fullmatch(text):
        return int(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return NotANumber(f"`{text}` is a number out of range")
    return number
