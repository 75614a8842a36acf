"""What is wrong with a path, and at which character of it."""

from __future__ import annotations


class PathError(ValueError):
    """A path that cannot be used: a plain sentence, the offset (from 0) it is about, and what to do if known."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
