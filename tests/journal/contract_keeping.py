"""What every journal promises of what it keeps, holds and ends; used as contract.py is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal, StoredReplay
from router.journal.lane import FOR_GOOD, LONG_AGO, LaneCount
from router.model import BreakerPolicy, DeliveryState, EventState, Outcome, Plan
from tests.journal.values import NOW, attempt, begun, claim, event, found, later, limits, plan, planned

S = DeliveryState
ANCIENT = LONG_AGO + timedelta(days=1)


async def done(
    journal: Journal, name: str, state: DeliveryState = S.DELIVERED, *, received: float = 0, settled: float = 2
) -> str:
    """Store an event whose one delivery ended so many seconds after NOW; return the delivery's id."""
    wanted = plan(name, planned(f"evt_{name}"), received_at=later(received))
    (running,) = (await journal.append(wanted, take={wanted.deliveries[0].id})).deliveries
    await journal.record(attempt(running, state, ended_at=later(settled), reason="why"))
    return running.id


async def swept(journal: Journal, settled: float, dead: float | None = None) -> int:
    """Purge until nothing is left to remove; return how many events went."""
    number = 0
    while removed := await journal.purge(later(settled), later(settled if dead is None else dead)):
        number += removed
    return number


async def uids(journal: Journal) -> Sequence[str]:
    """Return what is left, the oldest first."""
    return [e.uid.removeprefix("evt_") for e in reversed(await journal.events(EventFilter(limit=1000)))]


async def test_a_purged_event_is_gone_with_all_that_belongs_to_it(journal: Journal) -> None:
    gone = await done(journal, "a")
    kept = await done(journal, "b", received=1)
    assert await swept(journal, 10) == 1
    assert await journal.event("evt_a") is None
    assert await journal.event("msg_a") is None
    with pytest.raises(KeyError):
        await journal.body("evt_a")
    assert await journal.delivery(gone) is None
    assert await journal.attempts(gone) == []
    assert await journal.count(DeliveryFilter()) == await journal.count(EventFilter()) == 1
    assert await journal.body("evt_b") == event("b").body
    assert [a.outcome for a in await journal.attempts(kept)] == [Outcome.DELIVERED]


async def test_the_id_of_a_purged_event_is_forgotten_and_no_other(journal: Journal) -> None:
    await done(journal, "a")
    await journal.append(plan("other", source="github", id="msg_a", received_at=later(100)))
    await journal.append(plan("b", planned("evt_b", state=S.SKIPPED), id="msg_same", deduplicable=False))
    await journal.append(plan("same", received_at=later(100)))
    await done(journal, "last", received=1)
    assert await swept(journal, 10) == 2
    assert (await journal.append(plan("y", id="msg_same"))).uid == "evt_same"
    again = await journal.append(plan("again", id="msg_a"))
    assert (again.duplicate, again.uid) == (False, "evt_again")
    assert (await journal.append(plan("x", source="github", id="msg_a"))).uid == "evt_other"


@pytest.mark.parametrize(
    ("state", "settled", "settled_before", "dead_before", "stays"),
    [
        (S.DELIVERED, 2, 2.000001, 0, False),
        (S.DELIVERED, 2, 2, 0, True),
        (S.SKIPPED, 2, 3, 0, False),
        (S.DEAD, 2, 100, 2, True),
        (S.DEAD, 2, 100, 2.000001, False),
        (S.DEAD, 50, 20, 100, True),
    ],
)
async def test_an_event_stays_until_its_deliveries_have_been_settled_for_long_enough(
    journal: Journal, state: DeliveryState, settled: float, settled_before: float, dead_before: float, stays: bool
) -> None:
    await done(journal, "a", state, settled=settled)
    await done(journal, "last", received=200, settled=200)
    assert await swept(journal, settled_before, dead_before) == (0 if stays else 1)
    assert await uids(journal) == (["a", "last"] if stays else ["last"])


async def test_an_event_stays_as_long_as_one_of_its_deliveries_is_not_settled(journal: Journal) -> None:
    await journal.append(plan("ready"))
    await begun(journal, "running")
    await journal.append(plan("half", planned("evt_half", state=S.SKIPPED), planned("evt_half", "other")))
    await journal.append(Plan(event("unplanned"), EventState.UNPLANNED))
    await journal.append(Plan(event("unmatched"), EventState.UNMATCHED))
    await journal.append(Plan(event("failed"), EventState.PLAN_FAILED, (), "it raised"))
    await done(journal, "last", received=9)
    assert await swept(journal, 10_000) == 2
    assert await uids(journal) == ["ready", "running", "half", "unplanned", "last"]
    await journal.hold("restored", NOW)
    assert await swept(journal, 10_000) == 0


async def test_what_was_received_later_stays_though_it_is_settled(journal: Journal) -> None:
    await done(journal, "early", received=1)
    await done(journal, "late", received=5)
    await done(journal, "last", received=9)
    assert await swept(journal, 5) == 1
    assert await uids(journal) == ["late", "last"]


async def test_the_newest_event_stays(journal: Journal) -> None:
    for name in ("a", "b", "c"):
        await done(journal, name)
    await begun(journal, "d", state=S.SKIPPED)
    assert await swept(journal, 10_000) == 3
    assert await uids(journal) == ["d"]
    new = await begun(journal, "e")
    assert [a.outcome for a in await journal.attempts(new.id)] == [None]


async def test_many_are_removed_in_small_steps(journal: Journal) -> None:
    for n in range(450):
        await journal.append(plan(f"n{n}", planned(f"evt_n{n}", state=S.SKIPPED)))
    await done(journal, "last", received=1)
    steps = []
    while step := await journal.purge(later(10), later(10)):
        steps.append(step)
    assert sum(steps) == 450
    assert max(steps) <= 200
    assert await journal.count(DeliveryFilter()) == 1


async def test_what_is_kept_at_the_front_hides_nothing_and_goes_in_a_later_sweep(journal: Journal) -> None:
    for n in range(700):
        state = S.SKIPPED if n % 233 == 1 else S.DEAD
        await journal.append(plan(f"n{n}", planned(f"evt_n{n}", state=state), received_at=later(n / 1000)))
    await done(journal, "last", received=1)
    assert await swept(journal, 10, dead=0) == 3
    assert await swept(journal, 10, dead=0) == 0
    assert await swept(journal, 10, dead=10) == 697
    assert await uids(journal) == ["last"]


async def test_lanes_of_which_nothing_is_known_any_more_are_forgotten(journal: Journal) -> None:
    policy = BreakerPolicy(minimum=3)
    await journal.pause("slack", "over", ANCIENT, "old")
    await journal.pause("slack", "pause", FOR_GOOD, "stop")
    counts = [LaneCount("slack", "counts", 1, 1, policy), LaneCount("slack", "open", 0, 5, policy)]
    await journal.lanes(counts, NOW)
    await journal.lanes([replace(count, lane=f"old {count.lane}") for count in counts], ANCIENT)
    await journal.append(plan("a", planned(lane="rate"), planned(action="b", lane="spent")))
    await journal.claim({"slack": limits(1, interval=1000.0)}, NOW)
    await journal.append(plan("last", planned("evt_last", state=S.SKIPPED), received_at=later(1)))
    assert await swept(journal, -1000) == 0
    assert sorted(lane.lane for lane in await journal.lanes()) == ["counts", "open", "pause", "rate"]


async def test_replays_that_ended_long_ago_are_forgotten(journal: Journal) -> None:
    for name, state, ended in (("old", "done", 5), ("new", "cancelled", 20), ("going", "running", None)):
        end = None if ended is None else later(ended)
        await journal.save_replay(StoredReplay(name, {}, {}, None, state, NOW, end))
    assert await swept(journal, 10) == 0
    assert sorted(replay.id for replay in await journal.replays()) == ["going", "new"]


async def test_what_is_held_is_what_was_ready_or_running(journal: Journal) -> None:
    running = await begun(journal, "running")
    ready = (await journal.append(plan("ready"))).deliveries[0]
    settled = {name: await done(journal, name, state) for name, state in (("d", S.DELIVERED), ("e", S.DEAD))}
    assert await journal.hold("restored", later(5)) == 2
    for one in (running, ready):
        held = await found(journal, one.id)
        assert (held.state, held.reason, held.attempts) == (S.HELD, "restored", 0)
        assert (held.due_at, held.expires_at) == (one.due_at, one.expires_at)
    assert (await found(journal, settled["d"])).state is S.DELIVERED
    assert (await found(journal, settled["e"])).state is S.DEAD
    (cut,) = await journal.attempts(running.id)
    assert (cut.outcome, cut.ended_at) == (Outcome.INTERRUPTED, later(5))
    assert not await journal.record(attempt(running))
    assert await claim(journal, {"slack": 9}, later(99)) == []
    assert await journal.hold("again", later(6)) == 0


async def test_a_release_makes_held_deliveries_ready_as_they_were(journal: Journal) -> None:
    running = await begun(journal, "a")
    due = later(600)
    await journal.record(attempt(running, S.READY, due_at=due, reason="HTTP 500"))
    await journal.append(plan("other", planned("evt_other", destination="app")))
    dead = await done(journal, "dead", S.DEAD)
    before = await found(journal, running.id)
    await journal.hold("restored", later(5))
    assert await journal.retry(DeliveryFilter(), later(6)) == [dead]
    assert await journal.retry(DeliveryFilter(state=S.HELD, destination="slack"), later(7)) == [running.id]
    again = await found(journal, running.id)
    assert (again.state, again.due_at, again.attempts) == (S.READY, due, 1)
    assert (again.max_attempts, again.expires_at, again.priority) == (3, before.expires_at, before.priority)
    assert await journal.count(DeliveryFilter(state=S.HELD)) == 1
    assert [d.id for d in await claim(journal, {"slack": 9, "app": 9}, later(8))] == [dead]
    assert [(d.id, d.attempts) for d in await claim(journal, {"slack": 9, "app": 9}, due)] == [(running.id, 2)]


async def test_what_has_expired_while_it_was_held_has_its_whole_time_again(journal: Journal) -> None:
    (one,) = (await journal.append(plan("a"))).deliveries
    await journal.hold("restored", NOW)
    now = one.expires_at
    assert await journal.retry(DeliveryFilter(state=S.HELD), now) == [one.id]
    assert (await found(journal, one.id)).expires_at == now + timedelta(hours=1)


async def test_all_held_deliveries_that_fit_are_released_whatever_the_limit(journal: Journal) -> None:
    await journal.append(plan("a", *(planned(action=f"n{n}") for n in range(450))))
    await journal.hold("restored", NOW)
    released = await journal.retry(DeliveryFilter(state=S.HELD, limit=1), NOW)
    assert len(set(released)) == 450
    assert await journal.count(DeliveryFilter(state=S.READY)) == 450


async def test_dead_and_held_deliveries_are_discarded_with_the_note_and_nothing_else_is(journal: Journal) -> None:
    delivered, dead = await done(journal, "a"), await done(journal, "b", S.DEAD)
    (held,) = (await journal.append(plan("c"))).deliveries
    await journal.hold("restored", NOW)
    running = await begun(journal, "d")
    (ready,) = (await journal.append(plan("e"))).deliveries
    assert await journal.discard(DeliveryFilter(), "the customer left \udc80", later(9)) == 2
    for id_ in (dead, held.id):
        ended = await found(journal, id_)
        assert (ended.state, ended.settled_at) == (S.DISCARDED, later(9))
        assert ended.reason == "discarded: the customer left \\udc80"
    for id_, state in ((delivered, S.DELIVERED), (running.id, S.RUNNING), (ready.id, S.READY)):
        assert (await found(journal, id_)).state is state
    assert await journal.retry(DeliveryFilter(), later(10)) == []
    assert await journal.discard(DeliveryFilter(), "again", later(10)) == 0


async def test_only_the_state_that_is_named_is_discarded(journal: Journal) -> None:
    dead = await done(journal, "a", S.DEAD)
    (held,) = (await journal.append(plan("b"))).deliveries
    await journal.hold("restored", NOW)
    assert await journal.discard(DeliveryFilter(state=S.READY), "n", NOW) == 0
    assert await journal.discard(DeliveryFilter(state=S.HELD), "n", NOW) == 1
    assert [(await found(journal, id_)).state for id_ in (dead, held.id)] == [S.DEAD, S.DISCARDED]
    assert await journal.discard(DeliveryFilter(state=S.DEAD), "n", NOW) == 1


async def test_all_that_fit_are_discarded_whatever_the_limit(journal: Journal) -> None:
    await journal.append(plan("a", *(planned(action=f"n{n}", state=S.DEAD) for n in range(450))))
    await done(journal, "other", S.DEAD)
    assert await journal.discard(DeliveryFilter(event="msg_a", limit=1), "n", NOW) == 450
    assert await journal.count(DeliveryFilter(state=S.DEAD)) == 1


async def test_nothing_is_discarded_without_a_note(journal: Journal) -> None:
    dead = await done(journal, "a", S.DEAD)
    for note in ("", " \n"):
        with pytest.raises(ValueError, match="note"):
            await journal.discard(DeliveryFilter(), note, NOW)
    assert (await found(journal, dead)).state is S.DEAD


async def test_what_was_discarded_is_purged_by_the_time_of_its_end(journal: Journal) -> None:
    await done(journal, "a", S.DEAD)
    await journal.append(plan("last", planned("evt_last", state=S.SKIPPED), received_at=later(1)))
    await journal.discard(DeliveryFilter(), "n", later(50))
    assert await swept(journal, 50) == 0
    assert await swept(journal, 51, dead=0) == 1
