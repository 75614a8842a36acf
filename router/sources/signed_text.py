"""What is signed: a template such as `v0:{timestamp}:{body}`, and the values of its names."""

from __future__ import annotations

import re

from router.sources.locator import is_header_name

NAMES = ("body", "timestamp", "id", "method", "url", "path")
_SHOWN = (*NAMES, "header:Name", "item:name")

Parts = tuple[bytes | str, ...]
"""Constant bytes, and names: one of NAMES, `header:Name` or `item:name`."""


def parse_signed(template: str) -> Parts:
    """Return the parts of a template such as `{timestamp}.{body}`; raises ValueError with what is wrong."""
    parts: list[bytes | str] = []
    for index, piece in enumerate(re.split(r"\{([^{}]*)\}", template)):
        if index % 2:
            if not _known(piece):
                raise ValueError(f"`{{{piece}}}` is not known: use " + ", ".join(f"`{{{n}}}`" for n in _SHOWN))
            parts.append(piece)
        elif "{" in piece or "}" in piece:
            raise ValueError("a brace stands alone: names are written `{body}`")
        elif piece:
            parts.append(piece.encode())
    return tuple(parts)


def named(parts: Parts, kind: str) -> tuple[str, ...]:
    """Return what the template names of a kind, `header` or `item`."""
    texts = [part for part in parts if isinstance(part, str)]
    return tuple(dict.fromkeys(text.removeprefix(f"{kind}:") for text in texts if text.startswith(f"{kind}:")))


def _known(name: str) -> bool:
    kind, colon, rest = name.partition(":")
    if name in NAMES or (kind == "item" and rest):
        return True
    return kind == "header" and bool(colon) and is_header_name(rest)
