"""Reads the files of a configuration: never a directory, a pipe, too much, or other than UTF-8."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from router.config.node import Mark

MAX_YAML = 10 * 2**20  #: bytes of one YAML file
MAX_SECRET = 2**20  #: bytes of one file that `${file:}` names
_MOST_NAMES = 1000  # of one folder that are compared with a missing name


class UnusableFile(Exception):
    """A file that cannot be used: why (without its name), what to do, and the place if known."""

    def __init__(self, reason: str, hint: str | None = None, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.line = line
        self.column = column

    def mark(self, file: str) -> Mark:
        """Return the place inside the file, or its beginning."""
        return Mark(file, max(1, self.line), max(1, self.column))


def shown(path: Path) -> str:
    """Return a path as messages name it: relative to the working directory when below it."""
    try:
        absolute = path if path.is_absolute() else Path.cwd() / path
        return str(absolute.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def near(path: Path, name: str) -> str | None:
    """Return a hint with a file or folder that is called much like the missing `path`.

    `name` is the path as it is written, which `path` ends with. One step of it may be misspelled.
    """
    steps = Path(name).parts
    if not steps or path.parts[-len(steps) :] != steps:
        return None
    here = Path(*path.parts[: len(path.parts) - len(steps)])
    for number, step in enumerate(steps):
        if os.path.exists(here / step):  # which never raises
            here /= step
            continue
        with suppress(OSError):
            names = [entry.name for entry in islice(os.scandir(here), _MOST_NAMES)]
            if found := get_close_matches(step, names, n=1, cutoff=0.7):
                return f"did you mean `{Path(*steps[:number], found[0], *steps[number + 1 :])}`?"
        return None
    return None


def read_text(path: Path, limit: int) -> str:
    """Return a file's text without a leading byte-order mark; raises UnusableFile."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise UnusableFile("is a directory, not a file")
        if not stat.S_ISREG(kind):  # opening a pipe could wait for ever
            raise UnusableFile("is not a regular file")
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise UnusableFile(_why(error)) from None
    if len(raw) > limit:
        raise UnusableFile(f"is larger than {limit // 2**20} MiB")
    return _decoded(raw)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, PermissionError):
        return "may not be read by this user"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror.lower()}"
    return "cannot be read: its name is not usable"


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableFile("is UTF-16, not UTF-8", "save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8-sig", "replace")) + 1
        raise UnusableFile("is not UTF-8 here", "save it as UTF-8", line, column) from None
