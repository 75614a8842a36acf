"""The line of a file that a reason names, with the column of what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLACE = re.compile(r"(?:^|(?<=: ))(?P<file>[^\s`][^\n`:]*):(?P<line>\d{1,7}): ")
_KEY = re.compile(r"\s*(- |[\w.-]+:(\s|$))")
_FIELD = re.compile(r"`[^`]*`: ")
_NAMED = re.compile(r"`([^`]+)`")
_AHEAD = 20  # lines below the one that is named that are searched: a text of several lines is named by its first


def excerpt(reason: str | None, texts: Mapping[str, str]) -> dict[str, Any] | None:
    """Return file, line, column, length and the line's text, of the place that a reason names.

    None where it names no place in these files (`texts`, by name).
    """
    places = [found for found in _PLACE.finditer(reason or "") if found["file"] in texts]
    if not places:
        return None
    last = places[-1]  # a var's own place stands behind the place that uses it
    lines = texts[last["file"]].split("\n")
    number = int(last["line"])
    if not 1 <= number <= len(lines):
        return None
    text = lines[number - 1]
    for word in _words(_FIELD.sub("", (reason or "")[last.end() :], count=1)):
        for line in _candidates(lines, number):
            if hit := re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", lines[line - 1]):
                return _at(last["file"], line, lines[line - 1], hit.start() + 1, len(word))
    return _at(last["file"], number, text, len(text) - len(text.lstrip()) + 1, len(text.strip()))


def _candidates(lines: list[str], number: int) -> Iterator[int]:
    """Yield the line that is named and, of a text of several lines, those below it."""
    yield number
    margin = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    for below in range(number + 1, min(number + _AHEAD, len(lines)) + 1):
        text = lines[below - 1]
        if text.strip() and (len(text) - len(text.lstrip()) < margin or _KEY.match(text)):
            return
        yield below


def _words(reason: str) -> list[str]:
    """Return what a reason names, as templates may write it: `data.a.b`, then `a.b` and `b`."""
    named = _NAMED.findall(reason)
    shorter = [name.rpartition(".")[2] for name in named if "." in name]
    return [word for word in (*named, *shorter) if len(word) > 1 and not word.startswith(("{", "$"))]


def _at(file: str, line: int, text: str, column: int, length: int) -> dict[str, Any]:
    return {"file": file, "line": line, "column": column, "length": max(1, length), "text": text}
