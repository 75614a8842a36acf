"""The lock file of a journal: one process owns it, and says there where it can be reached."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import stat
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from router.errors import JournalBusy, JournalError

log = logging.getLogger(__name__)

POLL = 0.05
_SILENT = 1.0  # seconds that are waited without a word
_MOST = 65_536


@dataclass(frozen=True, slots=True)
class Holder:
    """Who owns the journal: `admin` is the address of its admin listener, `token` opens that for this run.

    Both are None until it listens.
    """

    pid: int | None = None
    admin: str | None = None
    token: str | None = field(default=None, repr=False)


class Lock:
    """The lock of the journal at `path`: `<journal>.lock` beside it, only for its user.

    The kernel gives it up with the process, however that ends; the file stays, and what is in it counts only
    while it is locked. `acquire` may run in a thread: `give_up` and `release` end its waiting.
    """

    def __init__(self, path: Path) -> None:
        # Resolved, so that a journal reached over a symbolic link has the one lock.
        self._journal = path
        self._stop = threading.Event()
        self._file: int | None = None
        try:
            real = path.resolve()
        except (OSError, RuntimeError):
            real = path.absolute()
        self.path = real.with_name(real.name + ".lock")

    def acquire(self, wait: float = 0.0) -> None:
        """Own the journal; waits up to `wait` seconds for another owner to end.

        Raises JournalBusy, which names the owner, or JournalError where the file cannot be used.
        """
        if self._file is not None:
            return
        self._stop.clear()
        # A moment at least: someone who only looks at the file locks it for an instant.
        begun, told = time.monotonic(), False
        end = begun + max(wait, 4 * POLL)
        while True:
            if self._try():
                return
            if wait > _SILENT and not told and time.monotonic() >= begun + _SILENT:
                told = True
                log.warning("%s; waiting up to %g s for it to end", self._busy(), wait)
            if time.monotonic() >= end or self._stop.wait(POLL):
                raise JournalBusy(self._busy())

    def publish(self, admin: str, token: str) -> None:
        """Write down where the owner's admin listener is, and the token that it takes."""
        self._write(Holder(os.getpid(), admin, token))

    def holder(self) -> Holder | None:
        """Return who owns the journal now; None where nobody does. JournalError where it cannot be read."""
        if self._file is not None:
            return _read(self._file)
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file)
            return None
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        finally:
            os.close(file)

    def release(self) -> None:
        """Give the journal up, or end the waiting for it; harmless where it is not owned."""
        self._stop.set()
        if self._file is None:
            return
        file, self._file = self._file, None
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
        os.close(file)

    def give_up(self) -> None:
        """End the waiting for it, from another thread; an owner stays the owner."""
        self._stop.set()

    def _try(self) -> bool:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        try:
            self._check(file)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._is_the_one(file):
                os.close(file)
                return False  # removed or replaced meanwhile: the next try opens the new one
            os.fchmod(file, 0o600)
            self._file = file
            self._write(Holder(os.getpid()))
        except BlockingIOError:
            os.close(file)
            return False
        except OSError as error:
            self._file = None
            os.close(file)
            raise self._unusable(error.strerror or str(error)) from error
        except JournalError:
            os.close(file)
            raise
        return True

    def _check(self, file: int) -> None:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("it is not a file")
        if found.st_uid != os.geteuid():
            # Its owner could read the token.
            raise self._unusable(f"it belongs to another user (uid {found.st_uid}); run as that one")

    def _is_the_one(self, file: int) -> bool:
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(file))

    def _write(self, holder: Holder) -> None:
        if self._file is None:
            raise JournalError(f"the lock `{self.path}` is not held")
        raw = json.dumps({"pid": holder.pid, "admin": holder.admin, "token": holder.token}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, raw, 0)

    def _busy(self) -> str:
        try:
            holder = self.holder() or Holder()
        except JournalError:
            holder = Holder()
        who = "another process" if holder.pid is None else f"process {holder.pid}"
        where = "" if holder.admin is None else f" (admin listener {holder.admin})"
        return f"the journal `{self._journal}` is owned by {who}{where}: stop that one, or name another journal"

    def _unusable(self, why: str) -> JournalError:
        return JournalError(
            f"the lock file `{self.path}` cannot be used: {why}; "
            "its directory must be writable by this user, and nothing else may stand at its place"
        )


def _read(file: int) -> Holder:
    """What the file says; a holder without facts where it is just being written."""
    try:
        said = json.loads(os.pread(file, _MOST, 0))
        pid, admin, token = said["pid"], said["admin"], said["token"]
    except (OSError, ValueError, KeyError, TypeError):
        return Holder()
    return Holder(
        pid if isinstance(pid, int) else None,
        admin if isinstance(admin, str) else None,
        token if isinstance(token, str) else None,
    )
