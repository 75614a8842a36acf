"""Replays in the background: they go on after a crash, can be cancelled, and keep out of live traffic's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from router.delivery import replay_job as job
from router.delivery import replays as all_of_them
from router.delivery.replay_request import ReplayRequest
from router.delivery.replays import Replays
from router.errors import JournalError, JournalUnwritable
from router.journal.journal import EventFilter, StoredEvent, StoredReplay
from router.journal.lane import LaneLimits
from router.journal.sqlite import SqliteJournal
from router.model import Plan
from tests.delivery.archive import DEAD, Archive, Today, archive, past
from tests.delivery.house import START, event, eventually, planned


@pytest.fixture(autouse=True)
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One event a batch, so that a test can stop between two."""
    for module in (job, all_of_them):
        monkeypatch.setattr(module, "BATCH", 1)


ALL = ReplayRequest(EventFilter())
AGAIN = ReplayRequest(EventFilter(), again=True)


class Halting(SqliteJournal):
    """Stops before it tells of one event, until it is let go on."""

    at = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def event(self, wanted: str) -> StoredEvent | None:
        if wanted == self.at:
            self.reached.set()
            await self.go_on.wait()
        return await super().event(wanted)


@asynccontextmanager
async def halting(path: Path) -> AsyncIterator[tuple[Archive, Halting]]:
    """Open an archive whose journal can be made to halt."""
    async with archive(path) as old:
        await old.journal.close()
        journal = Halting(old.journal.path, clock=old.clock, min_free=0)
        await journal.open()
        yield Archive(journal, old.clock), journal
        journal.go_on.set()
        await journal.close()


def replays(old: Archive, today: Today, **options: Any) -> Replays:
    return Replays(old.journal, today, clock=old.clock, **options)


async def over(these: Replays, id_: str) -> dict[str, Any]:
    """Wait until a replay is over; return how it ended."""

    async def there() -> dict[str, Any] | None:
        said = await these.status(id_)
        return said if said["state"] != "running" else None

    found: dict[str, Any] = await eventually(there)
    return found


async def crash(these: Replays) -> None:
    """End without a word to the journal, as a kill would."""
    for _, task in list(these._jobs.values()):
        task.cancel()
        await asyncio.wait({task})


async def test_it_counts_first_and_then_does_what_it_said(tmp_path: Path) -> None:
    woken: list[None] = []
    async with archive(tmp_path) as old:
        await old.keep(1, 2)
        await old.keep(3, state=DEAD)
        these = replays(old, Today(), wake=lambda: woken.append(None))
        counted = await these.count(AGAIN)
        assert (counted["deliveries"], counted["repeats"]) == (6, 2)
        assert counted["destinations"] == {"app": {"deliveries": 6, "repeats": 2, "host": "app.example"}}
        begun = await these.start(AGAIN)
        assert (begun["state"], begun["events"]) == ("running", 0)
        ended = await over(these, begun["replay"])
        assert ended["expected"] == counted
        assert {name: ended[name] for name in counted} == counted
        assert (ended["state"], ended["ended_at"]) == ("done", old.clock().isoformat())
        assert ended["asked"]["again"] is True
        assert await old.states() == {"delivered": 2, "ready": 6, "discarded": 1}
        assert await these.all() == [ended]
        assert woken


async def test_events_that_come_later_are_not_part_of_it(tmp_path: Path) -> None:
    today = Today()
    async with halting(tmp_path) as (old, journal):
        await old.keep(1, 2)
        journal.at = "evt_00002"
        these = replays(old, today)
        begun = await these.start(ALL)
        await journal.reached.wait()
        await old.keep(3)
        journal.go_on.set()
        assert (await over(these, begun["replay"]))["events"] == 2
    assert "evt_00003" not in today.planned


async def test_it_goes_on_from_its_cursor_after_a_crash_and_sends_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SAVE_EVERY", 10)
    async with halting(tmp_path) as (old, journal):
        await old.keep(*range(1, 41), state=DEAD)
        before = replays(old, Today("say"))
        id_ = (await before.start(ALL))["replay"]
        await eventually(lambda: before._jobs[id_][0].now().result.get("expected"))
        journal.at = "evt_00026"
        await journal.reached.wait()
        await crash(before)
        stored = (await old.journal.replays())[0]
        assert (stored.state, stored.last, stored.result["events"]) == ("running", "evt_00020", 20)
        assert await old.states() == {"discarded": 25, "ready": 25, "dead": 15}

        journal.at = ""
        today = Today("say")
        after = replays(old, today)
        await after.resume_all()
        ended = await over(after, id_)
        assert (ended["state"], ended["events"], ended["deliveries"], ended["left_out"]) == ("done", 40, 40, 0)
        assert today.planned[0] == "evt_00021", "it is neither counted nor begun anew"
        assert await old.states() == {"discarded": 40, "ready": 40}
        await after.resume_all()
        assert (await after.status(id_))["state"] == "done"


async def test_a_crash_while_it_counts_begins_to_count_again(tmp_path: Path) -> None:
    async with halting(tmp_path) as (old, journal):
        await old.keep(1, 2, 3)
        journal.at = "evt_00002"
        before = replays(old, Today())
        id_ = (await before.start(ALL))["replay"]
        await journal.reached.wait()
        await crash(before)
        journal.at = ""
        after = replays(old, Today())
        assert (await after.resume(id_))["state"] == "running"
        ended = await over(after, id_)
        assert (ended["expected"]["events"], ended["events"]) == (3, 3)


async def test_a_stop_stores_how_far_it_came(tmp_path: Path) -> None:
    async with halting(tmp_path) as (old, journal):
        await old.keep(1, 2, 3, 4)
        these = replays(old, Today())
        id_ = (await these.start(ALL))["replay"]
        await eventually(lambda: these._jobs[id_][0].now().result.get("expected"))
        journal.at = "evt_00003"
        await journal.reached.wait()
        closing = asyncio.ensure_future(these.close())
        await asyncio.sleep(0)
        journal.go_on.set()
        await closing
        stored = (await old.journal.replays())[0]
        assert (stored.state, stored.last, stored.result["events"]) == ("running", "evt_00003", 3)
        assert stored.result["at"] == past(3).received_at.isoformat()


async def test_it_goes_on_at_the_right_place_though_its_last_event_was_removed_meanwhile(tmp_path: Path) -> None:
    today = Today()
    async with archive(tmp_path) as old:
        await old.keep(1, 2, 4, 5)
        result = {"expected": {"events": 5}, "events": 3, "at": past(3).received_at.isoformat()}
        await old.journal.save_replay(StoredReplay("rpl_x", ALL.as_dict(), result, "evt_00003", "running", START))
        these = replays(old, today)
        await these.resume_all()
        assert (await over(these, "rpl_x"))["events"] == 5
    assert today.planned == ["evt_00004", "evt_00005"]


async def test_a_cancelled_one_ends_at_once_keeps_what_it_planned_and_stays_ended(tmp_path: Path) -> None:
    async with halting(tmp_path) as (old, journal):
        await old.keep(1, 2, 3, 4)
        these = replays(old, Today())
        id_ = (await these.start(ALL))["replay"]
        await eventually(lambda: these._jobs[id_][0].now().result.get("expected"))
        journal.at = "evt_00003"
        await journal.reached.wait()
        cancelling = asyncio.ensure_future(these.cancel(id_))
        await asyncio.sleep(0)
        journal.go_on.set()
        said = await cancelling
        assert (said["state"], said["events"]) == ("cancelled", 3)
        assert await old.states() == {"delivered": 4, "ready": 3}
        await these.resume_all()
        assert these._jobs == {}
        assert (await these.resume(id_))["state"] == (await these.cancel(id_))["state"] == "cancelled"


async def test_one_that_nobody_carries_out_can_be_cancelled_too(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1)
        await old.journal.save_replay(StoredReplay("rpl_x", ALL.as_dict(), {}, None, "running", START))
        assert (await replays(old, Today()).cancel("rpl_x"))["state"] == "cancelled"
        assert await old.states() == {"delivered": 1}


async def test_an_unknown_id_or_route_is_an_error_and_nothing_is_stored(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        these = replays(old, Today())
        for ask in (these.status, these.cancel, these.resume):
            with pytest.raises(KeyError):
                await ask("rpl_nope")
        for wrong in (replace(ALL, route="helo"), replace(ALL, action="sya")):
            for start in (these.start, these.count):
                with pytest.raises(ValueError, match=r"did you mean `(hello|say)`\?"):
                    await start(wrong)
        assert await old.journal.replays() == []


async def test_one_whose_route_has_vanished_since_is_cancelled_and_says_why(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1)
        asked = replace(ALL, route="helo").as_dict()
        await old.journal.save_replay(StoredReplay("rpl_x", asked, {}, None, "running", START))
        these = replays(old, Today())
        await these.resume_all()
        ended = await over(these, "rpl_x")
        assert ended["state"] == "cancelled"
        assert "did you mean `hello`?" in ended["trouble"]


async def test_it_plans_no_more_while_too_much_waits_to_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AHEAD", 4)
    monkeypatch.setattr(job, "BATCH", 2)
    monkeypatch.setattr(job, "LOOK_AGAIN", 0.001)
    async with archive(tmp_path) as old:
        await old.keep(*range(1, 11))
        these = replays(old, Today())
        id_ = (await these.start(ALL))["replay"]

        async def ahead() -> bool:
            return await old.journal.ahead(old.clock()) == 4

        await eventually(ahead)
        for _ in range(20):
            await asyncio.sleep(0.002)
        assert (await these.status(id_))["deliveries"] == 4
        while (await these.status(id_))["state"] == "running":
            await old.journal.claim({"app": LaneLimits(4, 4)}, old.clock())  # as the worker does
        assert (await these.status(id_))["deliveries"] == 10


async def test_alone_it_waits_for_nobody_to_send_what_it_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AHEAD", 1)
    async with archive(tmp_path) as old:
        await old.keep(*range(1, 11))
        these = replays(old, Today(), alone=True)
        assert (await over(these, (await these.start(ALL))["replay"]))["deliveries"] == 10


async def test_it_rests_after_every_few_events_whether_it_counts_or_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    for module in (job, all_of_them):
        monkeypatch.setattr(module, "BATCH", 5)
    whole = job.Pace.rest

    async def rest(self: job.Pace, seconds: float) -> None:
        rests.append(seconds)
        await whole(self, seconds)

    monkeypatch.setattr(job.Pace, "rest", rest)
    async with archive(tmp_path) as old:
        await old.keep(*range(1, 12))
        these = replays(old, Today())
        await these.count(ALL)
        assert len(rests) == 2
        await over(these, (await these.start(ALL))["replay"])
    assert len(rests) >= 6
    assert all(seconds > 0 for seconds in rests)


async def test_two_at_once_do_not_send_the_same_twice(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(*range(1, 31), state=DEAD)
        these = replays(old, Today("say"))
        ids = [(await these.start(ALL))["replay"] for _ in range(2)]
        ended = [await over(these, id_) for id_ in ids]
        assert sum(said["deliveries"] for said in ended) == 30
        assert sum(said["left_out"] for said in ended) == 30
        assert await old.states() == {"discarded": 30, "ready": 30}


class Failing(SqliteJournal):
    """Cannot write or be searched for a while."""

    failing = False

    async def add(self, *args: Any) -> int:
        if self.failing:
            raise JournalUnwritable("the disk is full")
        return await super().add(*args)

    async def replays(self, limit: int = 50, state: str | None = None) -> list[StoredReplay]:
        if self.failing:
            raise JournalError("it cannot be read")
        return await super().replays(limit, state)


async def test_a_journal_that_fails_is_waited_for_and_nothing_is_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_rest(self: job.Pace, seconds: float) -> None:
        await asyncio.sleep(0.001)

    monkeypatch.setattr(job.Pace, "rest", no_rest)
    monkeypatch.setattr("router.delivery.replays._AGAIN", 0.001)
    async with archive(tmp_path) as old:
        await old.keep(1, 2, 3)
        await old.journal.close()
        journal = Failing(old.journal.path, clock=old.clock, min_free=0)
        await journal.open()
        old = Archive(journal, old.clock)

        def fails_at_two(stored: StoredEvent, plan: Plan) -> Plan:
            if stored.uid == "evt_00002" and len(today.planned) == 5:
                journal.failing = True
            return plan

        today = Today(plan=fails_at_two)
        these = replays(old, today)
        id_ = (await these.start(ALL))["replay"]
        told = await eventually(lambda: these._jobs[id_][0].now().result.get("trouble"))
        assert told == "the disk is full"
        resuming = asyncio.ensure_future(these.resume_all())
        await asyncio.sleep(0.01)
        assert not resuming.done()
        journal.failing = False
        await resuming
        ended = await over(these, id_)
        assert (ended["state"], ended["events"], ended["deliveries"]) == ("done", 3, 3)
        assert "trouble" not in ended
        await journal.close()


async def test_a_filter_that_takes_too_long_is_refused_at_once(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1)
        await old.journal.close()
        journal = SqliteJournal(old.journal.path, clock=old.clock, min_free=0)
        await journal.open()

        async def slow(*_: Any, **__: Any) -> list[str]:
            raise JournalError("the search was ended after 2 s")

        journal.uids = slow  # type: ignore[method-assign]
        these = replays(Archive(journal, old.clock), Today())
        with pytest.raises(JournalError):
            await these.start(ALL)
        assert await journal.replays() == []
        await journal.close()


async def test_what_is_delivered_meanwhile_is_not_taken_for_an_older_delivery(tmp_path: Path) -> None:
    """`left out` does not count the replay's own deliveries, whatever state they are in by now."""
    async with archive(tmp_path) as old:
        await old.store(1, planned(action="other"))
        request = ReplayRequest(EventFilter(until=event().received_at.replace(year=2100)))
        asked = request.as_dict()
        await old.journal.save_replay(StoredReplay("rpl_1", asked, {"expected": {}}, None, "running", START))
        await old.run(Today("say"))
        these = replays(old, Today("say"))
        await these.resume_all()
        ended = await over(these, "rpl_1")
        assert (ended["deliveries"], ended["left_out"]) == (1, 0)
