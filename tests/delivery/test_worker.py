"""Deliveries are started, retried, resumed and kept apart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.errors import Permanent, Retry
from router.journal.journal import Claimed, Journal
from router.journal.lane import LaneLimits
from router.model import DeliveryState, Outcome, RetryPolicy
from router.plugin import Delivery
from tests.delivery.house import (
    START,
    Clock,
    House,
    Policy,
    Said,
    destination,
    event,
    eventually,
    flaky,
    house,
    planned,
)

DELIVERED, DEAD, READY, RUNNING = (
    DeliveryState.DELIVERED,
    DeliveryState.DEAD,
    DeliveryState.READY,
    DeliveryState.RUNNING,
)


async def works(self: Any, params: Said, delivery: Delivery) -> Mapping[str, Any]:
    return {"said": params.text}


async def test_a_delivery_is_executed_and_its_facts_are_recorded(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)
        [attempt] = await h.attempts(name)
        assert (attempt.number, attempt.outcome, attempt.facts) == (1, Outcome.DELIVERED, {"said": "hello"})
        [told] = await eventually(lambda: h.seen.attempts)
        assert (told.delivery_id, told.state) == (name, DELIVERED)


async def test_the_action_sees_what_the_plugin_interface_promises(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def looks(self: Any, params: Said, delivery: Delivery) -> None:
        now = asyncio.get_running_loop().time()
        seen.append((self.config.token.get_secret_value(), self.http.closed, self.log.name))
        seen.append((delivery, delivery.body(), dict(delivery.resign()), 20 < delivery.deadline - now <= 30))

    async with house(tmp_path, destination("app", looks)) as h:
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)
    (token, closed, logger), (delivery, body, signed, in_time) = seen
    assert (token, closed, logger) == ("s3cret-of-the-destination", False, "router.actions.app")
    assert (delivery.id, delivery.attempt, delivery.route, delivery.action) == (name, 1, "hello", "say")
    assert (delivery.event.id, delivery.event.uid, delivery.event.headers) == (
        "msg_1",
        "evt_00001",
        event().headers,
    )
    assert (body, signed, in_time) == (event().body, {"signed": f"msg_1 {len(body)} 12:00"}, True)
    assert (delivery.now, delivery.first_attempt_at) == (START, START)


async def test_running_is_committed_before_the_action_is_called(tmp_path: Path) -> None:
    states: list[tuple[DeliveryState, int]] = []
    houses: list[House] = []

    async def looks(self: Any, params: Said, delivery: Delivery) -> None:
        found = await houses[0].journal.delivery(delivery.id)
        assert found is not None
        states.append((found.state, found.attempts))
        if delivery.attempt == 1:
            raise Retry("once more")

    async with house(tmp_path, destination("app", looks)) as h:
        houses.append(h)
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        h.clock.move(minutes=1)
        h.worker.wake()
        await h.reach(name, DELIVERED)
    assert states == [(RUNNING, 1), (RUNNING, 2)]


class Claims:
    """A journal that counts the deliveries that had to be claimed."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self.claimed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def claim(self, wanted: Mapping[str, LaneLimits], now: Any) -> Claimed:
        found = await self._inner.claim(wanted, now)
        self.claimed += len(found.deliveries)
        return found


async def test_with_free_slots_and_no_backlog_nothing_is_claimed(tmp_path: Path) -> None:
    counted: list[Claims] = []

    def wrap(journal: Journal) -> Any:
        counted.append(Claims(journal))
        return counted[0]

    async with house(tmp_path, destination("app", works), wrap=wrap) as h:
        await h.looked()
        for number in range(20):
            [name] = await h.accept(planned(number=number), number=number)
            await h.reach(name, DELIVERED)
    assert counted[0].claimed == 0


async def test_deliveries_beyond_the_slots_are_paged_in_oldest_first(tmp_path: Path) -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def waits(self: Any, params: Said, delivery: Delivery) -> None:
        await gate.wait()
        order.append(delivery.event.id)

    async with house(tmp_path, destination("app", waits, concurrency=1)) as h:
        for number in (3, 1, 5, 4, 2):
            await h.accept(planned(number=number), number=number)
            h.clock.move(seconds=1)
        gate.set()
        for number in (1, 2, 3, 4, 5):
            await h.reach(planned(number=number).id, DELIVERED)
    assert order == ["msg_3", "msg_1", "msg_5", "msg_4", "msg_2"]


async def test_no_more_attempts_run_at_once_than_the_destination_allows(tmp_path: Path) -> None:
    now, most = 0, 0

    async def counts(self: Any, params: Said, delivery: Delivery) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1

    async with house(tmp_path, destination("app", counts, concurrency=3)) as h:
        names = await asyncio.gather(*(h.accept(planned(number=n), number=n) for n in range(40)))
        for [name] in names:
            await h.reach(name, DELIVERED)
    assert most == 3


async def test_a_failed_attempt_is_tried_again_when_it_is_due_and_not_before(tmp_path: Path) -> None:
    made, execute = flaky(Retry("HTTP 503"))
    async with house(tmp_path, destination("app", execute)) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        waiting = await h.reach(name, READY)
        assert (waiting.due_at, waiting.reason) == (START + timedelta(seconds=5), "HTTP 503")
        h.clock.move(seconds=4.9)
        h.worker.wake()
        [other] = await h.accept(planned(number=2), number=2)
        await h.reach(other, DELIVERED)
        assert [call.event.id for call in made.calls] == ["msg_1", "msg_2"]
        h.clock.move(seconds=0.1)
        h.worker.wake()
        await h.reach(name, DELIVERED)
        assert [(a.number, a.outcome) for a in await h.attempts(name)] == [
            (1, Outcome.RETRY),
            (2, Outcome.DELIVERED),
        ]
        assert made.calls[-1].attempt == 2
        assert made.calls[-1].first_attempt_at == START
        assert made.calls[-1].body() == event().body


async def test_a_due_delivery_is_found_without_being_woken(tmp_path: Path) -> None:
    made, execute = flaky(Retry("HTTP 503"))
    policy = Policy(RetryPolicy(first=0.02))
    loop = asyncio.get_running_loop()
    began = loop.time()

    class Real(Clock):
        def __call__(self) -> Any:
            return START + timedelta(seconds=loop.time() - began)

    async with house(tmp_path, destination("app", execute), clock=Real(), policy=policy, poll=600) as h:
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)
    assert [call.attempt for call in made.calls] == [1, 2]


async def test_a_dead_delivery_is_an_error_line_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, execute = flaky(Permanent("HTTP 400: no such channel"))
    async with house(tmp_path, destination("app", execute)) as h:
        [name] = await h.accept(planned())
        dead = await h.reach(name, DEAD)
        assert dead.reason == "HTTP 400: no such channel"
    [line] = [record for record in caplog.records if record.levelno == logging.ERROR]
    for part in (name, "evt_00001", "hello", "say", "HTTP 400: no such channel"):
        assert part in line.getMessage()
    assert [(a.outcome, a.state) for a in h.seen.attempts] == [(Outcome.DEAD, DEAD)]


async def test_the_last_allowed_attempt_makes_it_dead(tmp_path: Path) -> None:
    made, execute = flaky(Retry("a"), Retry("b"), Retry("c"))
    async with house(tmp_path, destination("app", execute)) as h:
        [name] = await h.accept(planned(max_attempts=2))
        await h.retried(name, 1)
        h.clock.move(minutes=1)
        h.worker.wake()
        dead = await h.reach(name, DEAD)
    assert dead.reason == "gave up after 2 attempts (`max_attempts`); last error: b"
    assert len(made.calls) == 2


async def test_a_slow_destination_delays_no_other_one(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def stuck(self: Any, params: Said, delivery: Delivery) -> None:
        await gate.wait()

    async with house(tmp_path, destination("slow", stuck, concurrency=2), destination("app", works)) as h:
        for number in range(1, 21):
            await h.accept(planned("slow", number), planned("app", number, action="quick"), number=number)
        for number in range(1, 21):
            await h.reach(planned("app", number, action="quick").id, DELIVERED)
        states = await h.states()
        assert (states.count(RUNNING), states.count(READY)) == (2, 18)
        gate.set()
        for number in range(1, 21):
            await h.reach(planned("slow", number).id, DELIVERED)
