"""What every journal promises of writes that share a commit; used as contract.py is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal
from router.model import DeliveryState, Outcome
from tests.journal.values import NOW, attempt, begun, event, found, later, plan, planned

S = DeliveryState


@pytest.mark.parametrize("number", [1, 2, 3, 31, 100, 300])
async def test_events_of_one_batch_keep_what_is_theirs(journal: Journal, number: int) -> None:
    plans = []
    for n in range(number):
        items = [
            planned(f"evt_n{n}", f"action{i}", params=b'"%d/%d"' % (n, i), destination=f"to{i % 3}")
            for i in range(n % 5)
        ]
        plans.append(plan(f"n{n}", *items) if items else plan(f"n{n}"))
    take = {plan.deliveries[0].id for plan in plans[::2]}
    answers = await asyncio.gather(*(journal.append(item, take=take) for item in plans))
    assert [answer.uid for answer in answers] == [item.event.uid for item in plans]
    for item, answer in list(zip(plans, answers, strict=True))[:: 1 + number // 50]:
        stored = await journal.event(item.event.uid)
        assert stored is not None
        assert (stored.id, stored.body) == (item.event.id, item.event.body)
        kept = await journal.deliveries(DeliveryFilter(event=item.event.uid))
        assert sorted(kept, key=lambda d: d.id) == sorted(answer.deliveries, key=lambda d: d.id)
        for wanted in item.deliveries:
            delivery = await found(journal, wanted.id)
            assert (delivery.params, delivery.destination) == (wanted.params, wanted.destination)
            begun_at = [a.started_at for a in await journal.attempts(wanted.id)]
            assert begun_at == ([NOW] if wanted.id in take else [])


async def test_new_ones_and_repeats_of_one_batch_are_told_apart(journal: Journal) -> None:
    await journal.append(plan("old"))
    names = ["a", "b", "old", "a", "old", "a"]
    bodies = [b"1", b"1", event("old").body, b"1", b"2", b"2"]
    answers = await asyncio.gather(
        *(
            journal.append(plan(f"{n}", id=f"msg_{name}", body=body))
            for n, (name, body) in enumerate(zip(names, bodies, strict=True))
        )
    )
    told = [(answer.uid, answer.duplicate, answer.differs) for answer in answers]
    assert told == [
        ("evt_0", False, False),
        ("evt_1", False, False),
        ("evt_old", True, False),
        ("evt_0", True, False),
        ("evt_old", True, True),
        ("evt_0", True, True),
    ]
    counted = {e.uid: (e.duplicates, e.duplicate_differs) for e in await journal.events(EventFilter())}
    assert counted == {"evt_0": (2, 1), "evt_1": (0, 0), "evt_old": (2, 1)}


async def test_records_of_one_batch_settle_what_is_theirs(journal: Journal) -> None:
    running = [await begun(journal, f"n{n}") for n in range(40)]
    states = [(S.DELIVERED, S.READY, S.DEAD, S.SKIPPED)[n % 4] for n in range(40)]
    stale = [n % 7 == 3 for n in range(40)]
    answers = await asyncio.gather(
        *(
            journal.record(
                attempt(
                    one,
                    state,
                    lease=one.lease + late,
                    reason=f"reason {n} \N{SNOWMAN} \udc80 \0",
                    due_at=later(n) if state is S.READY else None,
                    ended_at=later(100 + n),
                    facts={"n": n, "text": '"\0\N{SNOWMAN}'} if n % 2 else {},
                )
            )
            for n, (one, state, late) in enumerate(zip(running, states, stale, strict=True))
        )
    )
    assert answers == [not late for late in stale]
    for n, (one, state, late) in enumerate(zip(running, states, stale, strict=True)):
        stored = await found(journal, one.id)
        (tried,) = await journal.attempts(one.id)
        if late:
            assert (stored.state, stored.reason, tried.outcome) == (S.RUNNING, None, None)
            continue
        reason = f"reason {n} \N{SNOWMAN} \\udc80 \\x00"
        assert (stored.state, stored.reason, tried.reason) == (state, reason, reason)
        assert stored.due_at == (later(n) if state is S.READY else NOW)
        assert stored.settled_at == (None if state is S.READY else later(100 + n))
        assert tried.ended_at == later(100 + n)
        assert tried.facts == ({"n": n, "text": '"\0\N{SNOWMAN}'} if n % 2 else {})


async def test_of_two_records_of_one_start_one_counts(journal: Journal) -> None:
    running = await begun(journal)
    answers = await asyncio.gather(
        journal.record(attempt(running, S.DEAD, reason="first")), journal.record(attempt(running, reason="second"))
    )
    assert sorted(answers) == [False, True]
    stored = await found(journal, running.id)
    (tried,) = await journal.attempts(running.id)
    assert stored.reason == tried.reason == ("first" if answers[0] else "second")
    assert (stored.state, tried.outcome) == (
        (S.DEAD, Outcome.DEAD) if answers[0] else (S.DELIVERED, Outcome.DELIVERED)
    )


async def test_a_record_that_cannot_be_stored_fails_alone(journal: Journal) -> None:
    running = [await begun(journal, f"n{n}") for n in range(9)]
    answers = await asyncio.gather(
        *(journal.record(attempt(one, S.RUNNING if n == 4 else S.DELIVERED)) for n, one in enumerate(running)),
        return_exceptions=True,
    )
    assert isinstance(answers.pop(4), ValueError)
    assert answers == [True] * 8
    assert await journal.count(DeliveryFilter(state=S.DELIVERED)) == 8


async def test_events_of_one_request_are_stored_together_and_a_repeat_stores_nothing(
    journal: Journal,
) -> None:
    plans = [plan(f"n{n}", planned(f"evt_n{n}", "a")) for n in range(300)]
    plans.append(plan("again", id="msg_n7", body=event("n7").body))
    answers = await journal.append_all(plans, take={plans[3].deliveries[0].id})
    assert [answer.uid for answer in answers] == [*(f"evt_n{n}" for n in range(300)), "evt_n7"]
    assert [answer.duplicate for answer in answers] == [False] * 300 + [True]
    assert (await found(journal, plans[3].deliveries[0].id)).state is S.RUNNING
    assert all(answer.duplicate for answer in await journal.append_all(plans))
    assert await journal.count(EventFilter()) == 300
    assert await journal.count(DeliveryFilter()) == 300


async def test_events_of_one_request_are_stored_all_or_none_whatever_shares_their_commit(journal: Journal) -> None:
    first, bad = plan("n1", planned("evt_n1", "a")), plan("bad", planned("evt_n1", "a"))  # one id twice
    together, alone = await asyncio.gather(
        journal.append_all([first, bad, plan("n2")]), journal.append(plan("other")), return_exceptions=True
    )
    assert isinstance(together, ValueError)
    assert not isinstance(alone, BaseException)
    assert [event.uid for event in await journal.events(EventFilter())] == ["evt_other"]


async def test_an_id_with_a_window_is_known_for_that_long_from_the_first_one_on(journal: Journal) -> None:
    window = timedelta(seconds=600)
    told = []
    for name, seconds in [("a", 0), ("b", 599), ("c", 600), ("d", 1100), ("e", 1300)]:
        item = plan(name, id="key_1", body=name.encode(), received_at=later(seconds), window=window)
        answer = await journal.append(item)
        told.append((answer.uid, answer.duplicate, answer.differs))
    assert told == [
        ("evt_a", False, False),
        ("evt_a", True, False),
        ("evt_c", False, False),
        ("evt_c", True, False),
        ("evt_e", False, False),
    ]
    stored = {event.uid: event.duplicates for event in await journal.events(EventFilter())}
    assert stored == {"evt_a": 1, "evt_c": 1, "evt_e": 0}


async def test_of_events_with_one_id_after_its_window_one_is_new(journal: Journal) -> None:
    window = timedelta(seconds=60)
    await journal.append(plan("old", id="key_1", window=window))
    again = [plan(f"n{n}", id="key_1", received_at=later(100), window=window) for n in range(5)]
    answers = await asyncio.gather(*(journal.append(item) for item in again))
    assert sorted(answer.duplicate for answer in answers) == [False, True, True, True, True]
    assert len({answer.uid for answer in answers}) == 1
