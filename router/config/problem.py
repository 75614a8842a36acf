"""What is wrong with a configuration, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from router.config.node import Mark, Node

MAX_WARNINGS = 500  #: of one configuration that are told
MAX_PROBLEMS = 1_000  #: of one configuration that are told, errors and warnings
_MAX_TEXT = 1_000  # characters of a message or hint: what it quotes may be as long as the file
_MAX_WORD = 100  # characters of a word that is taken for another one, misspelled
_MAX_WORDS = 500  # known words that one is compared with


class TooMany(Exception):
    """More is wrong than anybody reads; what was noted until then is told."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a stable code, a place, a plain sentence, and what to do about it."""

    code: str
    mark: Mark
    message: str
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"


class Problems:
    """Gathers every fault of a configuration, so that all are told at once.

    With `stops` it raises TooMany at the last one that is told; without, it passes over those that follow.
    """

    def __init__(self, *, stops: bool = False) -> None:
        self._stops = stops
        self._found: dict[Problem, None] = {}
        self._places: set[tuple[str, int, int]] = set()
        self._spoiled: set[tuple[str, int, int]] = set()
        self._made_up: dict[tuple[str, int, int], str] = {}
        self.texts: dict[str, str] = {}
        """The raw text of each file that was read, by the name it has in marks: for showing lines."""

    def error(self, code: str, where: Node | Mark, message: str, hint: str | None = None) -> None:
        """Note a fault that keeps the configuration from being used."""
        self._note(Problem(code, _mark(where), _cut(message), hint and _cut(hint)))

    def warning(self, code: str, where: Node | Mark, message: str, hint: str | None = None) -> None:
        """Note something that is allowed and probably not meant."""
        if len(self._found) < MAX_WARNINGS:
            self._note(Problem(code, _mark(where), _cut(message), hint and _cut(hint), "warning"))

    def spoil(self, where: Node | Mark) -> None:
        """Ignore what is noted at this very place from now on: its value is faulty already, and that was told."""
        self._spoiled.add(_place(_mark(where)))

    def made_up(self, where: Node | Mark, name: str) -> None:
        """Say what to do where a value that was made up for an unset variable is noted as an error."""
        self._made_up[_place(_mark(where))] = name

    def at(self, where: Node | Mark) -> bool:
        """Tell whether a fault was noted at this very place."""
        return _place(_mark(where)) in self._places

    def on_line(self, where: Node | Mark) -> bool:
        """Tell whether a fault was noted anywhere on the line of this place."""
        mark = _mark(where)
        return any(file == mark.file and line == mark.line for file, line, _ in self._places)

    def forget(self, where: Node | Mark) -> None:
        """Take back what was noted at this very place, because more is known about it now."""
        place = _place(_mark(where))
        self._found = {problem: None for problem in self._found if _place(problem.mark) != place}
        self._places.discard(place)

    def retract(self, where: Node | Mark, message: str) -> None:
        """Take back one sentence about a place: another one says it better."""
        place = _place(_mark(where))
        self._found = {p: None for p in self._found if (_place(p.mark), p.message) != (place, message)}

    def extend(self, others: Problems) -> None:
        """Take over what was noted elsewhere."""
        self._spoiled |= others._spoiled
        self._made_up.update(others._made_up)
        self._found.update(others._found)
        self._places |= others._places
        self.texts.update(others.texts)

    def _note(self, problem: Problem) -> None:
        if _place(problem.mark) not in self._spoiled:
            if problem.severity == "error" and (name := self._made_up.get(_place(problem.mark))) is not None:
                hint = f"this value was made up, as `{name}` is not set: set it, to anything that fits here"
                problem = replace(problem, hint=hint)
            if len(self._found) >= MAX_PROBLEMS - 1:
                more = f"{MAX_PROBLEMS:,} problems have been found by now, and the rest was not looked at"
                if len(self._found) < MAX_PROBLEMS:
                    self._found[replace(problem, hint=more)] = None
                if self._stops:
                    raise TooMany
                return
            self._found[problem] = None
            self._places.add(_place(problem.mark))

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self._found, key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def errors(self) -> list[Problem]:
        """The faults that keep the configuration from being used."""
        return [problem for problem in self if problem.severity == "error"]


def _place(mark: Mark) -> tuple[str, int, int]:
    return mark.file, mark.line, mark.column


def _mark(where: Node | Mark) -> Mark:
    return where if isinstance(where, Mark) else where.mark


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the nearest known word; where none is near, the list of them if it is short."""
    words = sorted(set(known))
    if len(word) > _MAX_WORD:
        return None
    if len(words) > _MAX_WORDS:
        near_ones = [other for other in words if abs(len(other) - len(word)) <= 2 and other[:1] == word[:1]]
        words = near_ones[:_MAX_WORDS]
    folded = {w.lower(): w for w in words}
    if near := get_close_matches(word.lower(), folded, n=1, cutoff=0.6):
        return f"did you mean `{folded[near[0]]}`?"
    if words and len(words) <= 12:
        return "known: " + ", ".join(words)
    return None
