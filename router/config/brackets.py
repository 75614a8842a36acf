"""What is wrong inside `[ ]` and `{ }`: a text there wants quotes sooner than elsewhere."""

from __future__ import annotations

import re

from router.config.cryptic import quote_it
from router.config.finding import Complaint, Finding, line_at

_LINES = 20  # that are looked at for a comment which hides the end of a bracket
_LONGEST = 2000  # characters of a line that is looked at


def in_brackets(lines: list[str], said: Complaint, at: int) -> Finding | None:
    """Return what is wrong with a text inside brackets."""
    if "flow" not in said.context:
        return None
    return _comment(lines, said) or _colon(lines, said, at) or _second(lines, said, at)


def _comment(lines: list[str], said: Complaint) -> Finding | None:
    """A `#` that hides the end of its bracket: `{channel: #ops, text: hi}`."""
    if "," not in said.said and "node content" not in said.said:
        return None
    for number in range(said.line - 1, max(-1, said.line - _LINES), -1):
        line = line_at(lines, number)
        if len(line) > _LONGEST:
            return None
        match = re.search(r"(?<=[:,\[] )#[^\s,\]}#]+(?=.*[\]}])", line)
        if match and line.count("[") + line.count("{") > 0:
            message = "a blank and `#` begin a comment, and the rest of the line is gone"
            start, stop = match.span()
            return Finding("cut-text", number, start, stop - start, message, quote_it(match[0]), match.span())
        if line.strip():
            return None
    return None


def _colon(lines: list[str], said: Complaint, at: int) -> Finding | None:
    """A text that begins with a colon: `{listen: :8080}`."""
    match = re.match(r":[^\s,\]}]+", line_at(lines, said.line)[at:])
    if "node content" not in said.said or match is None:
        return None
    message = "`:` cannot begin a text inside brackets"
    return Finding("needs-quotes", said.line, at, len(match[0]), message, quote_it(match[0]), (at, at + 1))


def _second(lines: list[str], said: Complaint, at: int) -> Finding | None:
    """More text behind a bracket or quote that closed one: `{subject: [Acme] hi}`, `{text: "say "hi" now"}`."""
    line = line_at(lines, said.line)
    before = line[:at].rstrip()
    if "expected ','" not in said.said or not before:
        return None
    closing = before[-1]
    start = before.rfind("[") if closing == "]" else before.rfind(closing, 0, -1) if closing in "\"'" else -1
    if start < 0 or not re.search(r"[:,\[{]\s*$", line[:start]):
        return None
    if closing == "]":
        stop = at + len(re.split(r"[,\]}]", line[at:], maxsplit=1)[0].rstrip())
        message = "`[` begins a list in YAML, and a text follows it"
        code, text = "needs-quotes", line[start:stop]
    else:
        end = re.search(closing + r"(?=\s*(?:[,\]}]|$))", line[at:])
        if end is None:
            return None
        stop = at + end.end()
        message = f"the text ends at its second `{closing}`, and more follows"
        code, text = "text-after-quote", line[start + 1 : stop - 1]
    return Finding(code, said.line, start, stop - start, message, quote_it(text), (start, stop))
