"""Text -> a tree of values with their places: the core schema of YAML 1.2, strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from router.config.compose import MAX_DEPTH, MAX_NODES, Composer
from router.config.files import MAX_YAML
from router.config.finding import Complaint, Finding
from router.config.frame import Unusable
from router.config.node import Mapping, Mark, Node
from router.config.problem import Problems, TooMany
from router.config.syntax import find

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where PyYAML was built with it
_STARTS = frozenset({yaml.SequenceStartEvent, yaml.MappingStartEvent})
_ENDS = frozenset({yaml.SequenceEndEvent, yaml.MappingEndEvent})
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_REPAIRS = 30
_MAX_EVENTS = 250_000  # over all readings of one text, repaired ones too


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, as a YAML parser counts them."""
    return _BREAK.split(text)


def parse(text: str, file: str, problems: Problems, *, loader: Any = None) -> Node | None:
    """Return the tree of a document; an empty one is an empty mapping, an unusable one None.

    `file` names the text in marks. Every fault is noted in `problems`; where a fault is a text that wanted
    quotes, it stands in the tree as that text, so that the rest can be checked.
    """
    problems.texts.setdefault(file, text)
    found = Problems()
    try:
        return _parse(text.removeprefix("\ufeff"), file, found, loader or _LOADER)
    except (Unusable, TooMany):
        return None
    finally:
        problems.extend(found)


def _parse(text: str, file: str, problems: Problems, loader: Any) -> Node | None:
    _check_characters(text, file, problems)
    reader = _Reader(text, file, problems, loader)
    events = reader.read()
    root = Composer(text, file, problems, reader.repaired).compose(events)
    return Mapping((), Mark(file)) if root is None else root


def _check_characters(text: str, file: str, problems: Problems) -> None:
    if len(text) > MAX_YAML:
        problems.error("too-large", Mark(file), f"the text is longer than {MAX_YAML // 2**20} million characters")
        raise Unusable
    if (bad := text.find("\ufeff")) >= 0:
        message = "a byte-order mark stands in the middle of the file"
        problems.error(
            "forbidden-character",
            _mark_at(text, bad, file),
            message,
            "delete it; it shows up when files are joined",
        )
        raise Unusable
    if match := _CONTROL.search(text):
        code = f"U+{ord(match[0]):04X}"
        hint = 'delete it, or write it in double quotes as an escape, such as "\\x07"'
        problems.error(
            "forbidden-character",
            _mark_at(text, match.start(), file),
            f"the character {code} cannot stand here",
            hint,
        )
        raise Unusable


def _mark_at(text: str, index: int, file: str) -> Mark:
    before = lines_of(text[:index])
    return Mark(file, len(before), len(before[-1]) + 1)


class _Reader:
    """Reads a text's events; where a line is cryptic, says so and reads again without that part."""

    def __init__(self, text: str, file: str, problems: Problems, loader: Any) -> None:
        self._text = text
        self._file = file
        self._problems = problems
        self._loader = loader
        self._budget = _MAX_EVENTS
        self._lines: list[str] = []
        self._starts: list[int] = []
        self.repaired: frozenset[int] = frozenset()

    def read(self) -> list[Any]:
        text = self._text
        for _ in range(_MAX_REPAIRS):
            events: list[Any] = []
            try:
                for event in self._events(text):
                    events.append(event)
                return events
            except yaml.MarkedYAMLError as error:
                finding = self._finding(error)
            except (yaml.YAMLError, ValueError, OverflowError):  # the pure parser chokes on huge \U escapes
                line = events[-1].end_mark.line if events else 0
                finding = Finding("yaml-syntax", line, 0, 1, "this is not YAML")
            mark = Mark(self._file, finding.line + 1, finding.column + 1, finding.length)
            self._problems.error(finding.code, mark, finding.message, finding.hint)
            if finding.repair is None or self._budget <= 0:
                raise Unusable
            text = self._repaired(text, finding.line, finding.repair)
        raise Unusable

    def _events(self, text: str) -> Iterator[Any]:
        depth = nodes = 0
        parser = self._loader(text)  # what yaml.parse does, without a call for each event to see if there is one
        try:
            while (event := parser.get_event()) is not None:
                kind = type(event)
                self._budget -= 1
                if kind in _ENDS:
                    depth -= 1
                else:
                    nodes += 1
                    depth += kind in _STARTS
                yield event
                if depth > MAX_DEPTH or nodes > MAX_NODES + 4:
                    return  # the composer tells which
        finally:
            parser.dispose()

    def _finding(self, error: yaml.MarkedYAMLError) -> Finding:
        problem, context = error.problem_mark or error.context_mark, error.context_mark
        complaint = Complaint(
            str(error.problem or ""),
            problem.line if problem else 0,
            problem.column if problem else 0,
            str(error.context or ""),
            context.line if context else 0,
            context.column if context else 0,
        )
        if not self._starts:
            self._lines = lines_of(self._text)
            self._starts = [0, *(match.end() for match in _BREAK.finditer(self._text))]
        return find(self._lines, complaint)

    def _repaired(self, text: str, line: int, span: tuple[int, int]) -> str:
        start, stop = (self._starts[line] + column for column in span)
        self.repaired |= {line}
        shown = self._lines[line]
        self._lines[line] = f"{shown[: span[0]]}{'x' * (stop - start)}{shown[span[1] :]}"
        return f"{text[:start]}{'x' * (stop - start)}{text[stop:]}"
