"""What every journal promises of lanes: order, priorities, rates, pauses and breakers; used as contract.py is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from router.journal.journal import DeliveryFilter, Journal
from router.journal.lane import FOR_GOOD, BreakerState, LaneCount, LaneLimits, LaneState
from router.model import BreakerPolicy, DeliveryState, Outcome, Priority, StoredDelivery
from tests.journal.values import NOW, Reopen, attempt, begun, claim, found, later, limits, plan, planned

S = DeliveryState
POLICY = BreakerPolicy(share=0.5, minimum=4, window=60, pause=30)


async def fill(journal: Journal, count: int, lane: str = "", *, start: int = 0, **changes: Any) -> None:
    """Store events of one delivery each, one second after the other."""
    for number in range(start, start + count):
        name = f"{lane}{number}"
        one = planned(f"evt_{name}", lane=lane, **changes)
        await journal.append(plan(name, one, received_at=later(number)))


async def taken(journal: Journal, wanted: LaneLimits, now: datetime = NOW) -> list[StoredDelivery]:
    """Claim from the destination `slack`."""
    return list((await journal.claim({"slack": wanted}, now)).deliveries)


async def lane(journal: Journal, name: str = "") -> LaneState:
    """Return a lane of `slack`."""
    return next((one for one in await journal.lanes() if one.lane == name), LaneState("slack", name))


async def count(journal: Journal, now: datetime, *, ok: int = 0, failed: int = 0) -> BreakerState:
    """Report ended attempts; return where the breaker stands then."""
    await journal.lanes([LaneCount("slack", "", ok, failed, POLICY)], now)
    return (await lane(journal)).breaker


async def test_each_lane_has_its_own_slots_and_none_goes_short(journal: Journal) -> None:
    for name in ("a", "b", "c"):
        await fill(journal, 5, name)
    first = await journal.claim({"slack": limits(100, concurrency=2, busy={"b": 1, "x": 9})}, later(9))
    assert sorted(d.lane for d in first.deliveries) == ["a", "a", "b", "c", "c"]
    assert first.left == {("slack", "a"), ("slack", "b"), ("slack", "c")}
    assert not first.next_at
    lanes = [(await taken(journal, limits(1, concurrency=2), later(9)))[0].lane for _ in range(6)]
    assert sorted(lanes) == ["a", "a", "b", "b", "c", "c"], "with one slot, the lanes take turns"


async def test_what_is_left_and_what_is_later_is_told(journal: Journal) -> None:
    await fill(journal, 2)
    await journal.append(plan("l", planned("evt_l", due_at=later(100))))
    claimed = await journal.claim({"slack": limits(1), "other": limits(3)}, later(9))
    assert (set(claimed.left), dict(claimed.next_at)) == ({("slack", "")}, {})
    claimed = await journal.claim({"slack": limits(9)}, later(9))
    assert len(claimed.deliveries) == 1
    assert (claimed.left, dict(claimed.next_at)) == (frozenset(), {"slack": later(100)})


async def test_a_delayed_delivery_is_due_then_even_if_it_was_taken(journal: Journal) -> None:
    one = planned(due_at=later(3600), expires_at=later(7200))
    (stored,) = (await journal.append(plan("a", one), take={one.id})).deliveries
    assert (stored.state, stored.due_at, stored.expires_at) == (S.READY, later(3600), later(7200))
    assert await claim(journal, {"slack": 9}, later(3599)) == []
    assert [d.id for d in await claim(journal, {"slack": 9}, later(3600))] == [one.id]


async def test_first_attempts_go_before_retries_and_replays_but_for_every_fourth_slot(journal: Journal) -> None:
    await fill(journal, 20, priority=Priority.FIRST)
    await fill(journal, 20, start=20, action="retry", priority=Priority.RETRY)
    await fill(journal, 20, start=40, action="replay", priority=Priority.REPLAY)
    got = [(await taken(journal, limits(1, turn=turn), later(99)))[0].priority for turn in range(16)]
    assert got == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    rest = await taken(journal, limits(44, turn=16), later(99))
    assert [d.priority for d in rest].count(Priority.FIRST) == 8
    assert await journal.count(DeliveryFilter(state=S.READY)) == 0


async def test_a_retry_is_of_a_lower_priority_and_a_replay_stays_one(journal: Journal) -> None:
    first = await begun(journal)
    replay = await begun(journal, "b", priority=Priority.REPLAY)
    for running in (first, replay):
        await journal.record(attempt(running, S.READY, due_at=later(5)))
    assert (await found(journal, first.id)).priority is Priority.RETRY
    assert (await found(journal, replay.id)).priority is Priority.REPLAY


async def test_a_throttled_attempt_is_not_counted_and_pauses_its_lane(journal: Journal, reopen: Reopen) -> None:
    running = await begun(journal, lane="#a")
    await fill(journal, 1, "#a")
    await fill(journal, 1, "#b")
    slow = attempt(
        running, S.READY, outcome=Outcome.THROTTLED, due_at=later(30), pause_until=later(30), reason="429"
    )
    assert await journal.record(slow)
    stored = await found(journal, running.id)
    assert (stored.state, stored.attempts, stored.priority) == (S.READY, 0, Priority.FIRST)
    journal = await reopen()
    paused = await lane(journal, "#a")
    assert (paused.paused_until, paused.pause_reason) == (later(30), "429")
    claimed = await journal.claim({"slack": limits()}, later(29))
    assert [d.lane for d in claimed.deliveries] == ["#b"]
    assert (set(claimed.left), dict(claimed.next_at)) == ({("slack", "#a")}, {"slack": later(30)})
    assert [d.lane for d in await taken(journal, limits(), later(30))] == ["#a", "#a"]


async def test_what_was_only_ever_throttled_has_not_been_on_the_wire(journal: Journal, reopen: Reopen) -> None:
    running = await begun(journal)
    await journal.record(attempt(running, S.READY, outcome=Outcome.THROTTLED, due_at=later(5)))
    assert (await found(journal, running.id)).first_started_at is None
    (again,) = await claim(journal, {"slack": 1}, later(5))
    assert again.first_started_at == later(5)
    journal = await reopen()
    after_crash = await journal.claim_suspect({"slack": limits()}, later(9))
    assert after_crash is not None
    await journal.record(attempt(after_crash, S.READY, outcome=Outcome.THROTTLED, due_at=later(9)))
    assert (await found(journal, running.id)).first_started_at == later(5), "what a crash has cut may have arrived"


async def test_a_shorter_pause_does_not_end_a_longer_one(journal: Journal) -> None:
    for name, until in (("a", 60), ("b", 30)):
        running = await begun(journal, name)
        await journal.record(attempt(running, S.READY, due_at=later(1), pause_until=later(until)))
    assert (await lane(journal)).paused_until == later(60)


async def test_a_person_pauses_and_resumes_a_lane(journal: Journal) -> None:
    await fill(journal, 1)
    await journal.pause("slack", None, FOR_GOOD, "vendor is on holiday")
    assert await taken(journal, limits(), later(10**6)) == []
    assert "vendor is on holiday" in ((await lane(journal)).why_blocked(NOW) or "")
    await journal.pause("slack", None, None, "")
    assert len(await taken(journal, limits(), later(9))) == 1


async def test_a_rate_is_kept_whoever_asks_and_over_a_restart(journal: Journal, reopen: Reopen) -> None:
    await fill(journal, 40)
    starts = 0
    for tenth in range(100):  # ten seconds at 2 a second, asked every 100 ms
        if tenth == 50:
            journal = await reopen()
        now = later(100 + tenth / 10)
        claimed = await journal.claim({"slack": limits(9, interval=0.5)}, now)
        starts += len(claimed.deliveries)
        assert len(claimed.deliveries) <= 1
        assert claimed.left
        assert claimed.next_at["slack"] > now
    assert starts == 20


async def test_a_high_rate_is_granted_in_slices_of_half_a_second(journal: Journal) -> None:
    await fill(journal, 90)
    assert len(await taken(journal, limits(90, interval=0.01), later(100))) == 50
    assert await taken(journal, limits(90, interval=0.01), later(100.4)) == []
    assert len(await taken(journal, limits(90, interval=0.01), later(100.5))) == 40


async def test_a_breaker_opens_at_its_share_of_enough_attempts_and_lets_one_through(
    journal: Journal, reopen: Reopen
) -> None:
    await fill(journal, 9)
    assert await count(journal, NOW, ok=0, failed=3) is BreakerState.CLOSED, "three are too few"
    assert await count(journal, later(1), ok=4) is BreakerState.CLOSED, "3 of 7 is no half"
    assert await count(journal, later(2), failed=1) is BreakerState.OPEN
    journal = await reopen()
    claimed = await journal.claim({"slack": limits()}, later(31))
    assert not claimed.deliveries
    assert claimed.next_at == {"slack": later(32)}
    (probe,) = await taken(journal, limits(probe=10), later(32))
    assert await taken(journal, limits(probe=10), later(33)) == [], "one probe at a time"
    assert (await lane(journal)).breaker is BreakerState.PROBING
    await journal.record(attempt(probe, S.READY, due_at=later(500)))
    assert await count(journal, later(34), failed=1) is BreakerState.OPEN
    assert await taken(journal, limits(probe=10), later(63)) == []
    assert len(await taken(journal, limits(probe=10), later(64))) == 1
    assert len(await taken(journal, limits(probe=10), later(74))) == 1, "nobody heard of the other probe again"
    assert await count(journal, later(75), ok=1) is BreakerState.CLOSED
    assert len(await taken(journal, limits(), later(76))) == 6


async def test_failures_of_another_window_do_not_open_a_breaker(journal: Journal) -> None:
    for minute in range(10):
        assert await count(journal, NOW + timedelta(minutes=minute), failed=3) is BreakerState.CLOSED


async def test_a_lane_that_has_no_breaker_any_more_is_closed(journal: Journal) -> None:
    assert await count(journal, NOW, failed=4) is BreakerState.OPEN
    await journal.lanes([LaneCount("slack", "", 0, 1, None)], NOW)
    assert (await lane(journal)).breaker is BreakerState.CLOSED


async def test_a_duplicate_makes_dead_deliveries_due_again_where_it_may(journal: Journal) -> None:
    async def dead() -> bool:
        return (await found(journal, running.id)).state is S.DEAD

    running = await begun(journal)
    await journal.record(attempt(running, S.DEAD, reason="gone"))
    assert (await journal.append(plan(), retry_dead=False)).retried == 0
    assert await dead()
    assert (await journal.append(plan(body=b"{}"))).retried == 0, "another body is another matter"
    assert await dead()
    assert (await journal.append(plan())).retried == 1
    stored = await found(journal, running.id)
    assert (stored.state, stored.attempts, stored.priority) == (S.READY, 1, Priority.RETRY)
    assert (await journal.append(plan())).retried == 0


async def test_what_was_written_while_the_clock_was_ahead_is_mended(journal: Journal) -> None:
    running = await begun(journal)
    await journal.record(attempt(running, S.READY, ended_at=later(10**6), due_at=later(10**6 + 60)))
    await journal.append(plan("b", planned("evt_b", due_at=later(10**6 + 600)), received_at=later(10**6)))
    await journal.append(plan("c", planned("evt_c", due_at=later(900))))
    await journal.lanes([LaneCount("slack", "", 0, 1, POLICY)], later(10**6))
    await journal.pause("slack", None, later(10**6), "429")
    await journal.pause("slack", "by hand", later(10**6), "three days")
    assert await journal.rewind(later(10)) == 2
    assert (await found(journal, running.id)).due_at == later(10)
    dues = {d.event_uid: d.due_at for d in await journal.deliveries(DeliveryFilter())}
    assert (dues["evt_b"], dues["evt_c"]) == (later(610), later(900))
    assert (await lane(journal)).paused_until == later(3610)
    assert (await lane(journal, "by hand")).paused_until == later(10**6), "nothing says that this one is wrong"


async def test_a_clock_that_is_a_little_behind_another_s_mends_nothing(journal: Journal) -> None:
    await journal.append(plan("a", planned(due_at=later(60)), received_at=later(3)))
    assert await journal.rewind(NOW) == 0
    assert (await journal.deliveries(DeliveryFilter()))[0].due_at == later(60)


async def test_what_waits_is_counted_by_lane(journal: Journal) -> None:
    await fill(journal, 3, "a")
    await fill(journal, 1, "b", start=7)
    await begun(journal, "running", lane="a")
    await journal.append(plan("l", planned("evt_l", "later", destination="other", due_at=later(100))))
    assert [(q.destination, q.lane, q.ready, q.first_due) for q in await journal.queues()] == [
        ("other", "", 1, later(100)),
        ("slack", "a", 3, NOW),
        ("slack", "b", 1, later(7)),
    ]


async def test_a_round_through_very_many_lanes_comes_to_an_end(journal: Journal) -> None:
    waits = [planned(action=f"a{n}", lane=f"lane {n:04}", due_at=later(60)) for n in range(2500)]
    for start in range(0, 2500, 500):
        await journal.append(plan(f"e{start}", *waits[start : start + 500]))
    claims = [await journal.claim({"slack": limits()}, later(9)) for _ in range(3)]
    assert [bool(claimed.cut) for claimed in claims] == [True, True, False]
    assert all(claimed.next_at == {"slack": later(60)} for claimed in claims)
    # One that begins in the middle, as the slots did not go round, ends as well.
    assert len((await journal.claim({"slack": limits(1)}, later(60))).deliveries) == 1
    claims = [await journal.claim({"slack": limits()}, later(9)) for _ in range(4)]
    assert [bool(claimed.cut) for claimed in claims].count(False) == 1


async def test_a_round_that_begins_in_the_middle_ends_there(journal: Journal) -> None:
    waits = [planned(action=f"a{n}", lane=f"lane {n:04}", due_at=later(n // 600 * 60)) for n in range(1200)]
    for start in range(0, 1200, 600):
        await journal.append(plan(f"e{start}", *waits[start : start + 600]))
    got = [await journal.claim({"slack": limits(100)}, later(1)) for _ in range(12)]
    assert sorted(d.lane for one in got for d in one.deliveries) == [f"lane {n:04}" for n in range(600)]
    claims = [await journal.claim({"slack": limits()}, later(9)) for _ in range(3)]
    assert [bool(claimed.cut) for claimed in claims] == [False, False, False]
