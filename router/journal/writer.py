"""The one thread that writes: it owns the only writing connection, and the checkpoints."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import partial

from router.errors import JournalUnwritable
from router.journal.batcher import Done
from router.journal.connection import BUSY_TIMEOUT, advice, is_passing
from router.journal.transaction import Operation, commit

Work = Callable[[sqlite3.Connection], Sequence[object]]
IDLE = 2.0
"""Seconds without a write after which the write-ahead log is emptied."""


class Writer:
    """Commits batches, in the order they are sent; `connect` opens the connection again after a failure."""

    def __init__(
        self, connection: sqlite3.Connection, connect: Callable[[], sqlite3.Connection], name: str
    ) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._connect = connect
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[tuple[Work, int, Done] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def send(self, operations: Sequence[Operation], done: Done) -> None:
        """Ask for a batch to be committed; `done` is called on the event loop, with one result for each."""
        self._work.put((partial(commit, operations=operations), len(operations), done))

    def between(self, work: Callable[[sqlite3.Connection], object], done: Done) -> None:
        """Ask for something to be done between two commits, outside any transaction; `done` gets one result."""
        self._work.put((lambda connection: [work(connection)], 1, done))

    def close(self) -> None:
        """Finish what was sent, fold the log into the file, and end the thread; blocks."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        dirty = False
        while True:
            try:
                asked = self._work.get(timeout=IDLE if dirty else None)
            except queue.Empty:
                self._checkpoint()
                dirty = False
                continue
            if asked is None:
                break
            work, number, done = asked
            results = self._carry_out(work, number)
            dirty = True
            # The loop may be gone when the process ends without close(): nobody waits any more then.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(done, results)
        if self._connection is not None:
            self._checkpoint()
            self._connection.close()

    def _carry_out(self, work: Work, number: int) -> Sequence[object]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return work(self._connection)
        except Exception as error:
            if not is_passing(error) and self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None
            return [self._failure(error) for _ in range(number)]

    def _failure(self, error: Exception) -> JournalUnwritable:
        failure = JournalUnwritable(f"the journal `{self._name}` cannot be written now: {error}{advice(error)}")
        failure.__cause__ = error
        return failure

    def _checkpoint(self) -> None:
        """Empty the write-ahead log, unless a reader is in it: nobody is made to wait for that."""
        if self._connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("pragma busy_timeout = 0")
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT}")
