"""Puts new files into a folder: all of them or none, each at once, and none over another that is there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Taken(Exception):
    """There are files of these names already."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def write_new(folder: Path, files: Mapping[str, str], *, force: bool = False) -> None:
    """Write the files, by their paths in the folder; with `force` also over others.

    Raises Taken where one exists (none is written then), and OSError. A file that appears meanwhile is not
    overwritten either.
    """
    taken = [name for name in files if os.path.lexists(folder / name)]
    if taken and not force:
        raise Taken(taken)
    staged: list[tuple[Path, Path]] = []
    made: list[Path] = []
    try:
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.append((_staged(target, text), target))
        for source, target in staged:
            if force:
                os.replace(source, target)
                continue
            try:
                os.link(source, target)  # unlike a rename, it fails where somebody was faster
            except FileExistsError:
                raise Taken([target.name]) from None
            made.append(target)
    except BaseException:
        for target in made:
            with suppress(OSError):
                target.unlink()
        raise
    finally:
        for source, _ in staged:
            with suppress(FileNotFoundError):
                source.unlink()


def _staged(target: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o666 & ~_umask())
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
