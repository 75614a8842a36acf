"""While outcomes cannot be recorded, nothing is started."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from router.errors import JournalUnwritable
from router.journal.journal import Appended, Claimed, Journal
from router.journal.lane import LaneLimits
from router.model import Attempt, DeliveryState, EventState, Outcome, Plan
from router.plugin import Delivery, Retry
from tests.delivery.house import Said, destination, event, eventually, house, planned

DELIVERED, DEAD, READY, RUNNING = (
    DeliveryState.DELIVERED,
    DeliveryState.DEAD,
    DeliveryState.READY,
    DeliveryState.RUNNING,
)


class Disk:
    """A journal on a disk that can be full; appends can be let through, as where only the reserve is left."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self.full = False
        self.appends = False
        self.guilty: str | None = None
        self.log: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _check(self, what: str) -> None:
        self.log.append(what)
        if self.full:
            raise JournalUnwritable("no space left on the device")

    async def append_all(
        self, plans: Sequence[Plan], *, take: Collection[str] = (), retry_dead: bool = True
    ) -> list[Appended]:
        if not self.appends:
            self._check("append")
        return await self._inner.append_all(plans, take=take, retry_dead=retry_dead)

    async def claim(self, wanted: Mapping[str, LaneLimits], now: datetime) -> Claimed:
        self._check("claim")
        return await self._inner.claim(wanted, now)

    async def record(self, attempt: Attempt) -> bool:
        self._check("record")
        if attempt.delivery_id == self.guilty and attempt.facts:
            raise ValueError("cannot be stored")
        return await self._inner.record(attempt)

    async def probe(self) -> None:
        self._check("probe")
        await self._inner.probe()


@pytest.fixture
def disks() -> list[Disk]:
    return []


async def test_a_full_disk_is_no_mail_storm_and_the_work_goes_on_by_itself(
    tmp_path: Path, disks: list[Disk], caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[str] = []
    gate = asyncio.Event()

    async def mail(self: Any, params: Said, delivery: Delivery) -> None:
        if delivery.event.id == "msg_1":
            await gate.wait()
        sent.append(delivery.event.id)

    def wrap(journal: Journal) -> Any:
        disks.append(Disk(journal))
        return disks[0]

    async with house(tmp_path, destination("app", mail, concurrency=4), wrap=wrap) as h:
        disk = disks[0]
        await h.accept(planned(number=1), number=1)
        await eventually(lambda: h.worker.running)
        disk.full = True
        gate.set()
        await eventually(lambda: not h.worker.writable)
        await eventually(lambda: h.worker.unrecorded)  # a claim may have met the full disk first
        assert "the journal cannot be written" in caplog.text

        assert h.worker.take([planned(number=2)]) == frozenset()
        with pytest.raises(JournalUnwritable):
            await h.accept(planned(number=2), number=2)
        disk.appends = True  # the append needs less room than the record: nothing may be started all the same
        for number in range(3, 30):
            await h.accept(planned(number=number), number=number)
        h.worker.wake()
        claims = disk.log.count("claim")
        await eventually(lambda: disk.log.count("probe") > 3)
        assert (sent, disk.log.count("claim")) == (["msg_1"], claims)

        disk.log.clear()
        disk.full = False
        await h.reach(planned(number=1).id, DELIVERED)
        for number in range(3, 30):
            await h.reach(planned(number=number).id, DELIVERED)
        assert next(what for what in disk.log if what in ("record", "claim")) == "record"
        assert sorted(sent) == sorted(["msg_1", *(f"msg_{n}" for n in range(3, 30))])
        assert h.worker.writable
        assert [a.delivery_id for a in h.seen.attempts].count(planned(number=1).id) == 1


async def test_what_was_stored_as_running_while_the_disk_filled_starts_when_it_is_writable_again(
    tmp_path: Path, disks: list[Disk]
) -> None:
    sent: list[str] = []

    async def mail(self: Any, params: Said, delivery: Delivery) -> None:
        sent.append(delivery.event.id)

    def wrap(journal: Journal) -> Any:
        disks.append(Disk(journal))
        return disks[0]

    async with house(tmp_path, destination("app", mail), wrap=wrap) as h:
        disk = disks[0]
        await eventually(lambda: h.worker.take([planned(number=1)]))
        disk.full = disk.appends = True
        plan = Plan(event(1), EventState.PLANNED, (planned(number=1),))
        appended = await disk.append(plan, take={planned(number=1).id})
        h.worker._recorder.failed(JournalUnwritable("full"))
        h.worker.started(appended, plan.event)
        await eventually(lambda: disk.log.count("probe") > 3)
        assert sent == []
        disk.full = False
        await h.reach(planned(number=1).id, DELIVERED)
    assert sent == ["msg_1"]


async def test_facts_that_cannot_be_stored_cost_the_facts_not_the_outcome(
    tmp_path: Path, disks: list[Disk]
) -> None:
    async def mail(self: Any, params: Said, delivery: Delivery) -> Mapping[str, Any]:
        return {"id": 1}

    def wrap(journal: Journal) -> Any:
        disks.append(Disk(journal))
        disks[0].guilty = planned(number=1).id
        return disks[0]

    async with house(tmp_path, destination("app", mail), wrap=wrap) as h:
        await h.accept(planned(number=1), number=1)
        await h.accept(planned(number=2), number=2)
        await h.reach(planned(number=1).id, DELIVERED)
        await h.reach(planned(number=2).id, DELIVERED)
        assert [a.facts for a in await h.attempts(planned(number=1).id)] == [{}]
        assert h.worker.writable


async def test_a_hostile_fact_reaches_the_real_journal(tmp_path: Path) -> None:
    async def mail(self: Any, params: Said, delivery: Delivery) -> Mapping[str, Any]:
        return {"text": "\x00 \ud800", "number": 2**70}

    async with house(tmp_path, destination("app", mail)) as h:
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)


async def test_a_failed_attempt_is_a_line_with_its_reason_and_the_next_try(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(self: Any, params: Said, delivery: Delivery) -> None:
        raise Retry("HTTP 500: no luck", after=60.0)

    async with house(tmp_path, destination("app", fails)) as h:
        [name] = await h.accept(planned())
        await eventually(lambda: h.seen.attempts)
    assert f"delivery {name} failed" in caplog.text
    assert "next try at 20" in caplog.text
    assert "HTTP 500: no luck" in caplog.text


async def test_a_late_outcome_of_an_ended_lease_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()

    async def waits(self: Any, params: Said, delivery: Delivery) -> None:
        await gate.wait()

    async with house(tmp_path, destination("app", waits)) as h:
        [name] = await h.accept(planned())
        running = await h.reach(name, RUNNING)
        await eventually(lambda: h.worker.running)
        await h.journal.record(
            Attempt(name, running.lease, 1, h.clock(), h.clock(), Outcome.DEAD, DEAD, reason="settled elsewhere")
        )
        gate.set()
        await eventually(lambda: not h.worker.running)
        assert (await h.reach(name, DEAD)).reason == "settled elsewhere"
        assert h.seen.attempts == []
    assert "after its lease had ended" in caplog.text


async def test_an_observer_that_raises_changes_nothing(tmp_path: Path) -> None:
    async def works(self: Any, params: Said, delivery: Delivery) -> None:
        return

    async with house(tmp_path, destination("app", works)) as h:
        h.seen.attempts = None  # type: ignore[assignment]
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)
        assert h.worker.writable


async def test_outcomes_that_never_fit_run_again_after_the_next_start(
    tmp_path: Path, disks: list[Disk], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("router.delivery.worker.FLUSH_FOR", 0.02)
    sent: list[int] = []

    async def mail(self: Any, params: Said, delivery: Delivery) -> None:
        sent.append(delivery.attempt)

    def wrap(journal: Journal) -> Any:
        disks.append(Disk(journal))
        return disks[-1]

    async with house(tmp_path, destination("app", mail), wrap=wrap) as h:
        await h.looked()
        disks[0].appends = True
        disks[0].full = True
        await h.accept(planned())
        await eventually(lambda: not h.worker.writable)
    assert "1 outcomes could not be recorded" in caplog.text
    async with house(tmp_path, destination("app", mail)) as h:
        await h.reach(planned().id, DELIVERED)
    assert sent == [1, 1], "whether the first took effect is unknown, so it is none of its attempts"


async def test_on_a_disk_that_is_really_full_nothing_is_started_until_there_is_room(tmp_path: Path) -> None:
    """The limit on the size of files makes the journal's writes fail as a full disk does."""
    sent: list[str] = []
    gate = asyncio.Event()

    async def mail(self: Any, params: Said, delivery: Delivery) -> None:
        await gate.wait()
        sent.append(delivery.event.id)

    async with house(tmp_path, destination("app", mail)) as h:
        [name] = await h.accept(planned())
        await eventually(lambda: h.worker.running)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        written = max(file.stat().st_size for file in tmp_path.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (written, before[1]))
        try:
            gate.set()
            await eventually(lambda: not h.worker.writable)
            with pytest.raises(JournalUnwritable):
                await h.accept(planned(number=2), number=2)
            await h.reach(name, RUNNING)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        await h.reach(name, DELIVERED)
        [other] = await h.accept(planned(number=2), number=2)
        await h.reach(other, DELIVERED)
    assert sent == ["msg_1", "msg_2"]
