"""Reads the small parts of a JSONPath: blanks, names, quoted texts, numbers; and says what it cannot read."""

from __future__ import annotations

import re

from router.jsonpath.path_error import PathError

MAX_LENGTH = 1000
"""Characters of one path."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_NAME = re.compile(r"[A-Za-z_\u0080-\U0010FFFF][A-Za-z0-9_\u0080-\U0010FFFF]*")
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LARGEST = 2**53 - 1  # RFC 9535, section 2.1: integers are those that every JSON reader keeps exactly


class Scanner:
    """A path's text, and how far it has been read."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise PathError(f"a path may be {MAX_LENGTH} characters long, this one has {len(text)}", MAX_LENGTH)
        self.text = text
        self.at = 0

    @property
    def rest(self) -> str:
        """What has not been read yet."""
        return self.text[self.at :]

    @property
    def next(self) -> str:
        """The next character; '' at the end."""
        return self.text[self.at : self.at + 1]

    def blanks(self) -> None:
        """Skip blanks."""
        match = _BLANKS.match(self.text, self.at)
        assert match is not None  # noqa: S101 - the pattern takes the empty text too
        self.at = match.end()

    def take(self, token: str) -> bool:
        """Skip `token` if it comes next, and say whether it did."""
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def fail(self, message: str, hint: str | None = None, *, offset: int | None = None) -> PathError:
        """Return the error to raise; about the next character if no other place is given."""
        return PathError(message, self.at if offset is None else offset, hint)

    def found(self) -> str:
        """Return the next character as messages show it."""
        return f"`{self.next}`" if self.next else "the end"

    def name(self) -> str | None:
        """Read a name that needs no quotes."""
        match = _NAME.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        if self.next == "-":
            whole = re.compile(r"[^\s.\[\]()=<>!&|,'\"]*").match(self.text, match.start())
            name = whole[0] if whole else match[0]
            raise self.fail(
                "a name with `-` in it must be quoted", f"write `['{name}']`, without the dot before it"
            )
        return match[0]

    def quoted(self) -> str:
        """Read a text in single or double quotes."""
        start = self.at
        quote = self.next
        end = self.text.find(quote, start + 1)
        if end < 0:
            raise self.fail(f"the quote {quote} is not closed")
        inner = self.text[start + 1 : end]
        if "\\" in inner:
            raise self.fail(
                "a backslash (an escape) in quotes is not supported",
                "a text with one kind of quote in it can stand in the other kind",
                offset=start + 1 + inner.index("\\"),
            )
        for offset, character in enumerate(inner):
            if character < " ":
                raise self.fail(
                    "a line break or another control character cannot stand in quotes", offset=start + 1 + offset
                )
        self.at = end + 1
        return inner

    def integer(self) -> int | None:
        """Read a whole number as indexes and slices have it."""
        match = _INTEGER.match(self.text, self.at)
        if match is None:
            return None
        digits = match[0].lstrip("-")
        if match[0] == "-0" or (len(digits) > 1 and digits[0] == "0"):
            raise self.fail(f"`{match[0]}` is not an index", "write it without leading zeros")
        if int(digits) > _LARGEST:
            raise self.fail(f"`{match[0]}` is too large for an index")
        self.at = match.end()
        return int(match[0])

    def number(self) -> int | float | None:
        """Read a number as comparisons have it."""
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            return None
        if self.text[match.end() : match.end() + 1] in {*"0123456789."}:
            raise self.fail(f"`{match[0]}{self.text[match.end()]}...` is not a number of JSON")
        self.at = match.end()
        return int(match[0]) if re.fullmatch(r"-?[0-9]+", match[0]) else float(match[0])
