"""Parts of a text that do not overlap, and known values found in a text: both in linear time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"\w+")


class Taken:
    """Which characters of a text are taken already."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, start: int, end: int) -> bool:
        """Take a part; False where some of it is taken."""
        if self._taken.find(1, start, end) >= 0:
            return False
        self._taken[start:end] = b"\x01" * (end - start)
        return True


class Finder:
    """Finds values in texts, where they stand as whole words; the longest one at a place."""

    def __init__(self, values: Iterable[str]) -> None:
        self._by_word: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for value in sorted(values, key=len, reverse=True):
            if (word := _WORD.search(value)) is not None:
                self._by_word[word[0]].append((word.start(), value))

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the values stand, without overlaps."""
        if not self._by_word:
            return
        done = 0
        for word in _WORD.finditer(text):
            for before, value in self._by_word.get(word[0], ()):
                start = word.start() - before
                end = start + len(value)
                if start >= done and text.startswith(value, start) and _whole(text, start, end):
                    yield start, end
                    done = end
                    break


def _whole(text: str, start: int, end: int) -> bool:
    def is_word(at: int) -> bool:
        return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")

    return not (is_word(start - 1) and is_word(start)) and not (is_word(end - 1) and is_word(end))
