"""The files that a configuration came from, and whether one of them has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Stamp = dict[Path, object]

_PASSING = ("-wal", "-shm", "-journal", ".lock", ".pyc", "~")  # a database or an editor comes and goes


def stamp(files: Iterable[Path]) -> Stamp:
    """Return what changes when one of the files does: also when it is replaced, or a link is pointed elsewhere.

    Of a folder it is the names in it, without hidden ones and those of passing files.
    """
    return {file: _state(file) for file in files}


def _state(file: Path) -> object:
    try:
        if file.is_dir():
            names = sorted(os.listdir(file))
            return [n for n in names if not n.startswith((".", "__pycache__")) and not n.endswith(_PASSING)]
        state = os.stat(file)
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino, state.st_mtime_ns, state.st_size
