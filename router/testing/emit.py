"""Writes values as YAML, as people write it: short ones in one line, texts quoted where they must be."""

from __future__ import annotations

import re
from typing import Any

from router.config.core_schema import resolve

_WIDTH = 100  # columns that a flow collection may fill
_PLAIN = re.compile(r"[A-Za-z_/][\w./@+-]*(?: [\w./@+()-]+)*", re.ASCII)
_OLD_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off"})  # other readers of YAML take them for booleans
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def inline(value: Any) -> str:
    """Return a value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(str(key))}: {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else repr(value)


def below(value: Any, indent: int) -> str | None:
    """Return a mapping or list as lines, the first one without its indentation; None for what has no lines.

    Every line but the first begins with `indent` blanks, and none ends with a line break.
    """
    blanks = " " * indent
    if isinstance(value, dict) and value:
        return f"\n{blanks}".join(f"{_text(str(key))}:{_after(inner, indent)}" for key, inner in value.items())
    if isinstance(value, list) and value:
        return f"\n{blanks}".join(f"- {below(item, indent + 2) or inline(item)}" for item in value)
    return None


def _after(value: Any, indent: int) -> str:
    """Return what follows a key and its colon."""
    if isinstance(value, str) and (lines := literal(value, indent + 2)) is not None:
        return f" {lines}"
    short = inline(value)
    if not isinstance(value, dict | list) or (len(short) + indent < _WIDTH and not _has_lines(value)):
        return f" {short}"
    lines = below(value, indent + 2)
    return f" {short}" if lines is None else f"\n{' ' * (indent + 2)}{lines}"


def _has_lines(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any("\n" in one if isinstance(one, str) else _has_lines(one) for one in inner)


def literal(text: str, indent: int) -> str | None:
    """Return a text of several lines as a literal block; None where it cannot be one."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 2 or not lines[0] or not lines[-1]:
        return None
    if any(line != line.rstrip() or line != line.lstrip("\t") or not line.isprintable() for line in lines):
        return None
    if lines[0].startswith(" "):
        return None
    sign = "|" if text.endswith("\n") else "|-"
    return sign + "".join(f"\n{' ' * indent}{line}" if line else "\n" for line in lines)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _OLD_BOOLEANS and resolve(text) == text:
        return text
    return f'"{"".join(_ESCAPES.get(char) or _written(char) for char in text)}"'


def _written(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
