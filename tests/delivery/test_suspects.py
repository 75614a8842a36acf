"""After a crash: what was running gets a moment alone, and kills blame nobody."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from router.model import DeliveryState, Outcome
from router.plugin import Delivery
from tests.delivery.gate import Gate, gated
from tests.delivery.house import Said, destination, event, eventually, flaky, house, planned

DEAD, DELIVERED, READY, RUNNING = (
    DeliveryState.DEAD,
    DeliveryState.DELIVERED,
    DeliveryState.READY,
    DeliveryState.RUNNING,
)


async def hangs(self: Any, params: Said, delivery: Delivery) -> None:
    await asyncio.Event().wait()


async def crash(path: Path, count: int) -> None:
    """Leave so many deliveries running, as a kill does."""
    async with house(path, destination("app", hangs, concurrency=count), crash=True) as h:
        for number in range(count):
            await h.accept(planned(number=number), number=number)
        await eventually(lambda: h.worker.running == count)


async def test_suspects_run_one_at_a_time_and_nothing_is_started_beside_them(tmp_path: Path) -> None:
    await crash(tmp_path, 5)
    beside: list[set[str]] = []
    now: set[str] = set()

    async def notes(self: Any, params: Said, delivery: Delivery) -> None:
        beside.append(set(now))
        now.add(delivery.event.id)
        await asyncio.sleep(0.02)
        now.discard(delivery.event.id)

    async with house(tmp_path, destination("app", notes), destination("other", notes), alone_for=30) as h:
        for number in range(5, 15):
            await h.accept(planned("other", number), number=number)
        for number in range(15):
            await h.reach(planned("app" if number < 5 else "other", number).id, DELIVERED)
    suspects = {event(number).id for number in range(5)}
    assert len(beside) == 15
    assert not any(running & suspects for running in beside), "nothing starts while a suspect runs"


async def test_a_suspect_that_takes_long_holds_the_others_up_for_a_moment_only(tmp_path: Path) -> None:
    await crash(tmp_path, 3)
    gate = asyncio.Event()

    async def waits(self: Any, params: Said, delivery: Delivery) -> None:
        if delivery.event.id in {event(number).id for number in range(3)}:
            await gate.wait()

    async with house(tmp_path, destination("app", waits), alone_for=0.01) as h:
        for number in range(3, 9):
            [name] = await h.accept(planned(number=number), number=number)
            await h.reach(name, DELIVERED)
        for number in range(3):
            found = await h.reach(planned(number=number).id, RUNNING)
            await eventually(partial(_cleared, h, found.id))
        gate.set()
        for number in range(3):
            await h.reach(planned(number=number).id, DELIVERED)


async def _cleared(h: Any, name: str) -> bool:
    found = await h.journal.delivery(name)
    return found is not None and not found.suspect


async def test_one_that_ends_its_process_while_alone_waits_and_is_dead_at_the_second_time(tmp_path: Path) -> None:
    await crash(tmp_path, 1)
    name = planned(number=0).id
    async with house(tmp_path, destination("app", hangs), crash=True, alone_for=30) as h:
        await h.reach(name, RUNNING)
    async with house(tmp_path, destination("app", hangs), alone_for=30, blamed_after=3600, poll=0.01) as h:
        h.clock.move(minutes=5)
        found = await h.reach(name, READY)
        assert (found.crashes, found.crashes_alone) == (2, 1)
        await asyncio.sleep(0.1)
        assert (await h.reach(name, READY)).attempts == 0, "it is not tried before the process has lived a while"
    clock = h.clock
    async with house(
        tmp_path, destination("app", hangs), crash=True, clock=clock, alone_for=30, blamed_after=0, poll=0.01
    ) as h:
        await h.reach(name, RUNNING)
    async with house(tmp_path, destination("app", hangs), clock=clock) as h:
        found = await h.reach(name, DEAD)
        assert "crashes the process" in (found.reason or "")
        assert [a.outcome for a in await h.attempts(name)] == [Outcome.CRASHED] * 3


async def test_kills_in_a_row_blame_nobody(tmp_path: Path) -> None:
    await crash(tmp_path, 12)
    for _ in range(5):
        async with house(tmp_path, destination("app", hangs, concurrency=12), crash=True, alone_for=0.005) as h:
            h.clock.move(minutes=5)
            h.worker.wake()
            await eventually(lambda: h.worker.running >= 3)

    async def works(self: Any, params: Said, delivery: Delivery) -> None:
        return None

    async with house(tmp_path, destination("app", works), blamed_after=0.0, poll=0.01) as h:
        h.clock.move(minutes=5)
        for number in range(12):
            assert (await h.reach(planned(number=number).id, DELIVERED)).attempts == 1


@pytest.mark.parametrize("stays", [True, False])
async def test_a_suspect_whose_destination_changes_while_it_is_claimed_runs_all_the_same(
    tmp_path: Path, stays: bool
) -> None:
    await crash(tmp_path, 1)
    gates: list[Gate] = []
    app, execute = flaky()
    name = planned(number=0).id
    async with house(tmp_path, destination("app", execute), wrap=gated(gates, "claim_suspect", held=True)) as h:
        await h.reach(name, RUNNING)
        h.targets.swap({"app": destination("app", execute, concurrency=2)} if stays else {})
        gates[0].release()
        assert (await h.reach(name, DELIVERED)).attempts == 1
        assert len(app.calls) == 1
