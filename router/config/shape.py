"""What is wrong where lines, brackets and quotes do not fit together."""

from __future__ import annotations

import re

from router.config.cryptic import quoted
from router.config.finding import Complaint, Finding, line_at


def unclosed(lines: list[str], said: Complaint) -> Finding | None:
    """Return what is wrong with a quote or bracket that is not closed."""
    line = line_at(lines, said.context_line)
    column = said.context_column
    if "quoted scalar" in said.context:
        message = f"this text is never closed by another `{line[column : column + 1]}`"
        return Finding(
            "unclosed", said.context_line, column, max(1, len(line) - column), message, "close the quote"
        )
    bracket = line[column : column + 1]
    if "flow" not in said.context or bracket not in ("[", "{"):
        return None
    if said.line == said.context_line and said.column < len(line.rstrip()):
        message = f"inside this `{bracket}`, a comma or the end is missing before this"
        hint = "put a comma between, or quote what is one text"
        return Finding("missing-comma", said.line, said.column, 1, message, hint)
    end = "]" if bracket == "[" else "}"
    message, hint = f"this `{bracket}` is not closed by `{end}`", f"close it with `{end}`"
    if (comment := re.compile(r"\s#\S*.*").search(line, column)) and end in comment[0]:
        message += ", because a blank and `#` begin a comment"
        hint = "quote the text that holds the `#`"
    return Finding("unclosed", said.context_line, column, 1, message, hint)


def shape(lines: list[str], said: Complaint, at: int) -> Finding:
    """Return what is wrong with lines that do not fit together: indentation, a missing colon."""
    line = line_at(lines, said.line)
    indent = len(line) - len(line.lstrip())
    begins = at >= len(line) or not line[:at].strip() or "mapping values" in said.said
    if re.search("expected ':'", said.said):
        wanted = said.context_line
        text = line_at(lines, wanted).strip()
        return _no_colon(lines, wanted, text)
    if "mapping values" in said.said and said.line > 0:
        above = _above(lines, said.line)
        text = line_at(lines, above).strip()
        if not re.search(r":(\s|$)", text) or re.match(r"-[^\s-]", text):
            return _no_colon(lines, above, text)
        message = "this line is indented deeper than the one above, whose value has already been written"
        return Finding("indentation", said.line, indent, 1, message, "let it begin where the keys around it begin")
    if begins and said.context and said.context_line < said.line:
        column = f"column {said.context_column + 1}, where line {said.context_line + 1} begins"
        message = "this line does not fit into what stands above it"
        hint = f"let it begin in {column}, if it belongs there"
        if said.context_column == indent:
            other = (
                "an item (`- `)"
                if "'-'" in said.said or "collection" in said.context or "sequence" in said.context
                else "a key"
            )
            hint = f"{other} is expected here, as in line {said.context_line + 1}"
        return Finding("indentation", said.line, indent, max(1, len(line.rstrip()) - indent), message, hint)
    if "document start" in said.said:
        return _no_colon(lines, _above(lines, said.line), line_at(lines, _above(lines, said.line)).strip())
    if at >= len(line.rstrip()) and said.line >= len(lines) - 2:
        return Finding("unclosed", said.line, at, 1, "the file ends before a bracket or quote is closed")
    if line[:at].rstrip().endswith(("'", '"')):
        return Finding(
            "text-after-quote",
            said.line,
            at,
            1,
            "a quoted text ends before this, and more follows",
            "quote the whole text",
        )
    return Finding("yaml-syntax", said.line, at, 1, f"this is not YAML: {said.said or said.context}")


def _above(lines: list[str], number: int) -> int:
    for above in range(number - 1, -1, -1):
        text = lines[above].strip()
        if text and not text.startswith("#"):
            return above
    return max(0, number - 1)


def _no_colon(lines: list[str], number: int, text: str) -> Finding:
    line = line_at(lines, number)
    start = len(line) - len(line.lstrip())
    length = max(1, len(text))
    if re.match(r"-[^\s-]", text):
        return Finding(
            "yaml-syntax",
            number,
            start,
            length,
            "this is no item of a list",
            f"put a blank behind the dash: - {text[1:]}",
        )
    if match := re.match(r"((?:- +)?[\w-]+):(\S.*)", text):
        hint = f"put a blank behind the colon: {match[1]}: {match[2]}"
        return Finding("yaml-syntax", number, start, length, "this key has no value", hint)
    if cut := re.match(r"(.*\S)\s+#(.*)", text):
        message = "this key ends at its `#`, because a blank and `#` begin a comment"
        key = cut[0].split(": ")[0].rstrip(":")
        return Finding("cut-text", number, start, length, message, f"quote it: {quoted(key)}")
    return Finding(
        "yaml-syntax",
        number,
        start,
        length,
        "this is neither a key nor an item of a list",
        "write `key: value`, or `- item`",
    )
