"""What every journal promises after a crash, of retries and of replays; used as contract.py is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal
from router.model import DeliveryState, EventState, Plan
from tests.journal.values import NOW, Reopen, attempt, begun, claim, event, found, later, plan, planned

S = DeliveryState


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
        (running,) = await claim(journal, {"slack": 1}, now)
    assert [(a.number, a.reason) for a in await journal.attempts(running.id)] == [
        (1, "dead 1"),
        (2, "dead 2"),
        (3, None),
    ]


async def test_a_retry_takes_only_what_is_dead_and_was_rendered(journal: Journal) -> None:
    states = {"ready": S.READY, "skipped": S.SKIPPED, "dead": S.DEAD}
    items = [planned(action=name, state=state) for name, state in states.items()]
    broken = planned(action="broken", state=S.DEAD, reason="line 3", params=b"")
    null = planned(action="null", state=S.DEAD, reason="line 4", params=b"null")
    await journal.append(plan("a", *items, broken, null))
    assert await journal.retry(DeliveryFilter(state=S.SKIPPED), NOW) == []
    assert await journal.retry(DeliveryFilter(ids=[broken.id, null.id]), NOW) == []
    assert await journal.retry(DeliveryFilter(event="msg_a"), NOW) == [items[2].id]
    kept = await found(journal, null.id)
    assert (kept.state, kept.reason) == (S.DEAD, "line 4")


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
    assert new.expires_at == later(7) + timedelta(hours=1)
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
