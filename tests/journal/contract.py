"""What every journal promises: imported, with fixtures `journal` and `reopen`, by the tests of each store."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal
from router.model import DeliveryState, EventState, Outcome, Plan
from tests.journal.values import NOW, Reopen, attempt, begun, event, found, later, plan, planned

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
    assert [d.id for d in await journal.claim({"slack": 9}, later(9))] == [one.id]


async def test_what_was_planned_dead_or_skipped_is_settled_and_never_taken(journal: Journal) -> None:
    dead = planned(action="dead", state=S.DEAD, reason="no template", params=b"")
    skipped = planned(action="skipped", state=S.SKIPPED, reason="if")
    await journal.append(plan("a", dead, skipped), take={dead.id, skipped.id})
    for id_, state, reason in ((dead.id, S.DEAD, "no template"), (skipped.id, S.SKIPPED, "if")):
        stored = await found(journal, id_)
        assert (stored.state, stored.reason, stored.settled_at, stored.attempts) == (state, reason, NOW, 0)
    assert await journal.claim({"slack": 9}, later(9)) == []


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
    claimed = await journal.claim({"one": 2, "two": 9, "none": 5, "zero": 0}, later(3))
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
    assert [d.event_uid for d in await journal.claim({"one": 2}, later(3))] == ["evt_c"]


async def test_claims_at_the_same_time_never_share_a_delivery(journal: Journal) -> None:
    for n in range(30):
        await journal.append(plan(f"n{n}"))
    claims = await asyncio.gather(*(journal.claim({"slack": 5}, later(1)) for _ in range(10)))
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
    assert await journal.next_due(["slack", "other"]) == later(60)
    assert await journal.next_due(["other"]) is None
    assert await journal.next_due([]) is None
    assert await journal.claim({"slack": 1}, later(59)) == []
    (again,) = await journal.claim({"slack": 1}, later(60))
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
    (again,) = await journal.claim({"slack": 1}, later(1))
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
    (again,) = await journal.claim({"slack": 1}, later(5))
    assert again.attempts == 1
    await journal.record(attempt(again))
    assert [(a.number, a.outcome) for a in await journal.attempts(running.id)] == [
        (1, Outcome.INTERRUPTED),
        (1, Outcome.DELIVERED),
    ]


async def test_what_was_running_at_a_crash_is_ready_again_with_its_attempt_counted(
    journal: Journal, reopen: Reopen
) -> None:
    running, done = await begun(journal), await begun(journal, "b")
    await journal.record(attempt(done))
    journal = await reopen()
    stored = await found(journal, running.id)
    assert (stored.state, stored.attempts, stored.crashes, stored.due_at) == (S.READY, 1, 1, NOW)
    assert "process ended" in (stored.reason or "")
    (crashed,) = await journal.attempts(running.id)
    assert (crashed.outcome, crashed.ended_at) == (Outcome.CRASHED, NOW)
    assert not await journal.record(attempt(running))
    assert (await found(journal, done.id)).crashes == 0
    (again,) = await journal.claim({"slack": 5}, NOW)
    assert (again.attempts, again.lease) == (2, 2)


async def test_everything_is_there_after_a_restart(journal: Journal, reopen: Reopen) -> None:
    await asyncio.gather(*(journal.append(plan(f"n{n}")) for n in range(50)))
    journal = await reopen()
    assert await journal.count(EventFilter()) == await journal.count(DeliveryFilter(state=S.READY)) == 50
    assert (await journal.append(plan("other", id="msg_n7"))).uid == "evt_n7"


async def test_a_retry_gives_a_dead_delivery_fresh_attempts_and_time(journal: Journal) -> None:
    running = await begun(journal)
    for spent in (1, 2):
        await journal.record(attempt(running, S.DEAD, reason=f"dead {spent}"))
        now = NOW + timedelta(days=spent)
        assert await journal.retry(DeliveryFilter(), now) == [running.id]
        stored = await found(journal, running.id)
        assert (stored.state, stored.attempts, stored.max_attempts) == (S.READY, spent, spent + 3)
        assert (stored.due_at, stored.expires_at) == (now, now + timedelta(hours=1))
        assert (stored.settled_at, stored.reason) == (None, f"dead {spent}")
        (running,) = await journal.claim({"slack": 1}, now)
    assert [(a.number, a.reason) for a in await journal.attempts(running.id)] == [
        (1, "dead 1"),
        (2, "dead 2"),
        (3, None),
    ]


async def test_a_retry_takes_only_what_is_dead_and_was_rendered(journal: Journal) -> None:
    states = {"ready": S.READY, "skipped": S.SKIPPED, "dead": S.DEAD}
    items = [planned(action=name, state=state) for name, state in states.items()]
    broken = planned(action="broken", state=S.DEAD, params=b"")
    await journal.append(plan("a", *items, broken))
    assert await journal.retry(DeliveryFilter(state=S.SKIPPED), NOW) == []
    assert await journal.retry(DeliveryFilter(ids=[broken.id]), NOW) == []
    assert await journal.retry(DeliveryFilter(event="msg_a"), NOW) == [items[2].id]
    assert (await found(journal, broken.id)).state is S.DEAD


async def test_a_retry_takes_all_that_fit_whatever_the_limit(journal: Journal) -> None:
    many = [planned(action=f"n{n}", state=S.DEAD) for n in range(450)]
    await journal.append(plan("a", *many))
    retried = await journal.retry(DeliveryFilter(limit=1), NOW)
    assert len(retried) == len(set(retried)) == 450
    assert await journal.count(DeliveryFilter(state=S.DEAD)) == 0


async def test_a_replay_adds_deliveries_and_replaces_dead_ones(journal: Journal) -> None:
    dead = planned(action="one", state=S.DEAD, reason="broken")
    other = planned(action="one", state=S.DEAD, index=1, reason="broken")
    kept = planned(action="two")
    await journal.append(Plan(event(), EventState.PLAN_FAILED, (dead, other, kept), "it raised"))
    fresh = [planned(action="one", id="dlv_r1", state=S.DEAD), planned(action="two", id="dlv_r2")]
    assert await journal.add("evt_a", fresh, later(7)) == 2
    replaced = await found(journal, dead.id)
    assert (replaced.state, replaced.reason, replaced.settled_at) == (
        S.DISCARDED,
        "replaced by a replay",
        later(7),
    )
    assert (await found(journal, other.id)).state is S.DEAD
    assert (await found(journal, kept.id)).state is S.READY
    assert (await found(journal, "dlv_r1")).state is S.DEAD
    new = await found(journal, "dlv_r2")
    assert (new.created_at, new.due_at, new.source) == (later(7), later(7), "clerk")
    stored = await journal.event("evt_a")
    assert stored is not None
    assert (stored.state, stored.reason) == (EventState.PLANNED, None)
    assert await journal.add("evt_a", fresh, later(8)) == 0
    assert (await found(journal, "dlv_r1")).state is S.DEAD
    with pytest.raises(KeyError):
        await journal.add("nobody", fresh, NOW)


async def test_a_replay_of_nothing_changes_nothing(journal: Journal) -> None:
    await journal.append(Plan(event(), EventState.UNMATCHED, (), "no route"))
    assert await journal.add("evt_a", [], NOW) == 0
    stored = await journal.event("evt_a")
    assert stored is not None
    assert stored.state is EventState.UNMATCHED


async def filled(journal: Journal) -> None:
    """Four events, a to d, a second apart: d unmatched, b dead, c delivered, a skipped."""
    states = {"a": S.SKIPPED, "b": S.DEAD, "c": S.READY}
    for second, (name, state) in enumerate(states.items()):
        item = planned(
            f"evt_{name}", action=name, route=f"r{name}", destination=f"d{name}", state=state, reason=f"why {name}"
        )
        await journal.append(plan(name, item, received_at=later(second), type=f"user.[{name}]", source=f"s{name}"))
    (ready,) = await journal.claim({"dc": 1}, later(9))
    await journal.record(attempt(ready))
    await journal.append(Plan(event("d", received_at=later(3), type="user.?"), EventState.UNMATCHED))


EVENT_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({}, "dcba"),
    "a router's id": ({"ids": ["evt_b"]}, "b"),
    "ids of both kinds": ({"ids": ["evt_b", "msg_a", "no"]}, "ba"),
    "source": ({"source": "sa"}, "a"),
    "type": ({"type": "user.[b]"}, "b"),
    "glob": ({"type": "user.*"}, "dcba"),
    "glob whose brackets are literal": ({"type": "*.[b*"}, "b"),
    "glob whose question mark is literal": ({"type": "*?"}, "d"),
    "glob in capitals": ({"type": "USER.*"}, ""),
    "state": ({"state": EventState.UNMATCHED}, "d"),
    "usual state": ({"state": EventState.PLANNED}, "cba"),
    "delivery state": ({"delivery_state": S.DEAD}, "b"),
    "delivered": ({"delivery_state": S.DELIVERED}, "c"),
    "route": ({"route": "ra"}, "a"),
    "route and state apart": ({"route": "ra", "delivery_state": S.DEAD}, ""),
    "since": ({"since": later(1)}, "dcb"),
    "until": ({"until": later(1)}, "a"),
    "text": ({"text": '"c"'}, "c"),
    "all of them": ({"since": later(1), "until": later(3), "type": "user*", "text": '"b"'}, "b"),
    "page": ({"limit": 2}, "dc"),
    "next page": ({"limit": 2, "before": "evt_c"}, "ba"),
    "beyond an unknown one": ({"before": "no"}, ""),
}


@pytest.mark.parametrize("name", EVENT_FILTERS)
async def test_events_are_listed_newest_first_by(journal: Journal, name: str) -> None:
    await filled(journal)
    given, expected = EVENT_FILTERS[name]
    listed = await journal.events(EventFilter(**given))
    assert "".join(item.uid[-1] for item in listed) == expected
    whole = {key: value for key, value in given.items() if key not in ("limit", "before")}
    assert await journal.count(EventFilter(**given)) == len(await journal.events(EventFilter(**whole)))
    assert all(item.body == b"" for item in listed)
    assert {item.uid: item.deliveries for item in listed}.get("evt_c", {S.DELIVERED: 1}) == {S.DELIVERED: 1}


DELIVERY_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({}, "cba"),
    "the router's event": ({"event": "evt_b"}, "b"),
    "the sender's event": ({"event": "msg_b"}, "b"),
    "source": ({"source": "sa"}, "a"),
    "type": ({"type": "user.[b]"}, "b"),
    "glob": ({"type": "*[c]"}, "c"),
    "route": ({"route": "ra"}, "a"),
    "action": ({"action": "c"}, "c"),
    "destination": ({"destination": "db"}, "b"),
    "state": ({"state": S.DEAD}, "b"),
    "delivered": ({"state": S.DELIVERED}, "c"),
    "since": ({"since": later(1)}, "cb"),
    "until": ({"until": later(2)}, "ba"),
    "text of the reason": ({"text": "why b"}, "b"),
    "text of the parameters": ({"text": '"hi"'}, "cba"),
    "page": ({"limit": 1}, "c"),
}


@pytest.mark.parametrize("name", DELIVERY_FILTERS)
async def test_deliveries_are_listed_newest_first_by(journal: Journal, name: str) -> None:
    await filled(journal)
    given, expected = DELIVERY_FILTERS[name]
    listed = await journal.deliveries(DeliveryFilter(**given))
    assert "".join(item.action for item in listed) == expected
    whole = {key: value for key, value in given.items() if key != "limit"}
    assert await journal.count(DeliveryFilter(**given)) == len(await journal.deliveries(DeliveryFilter(**whole)))


async def test_pages_of_deliveries_miss_none_and_repeat_none(journal: Journal) -> None:
    await journal.append(plan("a", *(planned(action=f"n{n}") for n in range(25))))
    seen: list[str] = []
    page = await journal.deliveries(DeliveryFilter(limit=10))
    while page:
        seen += [item.id for item in page]
        page = await journal.deliveries(DeliveryFilter(limit=10, before=seen[-1]))
    assert len(seen) == len(set(seen)) == 25
    two = await journal.deliveries(DeliveryFilter(ids=seen[:3], limit=2))
    assert [item.id for item in two] == seen[:2]


async def test_the_counts_are_of_every_state(journal: Journal) -> None:
    await filled(journal)
    await begun(journal, "e")
    await journal.append(plan("f", received_at=later(30)))
    stats = await journal.stats()
    assert {state: n for state, n in stats.events.items() if n} == {EventState.PLANNED: 5, EventState.UNMATCHED: 1}
    assert {state: n for state, n in stats.deliveries.items() if n} == {
        S.SKIPPED: 1,
        S.DEAD: 1,
        S.DELIVERED: 1,
        S.RUNNING: 1,
        S.READY: 1,
    }
    assert stats.oldest_due == later(30)
    assert stats.bytes > 0


async def test_the_probe_leaves_everything_as_it_is(journal: Journal) -> None:
    await journal.probe()
    await journal.probe()
    assert await journal.count(EventFilter()) == 0
