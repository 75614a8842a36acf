"""Threads for plain functions: bounded, and honest about what happened."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from router.delivery.threads import Threads
from router.tasks import spawn
from tests.delivery.house import eventually

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE")


async def test_no_more_threads_than_the_size_are_started_and_they_are_used_again() -> None:
    threads = Threads(2, "t")
    barrier = threading.Barrier(2)
    calls = [threads.run(lambda: (barrier.wait(), threading.current_thread().name)[1]) for _ in range(6)]
    names = await asyncio.gather(*calls)
    assert set(names) == {"t-1", "t-2"}
    threads.close()


async def test_threads_are_started_only_when_they_are_needed() -> None:
    threads = Threads(8, "t")
    for _ in range(5):
        assert await threads.run(lambda: threading.current_thread().name) == "t-1"
    threads.close()


async def test_context_is_kept() -> None:
    VARIABLE.set("here")
    threads = Threads(1, "t")
    assert await threads.run(VARIABLE.get) == "here"
    threads.close()


async def test_a_cancelled_call_that_works_out_is_a_result() -> None:
    threads, gate = Threads(1, "t"), threading.Event()

    def call() -> str:
        gate.wait()
        return "done"

    task = asyncio.ensure_future(threads.run(call))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    assert await task == "done"
    threads.close()


async def test_after_close_a_hanging_call_can_be_cancelled() -> None:
    threads, gate = Threads(1, "t"), threading.Event()
    task = asyncio.ensure_future(threads.run(gate.wait))
    await asyncio.sleep(0)
    threads.close()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()


async def test_a_thread_ends_quietly_when_the_loop_is_gone() -> None:
    def other_loop() -> tuple[threading.Thread, threading.Event]:
        gate = threading.Event()

        async def leave() -> None:
            threads = Threads(1, "gone")
            task = asyncio.ensure_future(threads.run(gate.wait))
            await asyncio.sleep(0)
            threads.close()
            task.cancel()

        asyncio.run(leave())
        return next(thread for thread in threading.enumerate() if thread.name == "gone-1"), gate

    thread, gate = await asyncio.to_thread(other_loop)
    gate.set()
    await eventually(lambda: not thread.is_alive())


async def test_a_cancellation_that_came_before_the_end_gets_through_at_the_end() -> None:
    threads, gate, began = Threads(1, "late"), threading.Event(), threading.Event()

    def hangs() -> None:
        began.set()
        gate.wait()

    task = spawn(threads.run(hangs), name="late")
    await asyncio.to_thread(began.wait)
    task.cancel()
    await asyncio.sleep(0)
    threads.close()
    try:
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
    finally:
        gate.set()
