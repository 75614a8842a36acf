"""The tokens of a plain expression, read at once: Jinja tries its rules one by one, at every character."""

from __future__ import annotations

import re

from jinja2.lexer import Token, operators

#: Names, small numbers, texts without backslashes and operators: what nearly all expressions are made of. A sign
#: that may be the beginning of a longer one comes after it.
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)
          |(?P<integer>(?:0|[1-9][0-9]{0,8})(?![\w.]))
          |(?P<string>"[^"\\\n\r]*"|'[^'\\\n\r]*')
          |(?P<operator>//|\*\*|==|!=|>=|<=|[-+/*%~\[\]()<>=.:|,]))""",
    re.VERBOSE | re.ASCII,
)


def tokens(source: str) -> list[Token] | None:
    """Return the tokens of an expression of one line; None where it is anything less plain, or faulty."""
    if "\n" in source or "\r" in source:
        return None
    found, here, end, open_ = [], 0, len(source.rstrip()), ""
    while here < end:
        match = _TOKEN.match(source, here)
        if match is None:
            return None
        kind, here = match.lastgroup, match.end()
        text = match[match.lastindex or 0]
        if kind == "operator":
            if text in "([":
                open_ += text
            elif text in ")]":
                if open_[-1:] != ("(" if text == ")" else "["):
                    return None
                open_ = open_[:-1]
            found.append(Token(1, operators[text], text))
        elif kind == "string":
            found.append(Token(1, "string", text[1:-1]))
        else:
            found.append(Token(1, kind or "", text if kind == "name" else int(text)))  # type: ignore[arg-type]
    return None if open_ else found
