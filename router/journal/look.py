"""Looks whether a journal could be used, and leaves it as it is: what `check --connect` says of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from router.errors import JournalError
from router.journal.disk import Disk
from router.journal.migration import schema_of
from router.journal.opening import Place, need_driver
from router.journal.statements import migrations


async def look(place: Place, min_free: int) -> str:
    """Say in a few words what is there; raises JournalError with what to do where it could not be used.

    Nothing is made, migrated, locked or written. `min_free` is the bytes that a file's disk has to have.
    """
    if isinstance(place, Path):
        return await asyncio.to_thread(_look_at_file, place, min_free)
    need_driver()
    from router.journal.postgres.look import look_at_schema

    return await look_at_schema(place)


def _look_at_file(path: Path, min_free: int) -> str:
    version = schema_of(path)
    there = path.exists()
    for needed in (path.absolute().parent, *((path,) if there else ())):
        if not os.access(needed, os.W_OK):
            raise JournalError(f"the journal `{path}` cannot be written: `{needed}` must be writable by this user")
    if (trouble := Disk(path, min_free).trouble()) is not None:
        raise trouble
    return told(f"the file `{path}`", version, len(migrations())) if there else f"the file `{path}` can be made"


def told(what: str, version: int, newest: int) -> str:
    """Say what a journal is, and what the start of a router would do to it."""
    if not version:
        return f"{what} can be written, and is empty"
    return f"{what} can be written" + (f"; it is migrated from {version} to {newest}" if version < newest else "")
