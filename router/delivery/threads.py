"""A bounded pool of threads for actions that are plain functions."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Ended = tuple[Any, BaseException | None]


@dataclass(frozen=True, slots=True)
class _Call:
    function: Callable[[], Any]
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop
    ended: asyncio.Future[Ended]


class Threads:
    """At most `size` threads, started when they are needed.

    They are daemons, unlike those of concurrent.futures: a call that never returns must not keep the
    process from ending.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._closed = False
        self._started = 0
        self._pending = 0  # calls that have not ended; touched by the event loop only
        self._held_back: set[asyncio.Future[Ended]] = set()  # whose cancellation waits for `close`

    async def run(self, function: Callable[[], Any]) -> Any:
        """Call it in a thread; return or raise what it did.

        A thread cannot be stopped: a cancellation is held back until the call ends, and forgotten then,
        because what the call did is what happened. Only `close` lets it through.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Ended] = loop.create_future()
        self._pending += 1
        if self._pending > self._started and self._started < self._size:
            self._started += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        self._calls.put(_Call(function, contextvars.copy_context(), loop, ended))
        try:
            while not ended.done():
                try:
                    await asyncio.shield(ended)
                except asyncio.CancelledError:
                    if self._closed:
                        raise
                    self._held_back.add(ended)
        finally:
            self._pending -= 1
            self._held_back.discard(ended)
        result, error = ended.result()
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """Let the threads end after what they are doing, and cancellations through that were held back.

        Only in the thread of the event loop.
        """
        self._closed = True
        for ended in self._held_back:
            ended.cancel()
        for _ in range(self._started):
            self._calls.put(None)
        self._started = 0

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            ended = _call(call)
            try:
                call.loop.call_soon_threadsafe(_tell, call.ended, ended)
            except RuntimeError:  # the loop is closed: nobody is left to be told
                return
            del call, ended


def _call(call: _Call) -> Ended:
    try:
        return call.context.run(call.function), None
    except BaseException as error:  # a thread that dies of SystemExit would take its slot along
        return None, error


def _tell(future: asyncio.Future[Ended], ended: Ended) -> None:
    if not future.done():
        future.set_result(ended)
