"""Lanes while the worker runs: throttled, broken and slow ones wait for themselves and delay nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.errors import Permanent, Retry
from router.journal.journal import Claimed, Journal
from router.journal.lane import FOR_GOOD, BreakerState, LaneLimits
from router.model import BreakerPolicy, DeliveryState, EventState, Outcome, Plan, StoredDelivery
from router.plugin import Delivery
from router.tasks import spawn
from tests.delivery.gate import Gate, gated
from tests.delivery.house import START, House, Said, destination, event, eventually, flaky, house, planned

DELIVERED, READY, SKIPPED = DeliveryState.DELIVERED, DeliveryState.READY, DeliveryState.SKIPPED


async def works(self: Any, params: Said, delivery: Delivery) -> None:
    return None


async def breaker(h: House, name: str = "app") -> BreakerState:
    """Return where the stored breaker of a destination stands."""
    return next(
        (lane.breaker for lane in await h.journal.lanes() if lane.destination == name), BreakerState.CLOSED
    )


async def test_a_429_pauses_the_whole_lane_and_spends_no_attempt(tmp_path: Path) -> None:
    app, execute = flaky(Retry("HTTP 429", after=30, throttled=True))
    async with house(tmp_path, destination("app", execute, concurrency=1)) as h:
        [first] = await h.accept(planned())
        await h.retried(first, 1)
        [second] = await h.accept(planned(number=2), number=2)
        await asyncio.sleep(0.05)
        assert len(app.calls) == 1, "what came after it waits as well"
        found = await h.reach(first, READY)
        assert (found.attempts, found.due_at) == (0, START + timedelta(seconds=30))
        h.clock.move(seconds=30)
        h.worker.wake()
        for name in (first, second):
            assert (await h.reach(name, DELIVERED)).attempts == 1
        assert [a.outcome for a in await h.attempts(first)] == [Outcome.THROTTLED, Outcome.DELIVERED]


async def test_a_pause_of_one_lane_is_none_of_another_s(tmp_path: Path) -> None:
    async def busy(self: Any, params: Said, delivery: Delivery) -> None:
        if params.text == "a":
            raise Retry("HTTP 429", after=999, throttled=True)

    async with house(tmp_path, destination("app", busy)) as h:
        await h.accept(planned(lane="a", params=b'{"text": "a"}'))
        for number in range(2, 9):
            [name] = await h.accept(planned(number=number, lane="b", params=b'{"text": "b"}'), number=number)
            await h.reach(name, DELIVERED)


async def test_a_pause_is_kept_over_a_restart(tmp_path: Path) -> None:
    _, execute = flaky(Retry("HTTP 429", after=30, throttled=True))
    async with house(tmp_path, destination("app", execute)) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
    app, execute = flaky()
    async with house(tmp_path, destination("app", execute)) as h:
        await h.looked()
        await eventually(lambda: h.targets.get("app").lane("").state.paused_until > START)  # type: ignore[union-attr]
        await h.accept(planned(number=2), number=2)
        await asyncio.sleep(0.05)
        assert app.calls == []


async def test_each_lane_has_its_own_slots_and_all_together_four_times_as_many(tmp_path: Path) -> None:
    running: Counter[str] = Counter()
    gate = asyncio.Event()

    async def counts(self: Any, params: Said, delivery: Delivery) -> None:
        running[params.text] += 1
        await gate.wait()

    async with house(tmp_path, destination("app", counts, concurrency=2)) as h:
        for number in range(60):
            lane = f"lane {number % 6}"
            params = f'{{"text": "{lane}"}}'.encode()
            await h.accept(planned(number=number, lane=lane, params=params), number=number)
        await eventually(lambda: running.total() == 8)
        await asyncio.sleep(0.05)
        assert running.total() == 8
        assert max(running.values()) == 2
        gate.set()
        await eventually(lambda: running.total() == 60)


async def test_a_breaker_opens_lets_one_through_and_closes(tmp_path: Path) -> None:
    broken = True
    calls: list[str] = []

    async def may_fail(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.id)
        if broken:
            raise Retry("HTTP 500")

    policy = BreakerPolicy(share=0.5, minimum=5, window=60, pause=30)
    async with house(tmp_path, destination("app", may_fail, breaker=policy, concurrency=1)) as h:
        for number in range(5):
            await h.accept(planned(number=number), number=number)
        await eventually(lambda: len(calls) == 5)
        await eventually(lambda: h.targets.get("app").lane("").state.breaker is BreakerState.OPEN)  # type: ignore[union-attr]
        names = [(await h.accept(planned(number=number), number=number))[0] for number in range(5, 20)]
        await asyncio.sleep(0.05)
        assert len(calls) == 5, "nothing is tried while it is open"
        h.clock.move(seconds=31)
        h.worker.wake()
        await eventually(lambda: len(calls) == 6)

        async def opened_again() -> bool:
            (lane,) = await h.journal.lanes()
            return lane.open_until == START + timedelta(seconds=61)

        await eventually(opened_again)
        assert len(calls) == 6, "one is let through, and has failed"
        broken = False
        h.clock.move(seconds=61)
        h.worker.wake()
        for name in names:
            await h.reach(name, DELIVERED)
        assert await breaker(h) is BreakerState.CLOSED


async def open_breaker(h: House) -> None:
    """Let five deliveries fail, which open the breaker."""
    for number in range(5):
        await h.accept(planned(number=number), number=number)

    async def opened() -> bool:
        return await breaker(h) is BreakerState.OPEN

    await eventually(opened)


async def test_an_open_breaker_is_kept_over_a_restart(tmp_path: Path) -> None:
    _, execute = flaky(*[Retry("HTTP 500")] * 5)
    policy = BreakerPolicy(minimum=5)
    async with house(tmp_path, destination("app", execute, breaker=policy)) as h:
        await open_breaker(h)
    app, execute = flaky()
    async with house(tmp_path, destination("app", execute, breaker=policy)) as h:
        await h.looked()
        h.clock.move(seconds=20)
        h.worker.wake()
        await asyncio.sleep(0.05)
        assert app.calls == []


async def test_a_breaker_that_is_found_open_is_told_of_though_it_lets_one_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, execute = flaky(*[Retry("HTTP 500")] * 5)
    policy = BreakerPolicy(minimum=5)
    async with house(tmp_path, destination("app", execute, breaker=policy)) as h:
        await open_breaker(h)
    h.clock.move(seconds=3600)
    caplog.clear()
    async with house(tmp_path, destination("app", execute, breaker=policy), clock=h.clock) as h:
        await h.looked()
        assert (
            "lane app fails too often: its circuit breaker is open, and lets one delivery through" in caplog.text
        )


async def test_what_is_refused_or_throttled_does_not_open_a_breaker(tmp_path: Path) -> None:
    errors = [Permanent("HTTP 400")] * 5 + [Retry("HTTP 429", after=0.001, throttled=True)] * 5
    app, execute = flaky(*errors)
    policy = BreakerPolicy(minimum=3)
    async with house(tmp_path, destination("app", execute, breaker=policy, concurrency=1)) as h:
        for number in range(6):
            await h.accept(planned(number=number), number=number)
        while len(app.calls) < 11:
            h.clock.move(seconds=1)
            h.worker.wake()
            await asyncio.sleep(0.01)
        await h.reach(planned(number=5).id, DELIVERED)
        assert await breaker(h) is BreakerState.CLOSED


async def test_a_refusal_shows_a_probed_destination_to_be_there(tmp_path: Path) -> None:
    app, execute = flaky(*[Retry("HTTP 500")] * 5, *[Permanent("HTTP 400")] * 15)
    async with house(tmp_path, destination("app", execute, breaker=BreakerPolicy(minimum=5), concurrency=1)) as h:
        for number in range(10):
            await h.accept(planned(number=number, max_attempts=1 if number < 5 else 9), number=number)

        async def opened() -> bool:
            return await breaker(h) is BreakerState.OPEN

        await eventually(opened)
        h.clock.move(seconds=31)
        h.worker.wake()
        for number in range(5, 10):
            await h.reach(planned(number=number).id, DeliveryState.DEAD)
        assert len(app.calls) == 10


async def test_what_is_too_old_to_probe_a_breaker_does_not_hold_up_what_is_behind_it(tmp_path: Path) -> None:
    _, execute = flaky(*[Retry("HTTP 500")] * 5)
    async with house(tmp_path, destination("app", execute, breaker=BreakerPolicy(minimum=5), concurrency=1)) as h:
        await open_breaker(h)
        for number in range(5, 15):
            await h.accept(planned(number=number, fresh_until=START + timedelta(seconds=5)), number=number)
        [name] = await h.accept(planned(number=15), number=15)
        h.clock.move(seconds=31)
        h.worker.wake()
        await h.reach(name, DELIVERED)
        assert await breaker(h) is BreakerState.CLOSED


class Times:
    """A journal that notes when deliveries were claimed, by the clock of the house."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self.at: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def claim(self, wanted: Mapping[str, LaneLimits], now: Any) -> Claimed:
        found = await self._inner.claim(wanted, now)
        self.at += [(now - START).total_seconds()] * len(found.deliveries)
        return found


async def test_a_rate_holds_for_new_deliveries_too(tmp_path: Path) -> None:
    clocks: list[Times] = []

    def wrap(journal: Journal) -> Any:
        clocks.append(Times(journal))
        return clocks[-1]

    async with house(tmp_path, destination("app", works, interval=10.0), wrap=wrap) as h:
        names = [(await h.accept(planned(number=number), number=number))[0] for number in range(5)]
        for second in range(0, 45, 5):
            h.worker.wake()
            while len(clocks[0].at) < second // 10 + 1:
                await asyncio.sleep(0.002)
            h.clock.move(seconds=5)
        for name in names:
            await h.reach(name, DELIVERED)
    assert clocks[0].at == [0, 10, 20, 30, 40]


async def test_a_delayed_delivery_starts_when_it_is_due(tmp_path: Path) -> None:
    app, execute = flaky()
    async with house(tmp_path, destination("app", execute)) as h:
        [name] = await h.accept(planned(due_at=START + timedelta(hours=1), expires_at=START + timedelta(days=2)))
        await asyncio.sleep(0.05)
        assert (app.calls, (await h.reach(name, READY)).attempts) == ([], 0)
        h.clock.move(hours=1)
        h.worker.wake()
        await h.reach(name, DELIVERED)


async def test_what_is_due_soon_starts_without_being_asked(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works), poll=60.0) as h:
        [name] = await h.accept(planned(due_at=START + timedelta(milliseconds=100)))
        h.clock.move(seconds=1)
        await h.reach(name, DELIVERED)


async def test_one_that_is_too_old_is_skipped_without_being_tried(tmp_path: Path) -> None:
    app, execute = flaky(Retry("HTTP 503"))
    async with house(tmp_path, destination("app", execute)) as h:
        [name] = await h.accept(planned(fresh_until=START + timedelta(hours=1)))
        await h.retried(name, 1)
        h.clock.move(hours=2)
        h.worker.wake()
        found: StoredDelivery = await h.reach(name, SKIPPED)
        assert (found.reason or "").startswith("too old")
        assert len(app.calls) == 1


async def test_a_slow_lane_of_a_destination_that_is_asked_for_by_others_starves_nobody(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow(self: Any, params: Said, delivery: Delivery) -> None:
        if params.text == "slow":
            await gate.wait()

    async with house(tmp_path, destination("app", slow, concurrency=2), destination("other", works)) as h:
        for number in range(100):
            await h.accept(planned(number=number, lane="slow", params=b'{"text": "slow"}'), number=number)
        for number in range(100, 120):
            [fast] = await h.accept(planned(number=number, lane="fast"), number=number)
            [other] = await h.accept(planned("other", number + 100), number=number + 100)
            await h.reach(fast, DELIVERED)
            await h.reach(other, DELIVERED)
        gate.set()


async def test_a_busy_neighbour_does_not_keep_the_worker_from_looking_unasked(tmp_path: Path) -> None:
    busy, other = destination("app", works, interval=0.02), destination("other", works)
    async with house(tmp_path, busy, other, poll=0.6) as h:

        async def goes() -> None:
            while True:
                h.clock.move(seconds=0.02)
                await asyncio.sleep(0.01)

        going = spawn(goes(), name="let time pass")
        await h.accept(*[planned(index=place) for place in range(300)])
        await h.looked("other")
        unheard = planned("other", 2)  # as of another replica, whose word about it was lost
        await h.journal.append(Plan(event(2), EventState.PLANNED, (unheard,)))
        await h.reach(unheard.id, DELIVERED)
        assert READY in await h.states(), "it was found while the neighbour went on"
        going.cancel()


async def test_a_pause_that_was_just_heard_of_outlasts_an_older_word_of_the_journal(tmp_path: Path) -> None:
    gates: list[Gate] = []
    goes = asyncio.Event()
    calls: list[str] = []

    async def busy(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.id)
        await goes.wait()
        raise Retry("HTTP 429", after=30, throttled=True)

    async with house(tmp_path, destination("app", busy), wrap=gated(gates, "lanes")) as h:
        await h.looked()
        [first] = await h.accept(planned())
        await eventually(lambda: calls)
        gates[0].hold()
        h.worker.wake()
        await gates[0].reached()
        goes.set()
        await h.retried(first, 1)
        await h.looked()
        gates[0].release()
        await asyncio.sleep(0.02)
        await h.accept(planned(number=2), number=2)
        await asyncio.sleep(0.05)
        assert calls == [first]


async def test_nothing_is_started_before_it_is_known_which_lanes_are_paused(tmp_path: Path) -> None:
    app, execute = flaky()
    async with house(tmp_path, destination("app", execute)) as h:
        await h.journal.pause("app", None, FOR_GOOD, "on holiday")
    gates: list[Gate] = []
    async with house(tmp_path, destination("app", execute), wrap=gated(gates, "lanes", held=True)) as h:
        await h.looked(informed=False)
        [name] = await h.accept(planned())
        await asyncio.sleep(0.05)
        gates[0].release()
        assert (await h.reach(name, READY)).attempts == 0
        assert app.calls == []


async def test_a_pause_that_another_replica_has_written_is_heard_of_with_its_hint(tmp_path: Path) -> None:
    app, execute = flaky()
    async with house(tmp_path, destination("app", execute)) as h:
        await h.looked()
        await h.journal.pause("app", None, FOR_GOOD, "on holiday")
        h.journal.hint()
        await eventually(lambda: h.targets.paused(START))
        await h.accept(planned())
        await asyncio.sleep(0.05)
        assert app.calls == []


async def test_lanes_of_which_nothing_is_to_be_said_are_forgotten(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        names = [planned(number=number, lane=f"lane {number}") for number in range(300)]
        for number, one in enumerate(names):
            await h.accept(one, number=number)
        for one in names:
            await h.reach(one.id, DELIVERED)
        target = h.targets.get("app")
        assert target is not None
        await eventually(lambda: len(target.lanes) <= 100)


async def test_very_many_lanes_in_which_nothing_is_due_are_left_alone(tmp_path: Path) -> None:
    gates: list[Gate] = []
    async with house(tmp_path, destination("app", works), wrap=gated(gates, "claim"), poll=60.0) as h:
        waits = [
            planned(action=f"a{n}", lane=f"lane {n:04}", due_at=START + timedelta(hours=1)) for n in range(1200)
        ]
        for number in range(2):
            await h.accept(*waits[number * 600 : number * 600 + 600], number=number)
        h.worker.wake()
        await h.looked()
        before = gates[0].calls
        await asyncio.sleep(0.5)
        assert gates[0].calls == before
