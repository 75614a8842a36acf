"""Destinations are opened in the background, again and again where they must, and closed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from router.delivery.targets import Targets, reopen_after
from router.destinations import Destination
from router.model import DeliveryState
from router.plugin import Delivery
from tests.delivery.gate import Gate, gated
from tests.delivery.house import (
    SECRET,
    START,
    Said,
    action,
    destination,
    eventually,
    flaky,
    house,
    planned,
)


async def works(self: Any, params: Said, delivery: Delivery) -> None:
    return


async def test_a_destination_that_cannot_be_opened_holds_its_deliveries_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = True

    async def opens(self: Any) -> None:
        if broken:
            raise SystemExit(f"no database at {SECRET}")

    bad = destination("app", works, action=action(works, open=opens))
    async with house(tmp_path, bad, destination("other", works)) as h:
        assert h.targets.unavailable() == {"app": "SystemExit: no database at ***"}
        [name, good] = await h.accept(planned(), planned("other", action="b"))
        await h.reach(good, DeliveryState.DELIVERED)
        h.worker.wake()
        assert (await h.reach(name, DeliveryState.READY)).attempts == 0
        assert await h.worker.stranded() == 0
        broken = False
        await h.reach(name, DeliveryState.DELIVERED)
        assert h.targets.unavailable() == {}
    assert "`app` is unavailable" in caplog.text
    assert "`app` is available again" in caplog.text
    assert SECRET not in caplog.text


async def test_an_open_that_never_ends_blocks_nothing(tmp_path: Path) -> None:
    async def opens(self: Any) -> None:
        await asyncio.Event().wait()

    bad = destination("app", works, action=action(works, open=opens))
    async with house(tmp_path, bad, destination("other", works), settle=False) as h:
        [good] = await h.accept(planned("other"))
        await h.reach(good, DeliveryState.DELIVERED)
        assert h.targets.unavailable() == {"app": "it is being opened"}


async def test_plain_open_and_close_run_in_threads_of_the_destination() -> None:
    seen: list[str] = []

    def note(self: Any) -> None:
        seen.append(threading.current_thread().name)

    async with aiohttp.ClientSession() as http:
        targets = Targets(http)
        targets.swap({"app": destination("app", works, action=action(works, open=note, close=note))})
        await targets.settled()
        await targets.close()
    assert seen == ["action app-1", "action app-1"]


async def test_a_close_that_raises_keeps_nothing_open(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(self: Any) -> None:
        raise KeyboardInterrupt

    async with aiohttp.ClientSession() as http:
        targets = Targets(http)
        targets.swap({"app": destination("app", works, action=action(works, close=fails))})
        await targets.settled()
        await targets.close()
    assert "destination `app` did not close: KeyboardInterrupt" in caplog.text


async def test_a_destination_that_leaves_while_it_opens_is_closed_all_the_same() -> None:
    gate, closed = threading.Event(), threading.Event()

    def opens(self: Any) -> None:
        gate.wait()

    def closes(self: Any) -> None:
        closed.set()

    async with aiohttp.ClientSession() as http:
        targets = Targets(http)
        targets.swap({"app": destination("app", works, action=action(works, open=opens, close=closes))})
        target = targets.get("app")
        assert target is not None
        await asyncio.sleep(0)
        targets.swap({})
        assert targets.get("app") is None
        gate.set()
        await eventually(lambda: target._opening.done())
        assert closed.is_set()
        assert not target.available
        await targets.close()


async def test_a_close_that_hangs_in_a_thread_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.delivery.target.CLOSE_TIMEOUT", 0.01)
    gate = threading.Event()

    def hangs(self: Any) -> None:
        gate.wait()

    async with aiohttp.ClientSession() as http:
        targets = Targets(http)
        targets.swap({"app": destination("app", works, action=action(works, close=hangs))})
        await targets.settled()
        await targets.close()
    gate.set()


def test_the_wait_before_another_try_grows_to_a_minute() -> None:
    assert all(1 <= reopen_after(1) <= 2 for _ in range(50))
    assert all(30 <= reopen_after(50) <= 60 for _ in range(50))


async def test_what_a_claim_brings_after_its_destination_has_changed_is_tried_as_it_was_claimed(
    tmp_path: Path,
) -> None:
    gates: list[Gate] = []
    closed: list[int] = []
    app, execute = flaky()

    async def closes(self: Any) -> None:
        closed.append(len(app.calls))

    def of(slots: int) -> Destination:
        return destination("app", execute, concurrency=slots, action=action(execute, close=closes))

    async with house(tmp_path, of(1), wrap=gated(gates, "claim")) as h:
        await h.looked()
        gates[0].hold()
        [name] = await h.accept(planned(due_at=START))
        h.worker.wake()
        await gates[0].reached()
        h.targets.swap({"app": of(2)})
        await asyncio.sleep(0.02)
        gates[0].release()
        assert (await h.reach(name, DeliveryState.DELIVERED)).attempts == 1
        await eventually(lambda: closed)
    assert closed == [1, 1], "the old one was open for the delivery, and closed then"
