"""Stored events go through today's routes again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from router.delivery import replay as module
from router.delivery.replay import Cursor, Replay, ReplayResult
from router.delivery.replay_request import ReplayRequest
from router.errors import Rejected
from router.journal.journal import EventFilter, StoredEvent
from router.journal.lane import LaneLimits
from router.model import DeliveryState, EventState, Plan, Priority
from tests.delivery.archive import DEAD, DELIVERED, READY, RUNNING, Archive, Today, archive
from tests.delivery.house import Clock, planned


class Ticking(Clock):
    """A clock that goes on a little whenever it is looked at."""

    def __call__(self) -> datetime:
        self.move(milliseconds=1)
        return self.now


def to_app(deliveries: int, repeats: int = 0) -> dict[str, Any]:
    return {"app": {"deliveries": deliveries, "repeats": repeats}}


async def test_what_was_delivered_is_left_out(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, 2, 3)
        counts = await old.run(Today())
        assert counts == {"events": 3, "deliveries": 3, "left_out": 3, "destinations": to_app(3)}
        for number in (1, 2, 3):
            new = await old.journal.delivery(planned(number=number, action="also", replay="rpl_1").id)
            assert new is not None
            assert (new.state, new.priority) == (READY, Priority.REPLAY)
            assert await old.journal.delivery(planned(number=number, replay="rpl_1").id) is None


async def test_again_sends_it_a_second_time_and_says_how_often(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1)
        await old.keep(2, action="also")
        await old.keep(3, state=DEAD)
        counts = await old.run(Today(), again=True)
        assert counts == {"events": 3, "deliveries": 6, "repeats": 2, "destinations": to_app(6, 2)}
        assert await old.states() == {"delivered": 2, "ready": 6, "discarded": 1}


async def test_a_dry_run_counts_the_same_and_changes_nothing(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, 2)
        counts = await old.run(Today(), dry_run=True)
        assert counts == {"events": 2, "deliveries": 2, "left_out": 2, "destinations": to_app(2)}
        assert await old.states() == {"delivered": 2}


async def test_a_dead_delivery_is_replaced(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, state=DEAD)
        assert (await old.run(Today()))["deliveries"] == 2
        replaced = await old.journal.delivery(planned().id)
        assert replaced is not None
        assert (replaced.state, replaced.reason) == (DeliveryState.DISCARDED, "replaced by a replay")


@pytest.mark.parametrize("state", [READY, RUNNING])
async def test_what_is_still_under_way_is_left_out(tmp_path: Path, state: DeliveryState) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, state=state)
        counts = await old.run(Today())
        assert (counts["deliveries"], counts["left_out"]) == (1, 1)


async def test_items_of_a_loop_are_told_apart(tmp_path: Path) -> None:
    def items(stored: StoredEvent, plan: Plan) -> Plan:
        return replace(plan, deliveries=tuple(planned(index=i, replay="rpl_1") for i in range(3)))

    async with archive(tmp_path) as old:
        await old.keep(1, index=1)
        counts = await old.run(Today(plan=items))
        assert (counts["deliveries"], counts["left_out"]) == (2, 1)


async def test_events_are_replayed_oldest_first_over_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    today = Today()
    async with archive(tmp_path, Ticking()) as old:
        await old.keep(*range(10, 0, -1))
        counts = await old.run(today, wanted=EventFilter(limit=1))
        due = (await old.journal.claim({"app": LaneLimits(20, 20)}, old.clock())).deliveries
        assert [delivery.event_uid for delivery in due] == [f"evt_{n:05}" for n in range(1, 11)]
        assert (counts["events"], counts["deliveries"], counts["left_out"]) == (10, 10, 10)
        counts = await old.run(today, wanted=EventFilter(ids=["msg_4"]), again=True, dry_run=True)
        assert counts["events"] == 1
    assert today.planned[-1] == "evt_00004"
    assert sorted(today.planned[:-1]) == [f"evt_{n:05}" for n in range(1, 11)]


async def test_a_step_that_is_repeated_adds_nothing_and_counts_the_same(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, 2)
        first = await old.run(Today())
        (running,) = (await old.journal.claim({"app": LaneLimits(1, 1)}, old.clock())).deliveries
        await old.end(running, DELIVERED)
        assert await old.run(Today()) == first, "its own deliveries are not left out"
        assert await old.states() == {"delivered": 3, "ready": 1}


async def test_only_one_action_is_replayed_where_that_is_asked(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, state=DEAD)
        counts = await old.run(Today(), route="hello", action="also")
        assert (counts["deliveries"], await old.states()) == (1, {"dead": 1, "ready": 1})
        assert await old.run(Today(), action="wave") == {"events": 1, "unmatched": 1}


async def test_events_that_cannot_be_planned_or_match_nothing_are_counted(tmp_path: Path) -> None:
    def today_is_bad(stored: StoredEvent, plan: Plan) -> Plan:
        number = int(stored.uid[4:])
        if number == 1:
            raise Rejected(404, "no source `clerk` is configured any more")
        if number == 2:
            return replace(plan, state=EventState.PLAN_FAILED, deliveries=(), reason="too many")
        if number == 3:
            return replace(plan, state=EventState.UNMATCHED, deliveries=())
        if number == 5:
            raise ZeroDivisionError
        dead, late = plan.deliveries
        late = replace(late, state=DeliveryState.SKIPPED, reason="too old")
        return replace(plan, deliveries=(replace(dead, action="x", state=DEAD, reason="no `data.x`"), late))

    async with archive(tmp_path) as old:
        await old.keep(1, 2, 3, 4, 5)
        assert await old.run(Today(plan=today_is_bad)) == {
            "events": 5,
            "plan_failed": 3,
            "unmatched": 1,
            "dead": 1,
            "skipped": 1,
            "failures": [
                "evt_00001: no source `clerk` is configured any more",
                "evt_00002: too many",
                "evt_00005: ZeroDivisionError",
            ],
        }


async def test_what_cannot_be_stored_is_that_event_alone(tmp_path: Path) -> None:
    def one_is_huge(stored: StoredEvent, plan: Plan) -> Plan:
        if stored.uid != "evt_00001":
            return plan
        return replace(plan, deliveries=(replace(plan.deliveries[0], action="x", max_attempts="many"),))  # type: ignore[arg-type]

    async with archive(tmp_path) as old:
        await old.keep(1, 2)
        counts = await old.run(Today(plan=one_is_huge))
        assert (counts["events"], counts["plan_failed"], counts["deliveries"]) == (2, 1, 1)


async def test_it_goes_on_from_an_event_that_is_gone(tmp_path: Path) -> None:
    async with archive(tmp_path) as old:
        await old.keep(1, 2, 4)
        replay = Replay(old.journal, Today(), ReplayRequest(EventFilter()), "rpl_1")
        cursor = Cursor("evt_00003", (await _received(old, 4)))
        assert await replay.page(cursor) == ["evt_00004"]
        result = ReplayResult()
        await replay.steps(["evt_00003"], cursor, result, old.clock, dry_run=False)
        assert result == ReplayResult(), "one that is gone by now is passed over"


async def _received(old: Archive, number: int) -> Any:
    event = await old.journal.event(f"evt_{number:05}")
    assert event is not None
    return event.received_at
