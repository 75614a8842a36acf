"""The `:name` parameters in the SQL of `execute`."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What holds no parameters: texts, quoted names, dollar-quoted texts, comments.
_INERT = r"""
    (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | (?<!\w)\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$
  | --[^\n]*
  | /\*.*?\*/
"""
_TOKEN = re.compile(rf"(?P<inert>{_INERT})|(?<![:\w\\]):(?P<name>[A-Za-z_]\w*)|(?P<end>;)", re.S | re.X)
_OWN = re.compile(r"\s*(begin|start|commit|end|rollback|abort|savepoint|release)\b", re.I)


@dataclass(frozen=True, slots=True)
class Sql:
    """Constant SQL, cut at its parameters: `pieces` has one more element than `names`."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    fault: str | None = None

    def numbered(self, sign: str) -> str:
        """Return the SQL with numbered parameters, `$1` or `?1`: one name is one number."""
        order = {name: f"{sign}{number}" for number, name in enumerate(dict.fromkeys(self.names), 1)}
        marks = [*(order[name] for name in self.names), ""]
        return "".join(piece + mark for piece, mark in zip(self.pieces, marks, strict=True))


def read_sql(text: str) -> Sql:
    """Find the parameters of a statement; `::` casts and colons in texts and comments are none."""
    pieces, names, at, fault = [], [], 0, None
    for token in _TOKEN.finditer(text):
        if token["name"]:
            pieces.append(text[at : token.start()])
            names.append(token["name"])
            at = token.end()
        elif token["end"] and not _blank(text[token.end() :]):
            fault = "`execute` is one statement: write several as a `transaction`"
    if _OWN.match(text):
        fault = "`execute` runs in a transaction of its own already: leave out begin, commit and their like"
    elif _blank(text):
        fault = "`execute` is empty: write one SQL statement"
    return Sql((*pieces, text[at:]), tuple(names), fault)


def _blank(text: str) -> bool:
    return not re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.S).strip(" \t\r\n;")
