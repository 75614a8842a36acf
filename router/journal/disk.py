"""The disk under the journal: new events are refused before results can no longer be recorded."""

from __future__ import annotations

import os
import time
from pathlib import Path

from router.errors import JournalUnwritable

INTERVAL = 1.0


class Disk:
    """Knows, at most a second late, whether `min_free` bytes are free, and whether the file is still there."""

    def __init__(self, path: Path, min_free: int) -> None:
        self._path = path.absolute()
        self._min_free = min_free
        self._file: os.stat_result | None = None
        self._looked = 0.0
        self._trouble: str | None = None

    def opened(self) -> None:
        """Remember which file is the journal; from now on it must stay at its place."""
        self._file = self._path.stat()
        self._looked = time.monotonic() - INTERVAL

    def trouble(self) -> JournalUnwritable | None:
        """Return the error to refuse new events with, None where there is room for them."""
        now = time.monotonic()
        if now - self._looked >= INTERVAL:
            self._looked = now
            self._trouble = self._look()
        return None if self._trouble is None else JournalUnwritable(self._trouble)

    def _look(self) -> str | None:
        try:
            # SQLite itself goes on writing into a file that was removed, and it would be lost with the process.
            if self._file is not None and not os.path.samestat(self._path.stat(), self._file):
                return f"the journal `{self._path}` was replaced while it was open: restart the router"
            found = os.statvfs(self._path.parent)
        except FileNotFoundError:
            return f"the journal `{self._path}` was removed while it was open: restart the router"
        except OSError as error:
            return f"the disk of the journal `{self._path}` cannot be looked at: {error.strerror}"
        free = found.f_bavail * found.f_frsize
        if free >= self._min_free:
            return None
        return (
            f"only {free >> 20} MiB are free for the journal `{self._path}`, below its `min_free` of "
            f"{self._min_free >> 20} MiB: make room; no event is accepted until then"
        )
