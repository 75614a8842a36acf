"""The texts of a configuration: read from the disk and remembered, or those that were kept of an earlier one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from router.config.files import UnusableFile, read_text


def name_of(file: Path, root: str) -> str:
    """Return the name that a file is kept under: relative to the folder `root` below it, else its absolute path.

    Links are not followed: a ConfigMap's file goes by the name that it is mounted under.
    """
    absolute = Path(os.path.abspath(file))
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else str(absolute)


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of a configuration as they once were, instead of those on the disk.

    `files` has their texts by name, and `read` names those that are YAML, in the order in which they were read:
    what `include` leads to today does not matter. `was` is the folder that the first one stood in, `root` the one
    that plugins and files of secrets are looked for in today.
    """

    root: Path
    was: str
    read: tuple[str, ...]
    files: Mapping[str, str]

    @property
    def paths(self) -> list[Path]:
        """Where the YAML files would be today, in the order in which they are read."""
        return [self.root / name for name in self.read]

    def text(self, file: Path) -> str:
        """Return the text that a file had; raises UnusableFile where it was none of the configuration's."""
        root = os.path.abspath(self.root)
        there = Path(self.was) / os.path.relpath(os.path.abspath(file), root)
        for name in (name_of(file, root), name_of(there, self.was)):
            if name in self.files:
                return self.files[name]
        raise UnusableFile("was no file of that configuration")


class Texts:
    """Reads what a configuration needs besides its YAML (`{file: ...}`), and remembers it.

    `paths` are all files that were asked for, those that cannot be read too; `read` has the texts of the others.
    """

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept
        self.paths: dict[Path, None] = {}
        self.read: dict[Path, str] = {}

    def text(self, file: Path, limit: int) -> str:
        """Return the text of a file of at most so many bytes; raises UnusableFile."""
        self.paths[file] = None
        if file not in self.read:
            self.read[file] = read_text(file, limit) if self._kept is None else self._kept.text(file)
        return self.read[file]
