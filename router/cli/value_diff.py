"""Shows how two values differ: words of a line, lines of a text."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

from router.cli.output import Paint, safe

_MOST_LINES = 80
_LONGEST = 2000  # characters of one value
_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)


def differing(expected: Any, actual: Any, paint: Paint) -> Iterator[str]:
    """Yield lines that show both values; what differs is marked."""
    if isinstance(expected, str) and isinstance(actual, str) and ("\n" in expected or "\n" in actual):
        yield from _lines(expected, actual, paint)
        return
    one, other = _WORDS.findall(_shown(expected)), _WORDS.findall(_shown(actual))
    alike = _alike(one, other)
    yield from _marked("expected", one, other, "green", paint, alike=alike)
    yield from _marked("actual", other, one, "red", paint, alike=alike)


def _shown(value: Any) -> str:
    text = safe(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more)"


def _alike(one: list[str], other: list[str]) -> bool:
    """Tell whether it helps to mark what differs: the texts have words in common, besides quotes and commas."""
    words = [{word for word in words if word[0].isalnum()} for words in (one, other)]
    return bool(words[0] & words[1]) and len(one) + len(other) < 2000


def _marked(
    word: str, own: list[str], others: list[str], style: str, paint: Paint, *, alike: bool
) -> Iterator[str]:
    """Yield a text with the words marked that the other one has not: by colour, or by a line of carets."""
    colored, carets = [], []
    matcher = difflib.SequenceMatcher(None, own, others, autojunk=False)
    for tag, start, stop, _, _ in matcher.get_opcodes() if alike else [("equal", 0, len(own), 0, 0)]:
        part = "".join(own[start:stop])
        colored.append(part if tag == "equal" else paint(part, style, "bold"))
        carets.append((" " if tag == "equal" else "^") * len(part))
    yield f"{paint(word.ljust(8), style)}  {''.join(colored)}"
    marks = "".join(carets).rstrip()
    if marks and not paint.on:
        yield f"{' ' * 10}{marks}"


def _lines(expected: str, actual: str, paint: Paint) -> Iterator[str]:
    yield f"{paint('-', 'green')} expected, {paint('+', 'red')} actual"
    if expected.endswith("\n") and actual.endswith("\n"):
        expected, actual = expected[:-1], actual[:-1]
    found = difflib.ndiff(expected.split("\n"), actual.split("\n"))
    lines = [line for line in found if not line.startswith("?")]
    for line in lines[:_MOST_LINES]:
        style = {"-": ("green",), "+": ("red",)}.get(line[0], ())
        yield paint(safe(line.rstrip("\n")), *style) if line.strip() else line
    if len(lines) > _MOST_LINES:
        yield f"… {len(lines) - _MOST_LINES} more lines"


def changed_file(name: str, before: str, after: str, paint: Paint) -> Iterator[str]:
    """Yield the lines of a unified diff of a file."""
    styles = {"+": ("green",), "-": ("red",), "@": ("cyan",)}
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2):
        yield paint(safe(line), *styles.get(line[:1], ()))
