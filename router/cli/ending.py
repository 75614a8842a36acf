"""The end of the process: nothing that an action has left behind may put it off."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 2.0
"""Seconds that tasks and threads get to end by themselves."""

_LOOK = 0.02


class Leftovers:
    """Finds what still runs at the end: tasks that swallow their cancellation, threads that do not return.

    The event loop and the interpreter would both wait for those for ever. Made when the loop starts,
    because it gives the loop the pool of threads for `asyncio.to_thread`, which it can then look into.
    """

    def __init__(self) -> None:
        self._before = set(threading.enumerate())
        self._pool = ThreadPoolExecutor(thread_name_prefix="background")
        asyncio.get_running_loop().set_default_executor(self._pool)

    async def found(self, patience: float = PATIENCE) -> list[str]:
        """Cancel all tasks but this one, and return the names of what has not ended `patience` seconds later."""
        end = time.monotonic() + patience
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        while self._threads() and time.monotonic() < end:  # noqa: ASYNC110 - a thread sets no event
            await asyncio.sleep(_LOOK)
        return [*(task.get_name() for task in tasks if not task.done()), *self._threads()]

    def _threads(self) -> list[str]:
        # Daemons end with the interpreter, whatever they do.
        new = set(threading.enumerate()) - self._before
        return sorted(thread.name for thread in new if not thread.daemon)
