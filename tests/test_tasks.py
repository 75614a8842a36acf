"""Background tasks are kept while they run, and none fails unseen."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from router.tasks import spawn


async def test_a_task_that_nobody_holds_runs_to_its_end() -> None:
    done = asyncio.Event()

    async def work() -> None:
        waiting = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, waiting.set_result, None)
        await waiting
        done.set()

    spawn(work(), name="work")
    await asyncio.sleep(0)
    gc.collect()
    async with asyncio.timeout(30):
        await done.wait()


async def test_what_nobody_awaits_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("no luck")

    task = spawn(fail(), name="try luck")
    await asyncio.wait({task})
    assert "background task try luck failed" in caplog.text
    assert "ValueError: no luck" in caplog.text


async def test_a_cancelled_task_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    task = spawn(asyncio.sleep(3600), name="sleep")
    task.cancel()
    await asyncio.wait({task})
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
