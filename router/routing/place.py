"""Where a line or word of a template stands in the file that holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from router.config.node import Mark, Scalar

_MOST = 64  # files whose lines are remembered


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a text value.

    `lines` are those of the file, if they are known. `lead` is how many lines lie between the mark and the
    text's first line; `exact` says that each line of the text is one line of the file (a literal block, a file).
    """

    mark: Mark
    lines: tuple[str, ...] = ()
    lead: int = 0
    exact: bool = False

    def line(self, line: int) -> int:
        """Return the file's line for a line of the text, both from 1."""
        return self.mark.line + self.lead + (line - 1 if self.exact else 0)

    def word(self, source: str, line: int, word: str) -> Mark:
        """Return the place of a word that stands in a line of the text (else that of the braces, or the line)."""
        first = self.line(line)
        if not self.lines:
            column, length = _find(source.split("\n")[line - 1 : line], word) or (1, 1)
            return Mark(self.mark.file, first, self.mark.column + column - 1, length)
        for number in (first,) if self.exact else range(first, min(first + 40, len(self.lines) + 1)):
            text = self.lines[number - 1] if number <= len(self.lines) else ""
            skipped = self.mark.column - 1 if number == self.mark.line else 0
            if found := _find([text[skipped:]], word):
                return Mark(self.mark.file, number, skipped + found[0], found[1])
        return self.mark if first == self.mark.line else Mark(self.mark.file, first)

    def spot(self, source: str, line: int, word: str, offset: int | None) -> Mark:
        """Return the place of a word at an offset of the text, where the file holds its line as it is."""
        if offset is None:
            return self.word(source, line, word)
        start = source.rfind("\n", 0, offset) + 1
        text = source[start:].split("\n", 1)[0]
        first = self.line(source.count("\n", 0, offset) + 1)
        here = self.lines[first - 1] if first <= len(self.lines) else ""
        column = here.find(text, self.mark.column - 1 if first == self.mark.line else 0)
        if column < 0:
            return self.word(source, line, word)
        return Mark(self.mark.file, first, column + offset - start + 1, len(word) or 1)


def of(node: Scalar, texts: Mapping[str, str]) -> Place:
    """Return the place of a value; `texts` are the raw files, by the names that marks have."""
    text = texts.get(node.mark.file)
    if text is None:
        return Place(node.mark, exact="\n" in str(node.value))
    lines = _lines(node.mark.file, text)
    here = lines[node.mark.line - 1][node.mark.column - 1 :] if node.mark.line <= len(lines) else ""
    block = re.match(r"(?:[&!]\S*\s+)*([|>])", here) if not node.plain else None
    return Place(node.mark, lines, lead=1 if block else 0, exact=bool(block and block[1] == "|"))


def whole_file(name: str, text: str) -> Place:
    """Return the place of a text that is a file of its own."""
    return Place(Mark(name), tuple(text.split("\n")), exact=True)


_split: dict[str, tuple[str, tuple[str, ...]]] = {}


def _lines(file: str, text: str) -> tuple[str, ...]:
    """Return the lines of a file; all places in it share them."""
    known = _split.get(file)
    if known is not None and known[0] is text:  # comparing long texts that are equal would take longest of all
        return known[1]
    if len(_split) >= _MOST:
        _split.clear()
    lines = tuple(text.split("\n"))
    _split[file] = text, lines
    return lines


def _find(texts: list[str], word: str) -> tuple[int, int] | None:
    text = texts[0] if texts else ""
    if not word:
        brace = min((at for at in (text.find("{{"), text.find("{%")) if at >= 0), default=-1)
        return (brace + 1, 2) if brace >= 0 else None
    sought = re.escape(word)
    found = re.search(rf"\{{[{{%].*?(?<![\w.])({sought})(?!\w)", text) or re.search(
        rf"(?<![\w.])({sought})(?!\w)", text
    )
    return (found.start(1) + 1, len(word)) if found else None
