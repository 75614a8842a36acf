"""What every journal promises: imported, with fixtures `journal` and `reopen`, by the tests of each store."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal
from router.model import DeliveryState, EventState, Outcome, Plan
from tests.journal.values import NOW, attempt, begun, claim, event, found, later, plan, planned

S = DeliveryState
HOSTILE = ("a\x00b", "lone \ud800 surrogate", "\udcff", "2^63", "emoji \U0001f600", "'; drop table events; --", "")


async def test_an_event_comes_back_whole(journal: Journal) -> None:
    await journal.append(plan())
    stored = await journal.event("evt_a")
    assert stored is not None
    wanted = event()
    assert (stored.uid, stored.source, stored.id, stored.type) == ("evt_a", "clerk", "msg_a", "user.created")
    assert (stored.time, stored.received_at) == (wanted.time, wanted.received_at)
    assert (stored.headers, stored.query, stored.body) == (wanted.headers, wanted.query, wanted.body)
    assert (stored.size, stored.state, stored.duplicates) == (len(wanted.body), EventState.PLANNED, 0)
    assert stored.deliveries == {S.READY: 1}
    assert await journal.body("evt_a") == wanted.body
    assert await journal.event("msg_a") == stored
    assert await journal.event("nobody") is None
    with pytest.raises(KeyError):
        await journal.body("nobody")


async def test_a_delivery_comes_back_whole_and_due_at_once(journal: Journal) -> None:
    (given,) = (await journal.append(plan("a", planned(index=7, params=b"\x00\xff{}")))).deliveries
    stored = await found(journal, given.id)
    assert stored == given
    assert (stored.state, stored.attempts, stored.lease, stored.index) == (S.READY, 0, 0, 7)
    assert (stored.created_at, stored.due_at, stored.expires_at) == (NOW, NOW, NOW + timedelta(hours=1))
    assert (stored.params, stored.source, stored.event_uid) == (b"\x00\xff{}", "clerk", "evt_a")
    assert await journal.delivery("nobody") is None
    assert await journal.attempts(given.id) == []


async def test_what_is_taken_is_stored_running_with_its_first_attempt_begun(journal: Journal) -> None:
    one, two = planned(action="one"), planned(action="two")
    appended = await journal.append(plan("a", one, two), take={two.id, "unknown"})
    assert [d.state for d in appended.deliveries] == [S.READY, S.RUNNING]
    running = await found(journal, two.id)
    assert running == appended.deliveries[1]
    assert (running.attempts, running.lease, running.first_started_at) == (1, 1, NOW)
    (begun_one,) = await journal.attempts(two.id)
    assert (begun_one.number, begun_one.started_at, begun_one.outcome) == (1, NOW, None)
    assert [d.id for d in await claim(journal, {"slack": 9}, later(9))] == [one.id]


async def test_what_was_planned_dead_or_skipped_is_settled_and_never_taken(journal: Journal) -> None:
    dead = planned(action="dead", state=S.DEAD, reason="no template", params=b"")
    skipped = planned(action="skipped", state=S.SKIPPED, reason="if")
    await journal.append(plan("a", dead, skipped), take={dead.id, skipped.id})
    for id_, state, reason in ((dead.id, S.DEAD, "no template"), (skipped.id, S.SKIPPED, "if")):
        stored = await found(journal, id_)
        assert (stored.state, stored.reason, stored.settled_at, stored.attempts) == (state, reason, NOW, 0)
    assert await claim(journal, {"slack": 9}, later(9)) == []


async def test_the_same_id_of_a_source_is_stored_once_and_counted(journal: Journal) -> None:
    await journal.append(plan())
    again = await journal.append(plan("b", id="msg_a", body=event().body), take={planned("evt_b").id})
    assert (again.uid, again.duplicate, again.differs, again.deliveries) == ("evt_a", True, False, ())
    other = await journal.append(plan("c", id="msg_a", body=b"something else"))
    assert (other.uid, other.duplicate, other.differs) == ("evt_a", True, True)
    elsewhere = await journal.append(plan("d", id="msg_a", source="github"))
    assert (elsewhere.uid, elsewhere.duplicate) == ("evt_d", False)
    stored = await journal.event("evt_a")
    assert stored is not None
    assert (stored.duplicates, stored.duplicate_differs, stored.body) == (2, 1, event().body)
    assert await journal.count(EventFilter()) == 2
    newest = await journal.event("msg_a")
    assert newest is not None
    assert newest.uid == "evt_d"


async def test_duplicates_in_one_batch_are_stored_once(journal: Journal) -> None:
    answers = await asyncio.gather(*(journal.append(plan(f"n{n}", id="same", body=b"{}")) for n in range(20)))
    assert [answer.duplicate for answer in answers] == [False] + [True] * 19
    assert {answer.uid for answer in answers} == {"evt_n0"}


async def test_events_without_an_id_of_their_own_are_never_duplicates(journal: Journal) -> None:
    for name in ("a", "b"):
        answer = await journal.append(plan(name, id=f"evt_{name}", deduplicable=False, body=b"same"))
        assert not answer.duplicate
    stored = await journal.event("evt_b")
    assert stored is not None
    assert not stored.deduplicable


async def test_an_event_that_no_route_took_is_kept_with_its_reason(journal: Journal) -> None:
    await journal.append(Plan(event(), EventState.UNMATCHED, (), "no route"))
    stored = await journal.event("evt_a")
    assert stored is not None
    assert (stored.state, stored.reason, stored.deliveries) == (EventState.UNMATCHED, "no route", {})


@pytest.mark.parametrize("value", HOSTILE)
async def test_hostile_values_are_stored_and_found_again(journal: Journal, value: str) -> None:
    hostile = event("h", id=f"id{value}", type=f"t{value}", headers=((value, value),), query=((value, value),))
    item = planned(
        "evt_h", action=f"a{value}", reason=value, route=value, params=value.encode("utf-8", "surrogatepass")
    )
    given = await journal.append(Plan(hostile, EventState.PLANNED, (item,), value), take={item.id})
    assert await journal.record(attempt(given.deliveries[0], S.DEAD, reason=value, facts={value: value}))
    stored = await journal.event(f"id{value}")
    assert stored is not None
    assert (stored.headers, stored.query) == (((value, value),), ((value, value),))
    assert [e.uid for e in await journal.events(EventFilter(type=f"t{value}", ids=[f"id{value}"]))] == ["evt_h"]
    assert [d.id for d in await journal.deliveries(DeliveryFilter(action=f"a{value}"))] == [item.id]
    assert (await journal.attempts(item.id))[0].facts == {value: value}
    assert await journal.count(EventFilter(text=value, source=value, route=value)) == 0
    assert (await journal.append(plan("again", id=f"id{value}"))).duplicate


async def test_a_row_that_cannot_be_stored_fails_alone(journal: Journal) -> None:
    plans = [plan(f"n{n}") for n in range(20)]
    plans[3] = plan("n3", planned("evt_n3", index=2**63))
    plans[11] = plan("n11", planned("evt_n11"), planned("evt_n11"))
    plans[12] = plan("n12", received_at=NOW.replace(tzinfo=None))
    answers = await asyncio.gather(*(journal.append(item) for item in plans), return_exceptions=True)
    for number, answer in enumerate(answers):
        assert isinstance(answer, ValueError) == (number in (3, 11, 12)), (number, answer)
    assert await journal.count(EventFilter()) == 17
    assert await journal.count(DeliveryFilter()) == 17
    assert not (await journal.append(plan("n3"))).duplicate


async def test_claims_take_the_longest_due_up_to_what_is_free(journal: Journal) -> None:
    for name, seconds in (("c", 3), ("a", 1), ("d", 4), ("b", 2)):
        uid = f"evt_{name}"
        one = planned(uid, action="one", destination="one")
        await journal.append(
            plan(name, one, planned(uid, action="two", destination="two"), received_at=later(seconds))
        )
    claimed = await claim(journal, {"one": 2, "two": 9, "none": 5, "zero": 0}, later(3))
    assert [(d.event_uid, d.destination) for d in claimed] == [
        ("evt_a", "one"),
        ("evt_a", "two"),
        ("evt_b", "one"),
        ("evt_b", "two"),
        ("evt_c", "two"),
    ]
    for delivery in claimed:
        assert (delivery.state, delivery.attempts, delivery.lease) == (S.RUNNING, 1, 1)
        assert delivery.first_started_at == later(3)
        assert await found(journal, delivery.id) == delivery
        assert [a.number for a in await journal.attempts(delivery.id)] == [1]
    assert [d.event_uid for d in await claim(journal, {"one": 2}, later(3))] == ["evt_c"]


async def test_claims_at_the_same_time_never_share_a_delivery(journal: Journal) -> None:
    for n in range(30):
        await journal.append(plan(f"n{n}"))
    claims = await asyncio.gather(*(claim(journal, {"slack": 5}, later(1)) for _ in range(10)))
    ids = [d.id for claim in claims for d in claim]
    assert len(ids) == len(set(ids)) == 30


async def test_a_recorded_attempt_settles_its_delivery(journal: Journal) -> None:
    running = await begun(journal)
    assert await journal.record(attempt(running, facts={"status": 200, "ts": "1.2"}))
    stored = await found(journal, running.id)
    assert (stored.state, stored.settled_at, stored.reason, stored.attempts) == (S.DELIVERED, later(2), None, 1)
    (tried,) = await journal.attempts(running.id)
    assert (tried.outcome, tried.ended_at, tried.facts) == (
        Outcome.DELIVERED,
        later(2),
        {"status": 200, "ts": "1.2"},
    )
    stored_event = await journal.event("evt_a")
    assert stored_event is not None
    assert stored_event.deliveries == {S.DELIVERED: 1}


async def test_a_failed_attempt_is_due_again_when_it_says_so(journal: Journal) -> None:
    running = await begun(journal)
    await journal.record(attempt(running, S.READY, due_at=later(60), reason="503"))
    stored = await found(journal, running.id)
    assert (stored.state, stored.due_at, stored.reason, stored.settled_at) == (S.READY, later(60), "503", None)
    assert await claim(journal, {"slack": 1}, later(59)) == []
    (again,) = await claim(journal, {"slack": 1}, later(60))
    assert (again.attempts, again.lease, again.first_started_at) == (2, 2, NOW)
    await journal.record(attempt(again))
    assert [(a.number, a.outcome) for a in await journal.attempts(running.id)] == [
        (1, Outcome.RETRY),
        (2, Outcome.DELIVERED),
    ]
    assert (await found(journal, running.id)).reason is None


async def test_a_late_record_of_an_earlier_lease_changes_nothing(journal: Journal) -> None:
    running = await begun(journal)
    assert await journal.release(running.id, running.lease, later(1))
    (again,) = await claim(journal, {"slack": 1}, later(1))
    assert not await journal.record(attempt(running))
    assert not await journal.release(running.id, running.lease, later(2))
    assert await found(journal, running.id) == again
    assert await journal.record(attempt(again, S.DEAD, reason="no"))
    assert not await journal.record(attempt(again))
    assert not await journal.record(attempt(again, delivery_id="nobody"))
    assert (await found(journal, running.id)).state is S.DEAD


async def test_an_attempt_cannot_leave_its_delivery_running(journal: Journal) -> None:
    running = await begun(journal)
    with pytest.raises(ValueError, match="running"):
        await journal.record(attempt(running, S.RUNNING))
    assert await found(journal, running.id) == running


async def test_facts_that_are_not_json_do_not_keep_an_attempt_from_being_recorded(journal: Journal) -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    for name, facts in (("a", {"at": NOW, "raw": b"\xff", "n": 2**80}), ("b", circle), ("c", {("k",): 1})):
        running = await begun(journal, name)
        assert await journal.record(attempt(running, facts=facts))
        assert (await journal.attempts(running.id))[0].facts


async def test_a_released_delivery_is_due_now_and_its_attempt_is_not_counted(journal: Journal) -> None:
    running = await begun(journal)
    assert await journal.release(running.id, running.lease, later(5))
    stored = await found(journal, running.id)
    assert (stored.state, stored.attempts, stored.interrupted, stored.due_at) == (S.READY, 0, 1, later(5))
    (again,) = await claim(journal, {"slack": 1}, later(5))
    assert again.attempts == 1
    await journal.record(attempt(again))
    assert [(a.number, a.outcome) for a in await journal.attempts(running.id)] == [
        (1, Outcome.INTERRUPTED),
        (1, Outcome.DELIVERED),
    ]


async def test_the_probe_leaves_everything_as_it_is(journal: Journal) -> None:
    await journal.probe()
    await journal.probe()
    assert await journal.count(EventFilter()) == 0
