"""A parser's complaint, and what is probably meant by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """Where and what a parser complains about; lines and columns from 0."""

    said: str
    line: int
    column: int
    context: str = ""
    context_line: int = 0
    context_column: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault; columns from 0. `repair` is the span of the line to read as a text, if that helps."""

    code: str
    line: int
    column: int
    length: int
    message: str
    hint: str | None = None
    repair: tuple[int, int] | None = None


def line_at(lines: list[str], number: int) -> str:
    """Return a line; the empty text behind the last one."""
    return lines[number] if number < len(lines) else ""
