"""Names the action that holds the event loop: while it does, no event is acknowledged and nothing else runs."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

LONGEST = 0.25
"""Seconds for which an action may hold the event loop before the log names it."""

_BEAT = 0.1


class Watchdog:
    """Looks on from a thread, while attempts run, whether the event loop still turns."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._watched: dict[asyncio.Task[object], str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._last = 0.0
        self._beating = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def watch(self, what: str) -> Iterator[None]:
        """Watch the current task; `what` is how the log names it."""
        task = asyncio.current_task()
        if task is None or self._closed:
            yield
            return
        self._watched[task] = what
        if not self._beating.is_set():
            self._start()
        try:
            yield
        finally:
            self._watched.pop(task, None)

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        self._beating.set()

    def _start(self) -> None:
        self._loop, self._loop_thread = asyncio.get_running_loop(), threading.get_ident()
        self._beat()
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="watchdog", daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        self._last = time.monotonic()
        if self._closed:
            return
        if not self._watched:
            self._beating.clear()  # until the next attempt: an idle process has nothing to wake up for
            return
        self._beating.set()
        assert self._loop is not None  # noqa: S101 - set by _start
        self._loop.call_later(_BEAT, self._beat)

    def _look_on(self) -> None:
        told = 0.0
        while True:
            self._beating.wait()
            if self._closed:
                return
            time.sleep(min(_BEAT, self._longest / 2))
            last = self._last
            if self._beating.is_set() and last != told and time.monotonic() - last > self._longest + _BEAT:
                told = last
                self._tell()

    def _tell(self) -> None:
        task = asyncio.current_task(self._loop)
        what = self._watched.get(task) if task is not None else None
        frame = sys._current_frames().get(self._loop_thread)
        if what is None or frame is None:  # no action's doing: the machine was busy, or asleep
            return
        log.warning(
            "%s holds the event loop for more than %g ms, at %s:%d: nothing else runs meanwhile; "
            "await instead, or make `execute` a plain function, which gets a thread",
            what,
            self._longest * 1000,
            frame.f_code.co_filename,
            frame.f_lineno,
        )
