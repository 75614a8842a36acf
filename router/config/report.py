"""Shows problems: the place, the sentence, the line with a caret, and what to do about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from router.config.codes import page_name
from router.config.problem import Problem, Problems
from router.config.yaml import lines_of

_WIDTH = 140  # columns of a line that are shown
_TAB = 4
#: A value that is written where a secret belongs, and not as a reference; the password of an address.
_SECRET = re.compile(
    r"(?P<key>\b\w*(?:secret|token|api_key|password|bearer|webhook_url)[\"']?\s*:\s*\[?)"
    r"(?P<value>\"[^\"$]{6,}\"|'[^'$]{6,}'|[^\s\"'\[{$,}#&*|>][^\s,}#$]{5,})",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"(?P<key>://[^/\s:@\"']*:)(?P<value>[^@\s\"'$]+)(?=@)")
_RED, _YELLOW, _BOLD, _DIM, _END = "\033[31m", "\033[33m", "\033[1m", "\033[2m", "\033[0m"


def render(problems: Iterable[Problem], texts: Mapping[str, str] | None = None, *, color: bool = False) -> str:
    """Return all problems as text for a terminal; `texts` holds the raw files by the names in marks.

    Without `texts` those that were gathered with the problems are used. Lines are shown as they stand in
    the file, so a reference is shown and never what it stands for; a secret that is written there is veiled.
    """
    if not texts:
        texts = problems.texts if isinstance(problems, Problems) else {}
    lines = {file: lines_of(text.removeprefix("\ufeff")) for file, text in texts.items()}
    return "\n".join(_one(problem, lines.get(problem.mark.file, []), color) for problem in problems)


def as_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return all problems as values for JSON; lines, columns and lengths count characters, from 1."""
    return [
        {
            "file": problem.mark.file,
            "line": problem.mark.line,
            "column": problem.mark.column,
            "length": problem.mark.length,
            "severity": problem.severity,
            "code": problem.code,
            "message": problem.message,
            "hint": problem.hint,
            "page": page_name(problem.code),
        }
        for problem in problems
    ]


def as_github(problems: Iterable[Problem]) -> str:
    """Return all problems as annotations of a pull request on GitHub, one a line.

    The form is that of "Workflow commands for GitHub Actions": values escape `%` and the ends of lines,
    properties `:` and `,` too.
    """
    return "\n".join(_annotation(problem) for problem in problems)


def _annotation(problem: Problem) -> str:
    mark = problem.mark
    properties = {
        "file": _clean(mark.file),
        "line": mark.line,
        "col": mark.column,
        "endColumn": mark.column + max(1, mark.length),
        "title": problem.code,
    }
    text = problem.message + (f"\nhint: {problem.hint}" if problem.hint else "")
    listed = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
    return f"::{problem.severity} {listed}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in text)


def _one(problem: Problem, lines: list[str], color: bool) -> str:
    tint = _RED if problem.severity == "error" else _YELLOW
    bold, dim, end = (_BOLD, _DIM, _END) if color else ("", "", "")
    tint = tint if color else ""
    place = f"{bold}{_clean(str(problem.mark))}:{end}"
    told = f"{place} {tint}{problem.severity}:{end} {_clean(problem.message)} {dim}[{problem.code}]{end}\n"
    if problem.mark.line <= len(lines):
        line = _veiled(lines[problem.mark.line - 1])
        shown, caret = excerpt(line, problem.mark.column - 1, problem.mark.length)
        told += f"    {shown}\n    {tint}{caret}{end}\n" if shown.strip() else ""
    if problem.hint:
        told += f"    hint: {_clean(problem.hint)}\n"
    return told


def _veiled(line: str) -> str:
    """Return a line with the secrets that are written in it made unreadable, each as long as it was."""
    for pattern in (_PASSWORD, _SECRET):
        line = pattern.sub(lambda found: found["key"] + re.sub(r"\w", "*", found["value"]), line)
    return line


def excerpt(line: str, column: int, length: int) -> tuple[str, str]:
    """Return the part of a line around a column, and the carets below it."""
    first = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    part = line[first : first + _WIDTH]
    lead, tail = ("…" if first else ""), ("…" if first + _WIDTH < len(line) else "")
    column -= first
    marked = part[column : column + length]
    before = _width(lead + part[:column])
    carets = max(1, _width(marked))
    return f"{lead}{_visible(part)}{tail}", " " * before + "^" * carets


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal (Unicode Standard Annex 11)."""
    width = 0
    for character in text:
        if character == "\t":
            width += _TAB
        elif unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        else:
            width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width


def _visible(text: str) -> str:
    return _clean(text.replace("\t", " " * _TAB))


def _clean(text: str) -> str:
    """Return a text that cannot move the cursor or colour the terminal."""
    return re.sub(
        "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
        "\N{REPLACEMENT CHARACTER}",
        text,
    )
