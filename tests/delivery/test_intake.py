"""Events are stored, and what can start starts from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from router.delivery.intake import Intake
from router.errors import JournalUnwritable
from router.journal.journal import Appended, Journal
from router.model import DeliveryState, EventState, Plan
from router.plugin import Delivery, Permanent
from tests.delivery.house import House, Said, destination, event, eventually, house, planned

DELIVERED, DEAD = DeliveryState.DELIVERED, DeliveryState.DEAD


async def works(self: Any, params: Said, delivery: Delivery) -> None:
    return


class Gated:
    """A journal whose appends wait, and can fail."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self.gate = asyncio.Event()
        self.error: Exception | None = None
        self.appending = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def append_all(
        self, plans: Sequence[Plan], *, take: Collection[str] = (), retry_dead: bool = True
    ) -> list[Appended]:
        self.appending += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return await self._inner.append_all(plans, take=take, retry_dead=retry_dead)


def plan(number: int = 1) -> Plan:
    return Plan(event(number), EventState.PLANNED, (planned(number=number),))


async def quiet(h: House) -> None:
    await h.looked()
    await eventually(lambda: h.targets.get("app").busy == 0)  # type: ignore[union-attr]


async def test_a_duplicate_starts_nothing_and_gives_its_slots_back(tmp_path: Path) -> None:
    calls: list[str] = []

    async def counts(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.id)

    async with house(tmp_path, destination("app", counts)) as h:
        intake = Intake(h.journal, h.worker)
        assert not (await intake.accept([plan()]))[0].duplicate
        await h.reach(planned().id, DELIVERED)
        assert (await intake.accept([plan()]))[0].duplicate
        await quiet(h)
    assert len(calls) == 1


async def test_a_caller_that_goes_away_does_not_strand_what_is_committed(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        await quiet(h)
        gated = Gated(h.journal)
        accepting = asyncio.ensure_future(Intake(gated, h.worker).accept([plan()]))
        await eventually(lambda: gated.appending)
        accepting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await accepting
        gated.gate.set()
        await h.reach(planned().id, DELIVERED)
        await quiet(h)


async def test_a_failed_append_gives_its_slots_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        await quiet(h)
        gated = Gated(h.journal)
        gated.error = JournalUnwritable("full")
        gated.gate.set()
        with pytest.raises(JournalUnwritable):
            await Intake(gated, h.worker).accept([plan()])
        await quiet(h)
        assert h.worker.writable
    assert caplog.records == []


async def test_deliveries_that_are_dead_from_the_start_are_not_run(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        await quiet(h)
        [name] = await h.accept(planned(state=DEAD, reason="routes.yaml:7: no `data.x`"))
        assert (await h.reach(name, DEAD)).attempts == 0
        await quiet(h)


async def test_an_event_that_is_sent_again_retries_what_is_dead_unless_its_source_ignores_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    woken: list[bool] = []

    async def fails_once(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.id)
        if len(calls) == 1:
            raise Permanent("410")

    async with house(tmp_path, destination("app", fails_once)) as h:
        intake = Intake(h.journal, h.worker)
        await intake.accept([plan()])
        await h.reach(planned().id, DEAD)
        wake = h.worker.wake

        def noted() -> None:
            woken.append(True)
            wake()

        monkeypatch.setattr(h.worker, "wake", noted)
        assert (await intake.accept([plan()], retry_dead=False))[0].retried == 0
        assert (await h.journal.delivery(planned().id)).state is DEAD  # type: ignore[union-attr]
        woken.clear()
        unmatched = Plan(event(1), EventState.UNMATCHED)  # today's routes make nothing of it, so nothing was taken
        assert (await intake.accept([unmatched]))[0].retried == 1
        assert woken == [True]
        await h.reach(planned().id, DELIVERED)
    assert calls == [planned().id] * 2
