"""Writes what came out into the files of tests: snapshots that are looked at in a diff."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from router.testing.outcome import Edit, Outcome
from router.testing.splice import Unspliceable, splice


@dataclass(frozen=True, slots=True)
class Updated:
    """A file that was changed, before and after; or why it was not."""

    file: str
    before: str = ""
    after: str = ""
    fault: str | None = None


def edits_of(outcomes: Iterable[Outcome]) -> dict[str, list[Edit]]:
    """Return for each file what its failing tests would have to say, by paths from the top of the file."""
    found: dict[str, list[Edit]] = {}
    for outcome in outcomes:
        case = outcome.case
        clean = case.known.redactor.tree
        for failure in outcome.failures:
            if failure.edit is not None:
                path = ("tests", case.number, *failure.edit.path)
                found.setdefault(case.file, []).append(Edit(path, clean(failure.edit.value)))
    return found


def update(file: Path, name: str, edits: list[Edit]) -> Updated:
    """Change a file in place: the new text is read again, written beside it, and put in its place at once."""
    try:
        raw = file.read_bytes()
        before = raw.decode("utf-8")
        after = splice(before, edits)
        put(file, after.encode())
    except Unspliceable as error:
        return Updated(name, fault=f"{error}: change it by hand")
    except (OSError, UnicodeDecodeError) as error:
        return Updated(name, fault=getattr(error, "strerror", None) or "it cannot be read")
    return Updated(name, before, after)


def put(file: Path, raw: bytes) -> None:
    """Put bytes in the place of a file at once, so that nobody sees half of it; a link stays one."""
    target = file.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as beside:
            beside.write(raw)
            beside.flush()
            os.fsync(beside.fileno())
        shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
