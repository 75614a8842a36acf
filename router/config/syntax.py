"""What a faulty line probably means: the parser's complaint in plain words, and which part to read as text.

The parsers (libyaml, and PyYAML's own) stop at the first fault. Where a fault is a text that wanted quotes,
`Finding.repair` is the part of the line that made it cryptic: replaced by harmless letters of the same
length, the rest of the file can be read, and all its faults are told at once.
"""

from __future__ import annotations

import re

from router.config.brackets import in_brackets
from router.config.cryptic import quote_it
from router.config.finding import Complaint, Finding, line_at
from router.config.shape import shape, unclosed

_VALUE = re.compile(
    r"""\s*(?:-\s+)*                                            # items of lists
        (?:(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s\#"'\[\]{},&*!|>%@`-][^\#]*?|-[^\s\#][^\#]*?)\s*:\s+)?  # a key
        (?=\S)""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"\s+#.*|\s+$")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_LONGEST = 2000  # characters of a line that is looked at closely
_REFERENCE = re.compile(r"\$\{[^{}]*\}")


def find(lines: list[str], complaint: Complaint) -> Finding:
    """Return what is wrong, as a person would say it."""
    said, here = complaint, line_at(lines, complaint.line)
    if max(len(here), len(line_at(lines, said.context_line))) > _LONGEST:  # no guesses: they would take long
        return Finding("yaml-syntax", said.line, said.column, 1, f"this is not YAML: {said.said or said.context}")
    at = min(complaint.column, len(here))
    if "tab" in said.said or here[at : at + 1] == "\t":
        count = len(here) - len(here.lstrip(" \t"))
        if at <= count:
            return Finding("tab", said.line, at, 1, "a tab stands in the indentation", "indent by blanks")
        return Finding("tab", said.line, at, 1, "a tab stands where YAML wants a blank", "write a blank")
    if "scanning an alias" in said.context or "scanning an anchor" in said.context:
        return _sigil(lines, said.context_line, said.context_column)
    if "scanning a tag" in said.context or "parsing a tag" in said.context:
        return _sigil(lines, said.context_line, said.context_column)
    if "cannot start any token" in said.said:
        return _sigil(lines, said.line, at)
    if "scanning a block scalar" in said.context:
        return _sigil(lines, said.context_line, said.context_column)
    if here[_value_of(here)[0] : at].startswith("*") and "expected" in said.said:
        return _sigil(lines, said.line, _value_of(here)[0])
    return (
        _escape(lines, said)
        or _reference(here, said, at)
        or _value(here, said, at)
        or _template(here, said, at)
        or in_brackets(lines, said, at)
        or unclosed(lines, said)
        or shape(lines, said, at)
    )


def _value_of(line: str) -> tuple[int, int]:
    """Return where the value of a line begins and ends: after its dashes and key, before its comment."""
    match = _VALUE.match(line)
    start = match.end() if match else len(line)
    stop = _COMMENT.search(line, start)
    return start, stop.start() if stop else len(line)


_SIGILS = {
    "*": "an alias",
    "&": "an anchor",
    "!": "a tag",
    "|": "a text on the lines below",
    ">": "a text on the lines below",
    "%": "a directive",
}


def _sigil(lines: list[str], number: int, column: int) -> Finding:
    """A text that begins with a character that YAML keeps for itself."""
    line = line_at(lines, number)
    sigil = line[column : column + 1]
    start, stop = _value_of(line)
    if line[column - 1 : column + 1] == "{%":
        template = _TEMPLATE.search(line, column - 1)
        whole = (start, stop) if start == column - 1 else template.span() if template else (column - 1, column + 1)
        message = "an unquoted `{` begins a mapping in YAML, not a template"
        return Finding(
            "unquoted-template", number, whole[0], whole[1] - whole[0], message, _hint(line, whole), whole
        )
    if column != start:  # inside brackets
        stop = column + len(re.split(r"[\s,\]}]", line[column:], maxsplit=1)[0])
    text = line[column : max(stop, column + 1)]
    what = f"begins {_SIGILS[sigil]} in YAML" if sigil in _SIGILS else "cannot begin a text in YAML"
    sign = f"`{sigil}`" if sigil != "`" else "a backtick"
    return Finding(
        "needs-quotes", number, column, len(text), f"{sign} {what}", quote_it(text), (column, column + 1)
    )


def _escape(lines: list[str], said: Complaint) -> Finding | None:
    if "quoted scalar" not in said.context or not re.search("escape|hex", said.said):
        return None
    line = line_at(lines, said.line)
    backslash = line.rfind("\\", 0, said.column + 1)
    if backslash < 0:
        return None
    begin = said.context_column if said.context_line == said.line else 0
    close = re.compile(r'(?:[^"\\]|\\.)*').match(line, begin + 1)
    stop = close.end() if close else len(line)
    text = line[begin + 1 : stop]
    message = f"`{line[backslash : backslash + 2]}` is no escape that YAML knows"
    hint = "a backslash in double quotes begins an escape; in single quotes it is a backslash"
    if said.context_line == said.line and "'" not in text:
        hint += f": '{text}'"
    return Finding("unknown-escape", said.line, backslash, 2, message, hint, (begin + 1, stop))


def _reference(line: str, said: Complaint, at: int) -> Finding | None:
    """An unquoted `${A}` inside brackets."""
    if line[at - 1 : at + 1] != "${" or not (match := _REFERENCE.match(line, at - 1)):
        return None
    start = max(line.rfind(mark, 0, at) for mark in "[{, ") + 1 if at > 1 else 0
    start = min(start, at - 1) if line[start : at - 1].strip("$") or start <= at - 1 else at - 1
    rest = re.split(r"[\s,\]}]", line[match.end() :], maxsplit=1)[0]
    whole = (start, match.end() + len(rest))
    message = "an unquoted `${...}` inside brackets ends at its `{`"
    return Finding(
        "needs-quotes", said.line, whole[0], whole[1] - whole[0], message, _hint(line, whole), match.span()
    )


def _value(line: str, said: Complaint, at: int) -> Finding | None:
    """The value of this line as a whole is a text that wants quotes."""
    start, stop = _value_of(line)
    if not start < at <= stop or start >= stop:
        if "entries are not allowed" in said.said or "keys are not allowed" in said.said:
            if start > at or stop <= at:
                return None
        elif not (start == at and "node content" in said.said and line[at : at + 1] not in ("", "#")):
            return None
    whole, text = (start, stop), line[start:stop]
    if text[0] in "[{":
        closes = _closing(line, start)
        if closes is None or closes > at:
            return None  # the fault is inside the brackets
        if text.startswith(("{{", "{%")):
            return _quotes(
                "unquoted-template", line, said, whole, "an unquoted `{{` is a mapping in YAML, not a template"
            )
        what = "list" if text[0] == "[" else "mapping"
        return _quotes(
            "needs-quotes", line, said, whole, f"`{text[0]}` begins a {what} in YAML, and a text follows it"
        )
    if text[0] in "'\"":
        closes = line.find(text[0], start + 1)
        if closes < 0 or closes >= at:
            return None
        return _quotes(
            "text-after-quote", line, said, whole, f"the text ends at its second `{text[0]}`, and more follows"
        )
    if "mapping values" in said.said:
        return _quotes(
            "needs-quotes", line, said, whole, "a `:` and a blank inside an unquoted text make a key of it"
        )
    if "entries are not allowed" in said.said:
        return _quotes(
            "needs-quotes", line, said, whole, "`- ` begins an item of a list, which cannot stand behind a key"
        )
    if "keys are not allowed" in said.said or "node content" in said.said:
        return _quotes("needs-quotes", line, said, whole, f"`{text[0]}` cannot begin a text in YAML")
    return None


def _quotes(code: str, line: str, said: Complaint, whole: tuple[int, int], message: str) -> Finding:
    text = line[whole[0] : whole[1]]
    if code == "text-after-quote" and text[0] == text[-1] and text.count(text[0]) % 2:
        text = text[1:-1]  # all of it was meant to be between its quotes
    return Finding(code, said.line, whole[0], whole[1] - whole[0], message, quote_it(text), whole)


def _hint(line: str, whole: tuple[int, int]) -> str:
    return quote_it(line[whole[0] : whole[1]])


def _closing(line: str, start: int) -> int | None:
    """Return the index behind the bracket that closes the one at `start`, quotes left aside."""
    depth, quote = 0, ""
    for index in range(start, len(line)):
        character = line[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and line[index - 1] in " [{,:(":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
            if depth == 0:
                return index + 1
    return None


def _template(line: str, said: Complaint, at: int) -> Finding | None:
    """An unquoted `{{ ... }}` inside brackets, or one whose own brackets confuse the parser."""
    for match in _TEMPLATE.finditer(line):
        before, behind = line[: match.start()], re.split(r"[,\]}]", line[match.end() :], maxsplit=1)[0].rstrip()
        if match.start() <= at <= match.end() + len(behind) and before.count('"') % 2 == 0:
            start, stop = _value_of(line)
            whole = (start, stop) if start == match.start() else (match.start(), match.end() + len(behind))
            message = "an unquoted `{{` is a mapping in YAML, not a template"
            return _quotes("unquoted-template", line, said, whole, message)
    return None
