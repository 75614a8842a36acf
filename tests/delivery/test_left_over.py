"""What is left over from an earlier start or an earlier configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from router.errors import JournalError, Retry
from router.journal.journal import Journal, StoredEvent
from router.model import BreakerPolicy, DeliveryState, Outcome, RetryPolicy
from router.plugin import Delivery
from tests.delivery.house import (
    START,
    Clock,
    Said,
    Settings,
    destination,
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


async def test_after_a_kill_the_next_start_runs_what_was_left(tmp_path: Path) -> None:
    hang = asyncio.Event()

    async def stuck(self: Any, params: Said, delivery: Delivery) -> None:
        await hang.wait()

    async with house(tmp_path, destination("app", stuck, concurrency=1), crash=True) as h:
        await h.accept(planned(number=1), number=1)
        await h.accept(planned(number=2), number=2)
        await eventually(lambda: h.worker.running)
    made, execute = flaky()
    async with house(tmp_path, destination("app", execute)) as h:
        for number in (1, 2):
            await h.reach(planned(number=number).id, DELIVERED)
        outcomes = [a.outcome for a in await h.attempts(planned(number=1).id)]
        assert outcomes == [Outcome.CRASHED, Outcome.DELIVERED]
        assert sorted((c.event.id, c.attempt, c.body()) for c in made.calls) == [
            ("msg_1", 1, b'{"n": 1}'),
            ("msg_2", 1, b'{"n": 2}'),
        ]


async def test_a_delivery_that_waited_too_long_is_dead_without_being_tried(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as h:  # nothing is configured yet
        [name] = await h.accept(planned())
    clock.move(days=2)
    made, execute = flaky()
    async with house(tmp_path, destination("app", execute), clock=clock) as h:
        dead = await h.reach(name, DEAD)
    assert (dead.reason or "").startswith("not tried: it waited until after 2026-03-02T12:00:00Z (`max_age`)")
    assert made.calls == []


async def test_a_delivery_without_its_destination_stays_and_is_counted(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        [name] = await h.accept(planned("gone"))
        [other] = await h.accept(planned(number=2), number=2)
        await h.reach(other, DELIVERED)
        h.worker.wake()
        assert (await h.reach(name, READY)).attempts == 0
        assert await h.worker.stranded() == 1
        h.targets.swap({d.name: d for d in (destination("app", works), destination("gone", works))})
        await h.reach(name, DELIVERED)
        assert await h.worker.stranded() == 0


async def test_params_that_no_longer_fit_are_dead_with_both_versions(tmp_path: Path) -> None:
    to = replace(destination("app", works), plugin_version="2")
    async with house(tmp_path, to) as h:
        [name] = await h.accept(planned(params=b'{"txt": 1}'))
        reason = (await h.reach(name, DEAD)).reason
        assert reason == "params no longer fit made 2 (stored by 1): txt: Extra inputs are not permitted"
        [name] = await h.accept(planned(number=2, params=b"\xff{"), number=2)
        reason = (await h.reach(name, DEAD)).reason
        assert reason == "params no longer fit made 2 (stored by 1)"


async def test_a_destination_that_has_become_another_plugin_is_dead_with_the_reason(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        [name] = await h.accept(planned(plugin="other"))
        reason = (await h.reach(name, DEAD)).reason
    assert reason == "the destination `app` is a `made` now, and this delivery was made for `other`"


async def test_without_a_policy_the_destination_s_own_holds(tmp_path: Path) -> None:
    _, execute = flaky(Retry("busy"))
    to = destination("app", execute, retry=RetryPolicy(first=100))
    async with house(tmp_path, to) as h:
        h.worker._runner._policy = lambda delivery: None
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert (await h.reach(name, READY)).due_at == START + timedelta(seconds=50)


async def test_a_reload_keeps_an_equal_destination_and_closes_a_changed_one_after_its_attempt(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    closed: list[str] = []

    async def waits(self: Any, params: Said, delivery: Delivery) -> Mapping[str, Any]:
        await gate.wait()
        return {"to": self.config.to, "closed": list(closed)}

    async def close(self: Any) -> None:
        closed.append(self.config.to)

    old = destination("app", waits)
    made = type("Closing", (old.action,), {"close": close})
    old = replace(old, action=made)
    async with house(tmp_path, old) as h:
        kept = h.targets.get("app")
        h.targets.swap({"app": replace(old, config=Settings())})
        assert h.targets.get("app") is kept
        [name] = await h.accept(planned())
        await eventually(lambda: h.worker.running)
        h.targets.swap({"app": replace(old, config=Settings(to="y"))})
        await h.targets.settled()
        [later] = await h.accept(planned(number=2), number=2)
        gate.set()
        await h.reach(name, DELIVERED)
        await h.reach(later, DELIVERED)
        assert [a.facts["to"] for n in (name, later) for a in await h.attempts(n)] == ["x", "y"]
        [attempt] = await h.attempts(name)
        assert attempt.facts["closed"] == []
        await eventually(lambda: closed == ["x"])
    assert closed == ["x", "y"]


class Blind:
    """A journal in which no event can be read."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def event(self, wanted: str) -> StoredEvent | None:
        raise JournalError("the search was ended after 2 s")


async def test_an_event_that_cannot_be_read_for_a_moment_costs_its_deliveries_no_attempt(tmp_path: Path) -> None:
    app, execute = flaky()
    clock = Clock()
    to = destination("app", execute, breaker=BreakerPolicy(minimum=1))
    blind: Callable[[Journal], Any] = Blind
    async with house(tmp_path, to, clock=clock, wrap=blind) as h:
        [name] = await h.accept(planned(max_attempts=1, due_at=START + timedelta(seconds=1)))
        clock.move(seconds=1)
        h.worker.wake()
        await h.retried(name, 1)
        found = await h.reach(name, READY)
        assert (found.attempts, found.due_at) == (0, START + timedelta(seconds=6))
        assert "could not be read" in (found.reason or "")
        assert app.calls == []
    clock.move(seconds=5)
    async with house(tmp_path, to, clock=clock) as h:
        assert (await h.reach(name, DELIVERED)).attempts == 1
