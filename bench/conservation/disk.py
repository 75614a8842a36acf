"""The disk that the journal lies on: one that can be full."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_BLOCK = 4096


class Disk(Protocol):
    """Where the journal lies."""

    @property
    def folder(self) -> Path:
        """The folder for it."""

    @property
    def kind(self) -> str:
        """How it is made full, for the report."""

    def fill(self, room: int) -> None:
        """Leave no more room than these bytes."""

    def free(self) -> None:
        """Give the room back."""


class SmallDisk:
    """A file system in memory of its own, filled to its last block."""

    kind = "a tmpfs of its own, filled"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, room: int) -> None:
        """Write until the file system takes no more than that."""
        most = self._free_bytes()
        with self._ballast.open("wb") as file:
            while (size := min(most, self._free_bytes() - room)) >= _BLOCK:
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
                except OSError:
                    most = size // 2  # somebody else was faster

    def free(self) -> None:
        """Remove the ballast."""
        self._ballast.unlink(missing_ok=True)

    def _free_bytes(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


class LimitedDisk:
    """Any folder; no file of the processes may grow, which SQLite meets as a full disk (Linux)."""

    kind = "a limit on the size of files (a tmpfs could not be mounted)"

    def __init__(self, folder: Path, pids: Callable[[], Iterable[int]]) -> None:
        self.folder = folder
        self._pids = pids

    def fill(self, room: int) -> None:
        """Let no file grow, whatever the room."""
        self._limit(1)

    def free(self) -> None:
        """Let all files grow."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@contextmanager
def opened(folder: Path, mebibytes: int, pids: Callable[[], Iterable[int]]) -> Iterator[Disk]:
    """Make the disk in this folder; a file system of its own and of that size where this user may mount one."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs"]
    try:
        done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)
        mounted = done.returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        yield LimitedDisk(folder, pids)
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
