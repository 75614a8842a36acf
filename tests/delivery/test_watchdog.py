"""An action that holds the event loop is named."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from router.delivery.watchdog import Watchdog


@pytest.fixture
def watchdog() -> Watchdog:
    return Watchdog(longest=0.05)


class Told(logging.Handler):
    """Keeps what is said, and sets an event with the first record; it comes from another thread."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.said = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.said.set()


async def test_an_action_that_holds_the_loop_is_named_with_its_line_while_it_does(watchdog: Watchdog) -> None:
    told = Told()
    logging.getLogger("router.delivery.watchdog").addHandler(told)
    try:
        with watchdog.watch("the action `slow` (delivery dlv_a)"):
            assert told.said.wait(30), "it was not named"
    finally:
        logging.getLogger("router.delivery.watchdog").removeHandler(told)
        watchdog.close()
    [record] = told.records
    assert record.getMessage().startswith(
        "the action `slow` (delivery dlv_a) holds the event loop for more than 50 ms"
    )


async def test_actions_that_wait_are_not_named(watchdog: Watchdog, caplog: pytest.LogCaptureFixture) -> None:
    async def waits() -> None:
        with watchdog.watch("the action `fine`"):
            await asyncio.sleep(0.3)

    await asyncio.gather(*(waits() for _ in range(20)))
    watchdog.close()
    assert caplog.records == []


async def test_what_holds_the_loop_and_is_no_action_is_not_blamed_on_one(
    watchdog: Watchdog, caplog: pytest.LogCaptureFixture
) -> None:
    async def waits() -> None:
        with watchdog.watch("the action `fine`"):
            await asyncio.sleep(0.1)

    waiting = asyncio.ensure_future(waits())
    await asyncio.sleep(0)
    time.sleep(0.4)
    await waiting
    watchdog.close()
    assert caplog.records == []


async def test_an_idle_process_is_not_woken(watchdog: Watchdog) -> None:
    with watchdog.watch("the action `quick`"):
        pass
    async with asyncio.timeout(30):
        while watchdog._beating.is_set():
            await asyncio.sleep(0.01)
    with watchdog.watch("the action `quick`"):
        assert watchdog._beating.is_set()
    watchdog.close()
