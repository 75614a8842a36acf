"""What every journal promises of replays that are jobs; used as contract.py is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from router.journal.journal import EventFilter, Journal, StoredReplay
from router.model import DeliveryState, EventState, Plan, Priority
from tests.journal.values import NOW, Reopen, attempt, begun, claim, event, later, plan, planned

S = DeliveryState


def replay(name: str = "rpl_a", **changes: Any) -> StoredReplay:
    """Return a replay that runs."""
    values: dict[str, Any] = {
        "id": name,
        "filter": {"filter": {"type": "user.*", "text": "é\ud800\x00"}, "again": True},
        "result": {"events": 3, "destinations": {"resend": {"deliveries": 2, "repeats": 1}}},
        "last": "evt_a",
        "state": "running",
        "started_at": NOW,
    }
    return StoredReplay(**(values | changes))


async def receive(journal: Journal, *names: str) -> None:
    """Store events, each a second later than the one before it."""
    for number, name in enumerate(names):
        await journal.append(plan(name, received_at=later(number)))


async def test_a_replay_comes_back_whole_after_a_restart(journal: Journal, reopen: Reopen) -> None:
    assert await journal.replays() == []
    fresh = replay("rpl_b", filter={"filter": {}}, result={}, last=None, started_at=later(1))
    await journal.save_replay(replay())
    await journal.save_replay(fresh)
    journal = await reopen()
    assert await journal.replays() == [fresh, replay()]


async def test_the_newest_word_about_a_replay_counts(journal: Journal) -> None:
    await journal.save_replay(replay())
    done = replay(result={"events": 9}, last="evt_z", state="done", ended_at=later(9))
    await journal.save_replay(done)
    assert await journal.replays() == [done]


async def test_replays_are_listed_newest_first_up_to_the_limit(journal: Journal) -> None:
    for number in (1, 0, 2):
        await journal.save_replay(replay(f"rpl_{number}", started_at=later(number)))
    assert [found.id for found in await journal.replays()] == ["rpl_2", "rpl_1", "rpl_0"]
    assert [found.id for found in await journal.replays(2)] == ["rpl_2", "rpl_1"]
    await journal.save_replay(replay("rpl_9", started_at=later(2)))
    assert [found.id for found in await journal.replays(2)] == ["rpl_9", "rpl_2"]


async def test_a_replay_is_found_by_its_id_and_those_in_a_state_by_that(journal: Journal) -> None:
    done = replay("rpl_b", state="done", ended_at=later(9), started_at=later(1))
    for one in (replay(), done):
        await journal.save_replay(one)
    assert (await journal.replay("rpl_a"), await journal.replay("rpl_b")) == (replay(), done)
    assert await journal.replay("rpl_nope") is None
    assert await journal.replays(state="running") == [replay()]
    assert await journal.replays(1, "done") == [done]


@pytest.mark.parametrize("state", ["done", "cancelled"])
async def test_a_replay_that_is_over_stays_as_it_ended(journal: Journal, state: str) -> None:
    over = replay(state=state, ended_at=later(9))
    assert await journal.save_replay(replay())
    assert await journal.save_replay(over)
    for late in (
        replay(),
        replay(state="done", ended_at=later(20)),
        replay(state="cancelled", ended_at=later(20)),
    ):
        await journal.save_replay(replace(late, result={"events": 1}, last="evt_b"))
        assert await journal.replays() == [over]
    assert not await journal.save_replay(replay())


async def test_a_replay_is_its_owner_s_until_it_is_over(journal: Journal) -> None:
    assert not await journal.own_replay("rpl_a", "one", later(60), NOW), "there is none"
    await journal.save_replay(replay())
    assert not await journal.save_replay(replay(last="evt_b"), "one"), "it is nobody's"
    assert await journal.own_replay("rpl_a", "one", later(60), NOW)
    assert await journal.own_replay("rpl_a", "one", later(90), later(30))
    assert await journal.save_replay(replay(last="evt_b"), "one")
    assert not await journal.save_replay(replay(last="evt_c"), "two")
    assert await journal.replay("rpl_a") == replay(last="evt_b")
    assert await journal.save_replay(replay(state="done", ended_at=later(9)), "one")
    assert not await journal.own_replay("rpl_a", "one", later(99), later(30))
    assert not await journal.own_replay("rpl_a", "two", later(99), later(30))


async def test_what_an_owner_gives_up_is_another_s_at_once(journal: Journal) -> None:
    await journal.save_replay(replay())
    assert await journal.own_replay("rpl_a", "one", later(600), NOW)
    assert await journal.own_replay("rpl_a", "one", NOW, NOW)
    assert await journal.own_replay("rpl_a", "two", later(600), NOW)
    assert not await journal.save_replay(replay(last="evt_z"), "one")


async def test_whoever_cancels_a_replay_its_owner_tells_the_last_counts(journal: Journal) -> None:
    await journal.save_replay(replay())
    assert await journal.own_replay("rpl_a", "one", later(60), NOW)
    assert await journal.save_replay(replay(state="cancelled", ended_at=later(5)))
    assert not await journal.own_replay("rpl_a", "one", later(60), NOW)
    assert not await journal.save_replay(replay(result={"events": 7}, last="evt_g"), "one")
    late = replay(result={"events": 8}, last="evt_h", state="done", ended_at=later(8))
    assert not await journal.save_replay(late, "one")
    assert await journal.replay("rpl_a") == replace(late, state="cancelled", ended_at=later(5))


async def test_ids_of_events_come_oldest_first_page_by_page(journal: Journal) -> None:
    await receive(journal, "d", "b", "c", "a")
    assert await journal.uids(EventFilter()) == ["evt_d", "evt_b", "evt_c", "evt_a"]
    assert await journal.uids(EventFilter(), limit=2) == ["evt_d", "evt_b"]
    assert await journal.uids(EventFilter(), "evt_b", 1) == ["evt_c"]
    assert await journal.uids(EventFilter(), "evt_a") == []
    assert await journal.uids(EventFilter(limit=1, before="evt_b")) == ["evt_d", "evt_b", "evt_c", "evt_a"]


async def test_events_of_one_moment_are_told_apart_by_the_page(journal: Journal) -> None:
    for name in ("b", "c", "a"):
        await journal.append(plan(name))
    first = await journal.uids(EventFilter(), limit=2)
    assert sorted(first + await journal.uids(EventFilter(), first[-1])) == ["evt_a", "evt_b", "evt_c"]


async def test_the_ids_are_those_that_the_filter_lets_through(journal: Journal) -> None:
    await receive(journal, "a", "b", "c", "d")
    await journal.append(Plan(event("e", received_at=later(9), type="x.y"), EventState.UNMATCHED, (), "no route"))
    dead = await begun(journal, "f")
    await journal.record(attempt(dead, S.DEAD))
    assert await journal.uids(EventFilter(state=EventState.UNMATCHED)) == ["evt_e"]
    assert await journal.uids(EventFilter(delivery_state=S.DEAD)) == ["evt_f"]
    assert await journal.uids(EventFilter(type="x.*")) == ["evt_e"]
    assert await journal.uids(EventFilter(ids=["msg_c", "evt_b"])) == ["evt_b", "evt_c"]
    assert await journal.uids(EventFilter(since=later(1), until=later(3)), "evt_b") == ["evt_c"]


async def test_after_an_event_that_is_gone_its_time_says_where_to_go_on(journal: Journal) -> None:
    await receive(journal, "a", "b", "c")
    assert await journal.uids(EventFilter(since=later(1)), "evt_gone") == ["evt_b", "evt_c"]


async def test_what_a_replay_has_planned_ahead_is_counted_until_it_is_started(journal: Journal) -> None:
    await journal.append(plan())
    assert await journal.ahead(NOW) == 0, "what is first planned is no replay"
    fresh = [
        planned(action=f"r{n}", priority=Priority.REPLAY, destination="quiet", expires_at=NOW + timedelta(days=9))
        for n in range(3)
    ]
    hopeless = replace(fresh[0], id="dlv_dead", state=S.DEAD, reason="no template")
    delayed = replace(fresh[1], id="dlv_later", due_at=later(60))
    await journal.add("evt_a", [*fresh, hopeless, delayed], NOW)
    assert await journal.ahead(NOW) == 3
    assert await journal.ahead(later(60)) == 4
    (one, two) = await claim(journal, {"quiet": 2}, later(1))
    assert await journal.ahead(later(1)) == 1
    await journal.record(attempt(one))
    await journal.record(attempt(two, S.READY, due_at=later(5)))
    assert await journal.ahead(later(1)) == 1
    assert await journal.ahead(later(5)) == 2, "what is tried again still waits"
