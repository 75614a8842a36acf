"""The line of a file that a reason names, with the column of what it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"(?P<file>[^\n`]+?):(?P<line>\d{1,7}): ")
_NAMED = re.compile(r"`([^`]+)`")
_AHEAD = 20  # lines below the one that is named that are searched: a text of several lines is named by its first


def excerpt(reason: str | None, texts: Mapping[str, str]) -> dict[str, Any] | None:
    """Return file, line, column, length and the line's text, of the place that a reason begins with.

    None where it names no place in these files (`texts`, by name).
    """
    found = _PLACE.match(reason or "") or _PLACE.match((reason or "").removeprefix("`if` failed: "))
    if found is None or found["file"] not in texts:
        return None
    lines = texts[found["file"]].split("\n")
    number = int(found["line"])
    if not 1 <= number <= len(lines):
        return None
    rest = (reason or "")[found.end() :]
    for word in _words(rest):
        for line in range(number, min(number + _AHEAD, len(lines) + 1)):
            text = lines[line - 1]
            if hit := re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", text):
                return _at(found["file"], line, text, hit.start() + 1, len(word))
    text = lines[number - 1]
    return _at(found["file"], number, text, len(text) - len(text.lstrip()) + 1, len(text.strip()))


def _words(reason: str) -> list[str]:
    """Return what a reason names, as templates may write it: `data.a.b`, then `a.b` and `b`."""
    named = _NAMED.findall(reason)
    shorter = [name.rpartition(".")[2] for name in named if "." in name]
    return [word for word in (*named, *shorter) if len(word) > 1 and not word.startswith(("{", "$"))]


def _at(file: str, line: int, text: str, column: int, length: int) -> dict[str, Any]:
    return {"file": file, "line": line, "column": column, "length": max(1, length), "text": text}
