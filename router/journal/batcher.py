"""Double-buffered group commit: while one batch commits, the next gathers. Knows nothing of any database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from router.errors import JournalError

Op = TypeVar("Op")
Result = TypeVar("Result")
Done = Callable[[Sequence[object]], None]
"""Takes, on the event loop, the results of a batch: one for each; an exception is raised to its caller."""


class Batcher(Generic[Op]):
    """Gathers operations and hands them over in batches.

    `start(operations, done)` is called on the event loop and must not block; the back end commits the batch
    and calls `done` on the loop, once. At most `in_flight` batches are under way, of at most `most` operations.
    An operation that was submitted is carried out even where its caller is cancelled.
    """

    def __init__(self, start: Callable[[list[Op], Done], None], *, most: int = 256, in_flight: int = 1) -> None:
        self._start = start
        self._most = most
        self._in_flight = in_flight
        self._waiting: list[tuple[Op, asyncio.Future[object]]] = []
        self._flying = 0
        self._scheduled = False
        self._closed = False
        self._idle: asyncio.Future[None] | None = None

    def submit(self, operation: Op) -> asyncio.Future[object]:
        """Ask for an operation; the future has its result after the commit. JournalError once closed."""
        if self._closed:
            raise JournalError("the journal is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()
        self._waiting.append((operation, future))
        if not self._scheduled and self._flying < self._in_flight:
            # Not at once: what else is submitted in this turn of the loop shares the commit.
            self._scheduled = True
            loop.call_soon(self._send)
        return future

    async def close(self) -> None:
        """Refuse further operations, and return when every one that was submitted has its result."""
        self._closed = True
        while self._waiting or self._flying:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle

    def _send(self) -> None:
        self._scheduled = False
        while self._waiting and self._flying < self._in_flight:
            batch = self._waiting[: self._most]
            del self._waiting[: self._most]
            futures = [future for _, future in batch]
            self._flying += 1

            def done(results: Sequence[object], futures: list[asyncio.Future[object]] = futures) -> None:
                self._landed(futures, results)

            try:
                self._start([operation for operation, _ in batch], done)
            except Exception as error:
                done([_copy(error) for _ in futures])

    def _landed(self, futures: list[asyncio.Future[object]], results: Sequence[object]) -> None:
        self._flying -= 1
        if len(results) != len(futures):
            results = [JournalError("the journal lost the result of a write")] * len(futures)
        for future, result in zip(futures, results, strict=True):
            if future.done():
                continue  # its caller was cancelled
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
        if self._waiting:
            self._send()
        elif not self._flying and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def _copy(error: Exception) -> Exception:
    fresh = JournalError(f"the journal could not start a write: {error}")
    fresh.__cause__ = error
    return fresh
