"""What every journal promises of telling deaths; used as contract.py is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal
from router.model import DeliveryState, EventState, Plan, PlannedDelivery, StoredDelivery
from tests.journal.values import NOW, Reopen, attempt, begun, claim, event, found, later, plan, planned

S = DeliveryState


def told(name: str = "dlv_told", **changes: object) -> PlannedDelivery:
    """Return what an `on_dead` makes."""
    values: dict[str, object] = {"id": name, "action": "alert", "destination": "pager", "tells": False}
    return planned(**(values | changes))  # type: ignore[arg-type]


async def died(journal: Journal, name: str = "a", at: float = 2, **changes: object) -> StoredDelivery:
    """Store an event whose one delivery has died."""
    delivery = await begun(journal, name, **changes)
    await journal.record(attempt(delivery, S.DEAD, reason="HTTP 400", ended_at=later(at)))
    return delivery


async def ids(journal: Journal, limit: int = 100) -> list[str]:
    """Return the ids of those whose death is to be told."""
    return [delivery.id for delivery in await journal.untold(limit)]


async def test_deaths_are_to_be_told_oldest_first_after_a_restart_too(journal: Journal, reopen: Reopen) -> None:
    late, early = await died(journal, "a", 9), await died(journal, "b", 3)
    alive = await begun(journal, "c")
    await journal.record(attempt(alive))
    journal = await reopen()
    assert await ids(journal) == [early.id, late.id]
    assert await ids(journal, 1) == [early.id]
    assert (await journal.untold())[0] == await found(journal, early.id)


async def test_one_that_was_planned_dead_is_to_be_told_as_well(journal: Journal) -> None:
    await journal.append(plan("a", planned(state=S.DEAD, reason="no template", params=b"null")))
    (dead,) = await journal.untold()
    assert (dead.reason, dead.attempts) == ("no template", 0)
    fresh = planned(id="dlv_r", action="again", state=S.DEAD, reason="no template")
    await journal.add("evt_a", [fresh], later(60))
    assert await ids(journal) == [dead.id, "dlv_r"], "of a replay, too"


async def test_what_a_death_makes_is_stored_with_the_note_that_it_was_told(
    journal: Journal, reopen: Reopen
) -> None:
    dead = await died(journal)
    await journal.tell(dead.id, [told(), told("dlv_two", action="mail")], later(60))
    journal = await reopen()
    assert await ids(journal) == []
    stored = await found(journal, "dlv_told")
    assert (stored.event_uid, stored.source, stored.action, stored.state) == ("evt_a", "clerk", "alert", S.READY)
    assert (stored.created_at, stored.due_at) == (later(60), later(60))
    assert stored.expires_at == later(60) + timedelta(hours=1), "it has its whole time"
    assert [d.id for d in await claim(journal, {"pager": 9}, later(60))] == ["dlv_told", "dlv_two"]
    assert (await found(journal, dead.id)).state is S.DEAD


async def test_it_is_told_once_and_a_repeat_changes_nothing(journal: Journal) -> None:
    dead = await died(journal)
    await journal.tell(dead.id, [told()], later(60))
    await journal.tell(dead.id, [told("dlv_other")], later(61))
    assert await journal.delivery("dlv_other") is None
    assert await journal.count(DeliveryFilter()) == 2
    await journal.tell("dlv_nobody", [told("dlv_other")], later(61))
    assert await journal.delivery("dlv_other") is None


async def test_a_death_can_be_told_with_nothing(journal: Journal) -> None:
    dead = await died(journal)
    await journal.tell(dead.id, [], later(60))
    assert await ids(journal) == []
    assert await journal.count(DeliveryFilter()) == 1


async def test_what_telling_made_is_told_nobody_when_it_dies(journal: Journal) -> None:
    dead = await died(journal)
    hopeless = told("dlv_hopeless", action="mail", state=S.DEAD, reason="no template", tells=True)
    await journal.tell(dead.id, [told(), hopeless], later(60))
    (running,) = await claim(journal, {"pager": 9}, later(60))
    await journal.record(attempt(running, S.DEAD))
    assert await ids(journal) == []
    assert await journal.retry(DeliveryFilter(ids=[running.id]), later(70)) == [running.id]
    (running,) = await claim(journal, {"pager": 9}, later(70))
    await journal.record(attempt(running, S.DEAD))
    assert await ids(journal) == [], "after a retry neither"


async def test_what_several_deaths_of_an_event_make_stands_side_by_side(journal: Journal) -> None:
    one = planned(action="one", state=S.DEAD, reason="x")
    two = planned(action="two", state=S.DEAD, reason="x")
    await journal.append(plan("a", one, two))
    await journal.tell(one.id, [told("dlv_1", state=S.DEAD)], later(60))
    await journal.tell(two.id, [told("dlv_2")], later(61))
    assert (await found(journal, "dlv_1")).state is S.DEAD, "nothing replaces it"
    assert (await found(journal, "dlv_2")).state is S.READY


async def test_one_that_dies_again_after_a_retry_is_told_again(journal: Journal) -> None:
    dead = await died(journal)
    await journal.tell(dead.id, [told()], later(60))
    await journal.retry(DeliveryFilter(), later(70))
    assert await ids(journal) == []
    (running,) = await claim(journal, {"slack": 9}, later(70))
    await journal.record(attempt(running, S.DEAD, ended_at=later(71)))
    assert await ids(journal) == [dead.id]


async def test_one_that_lives_again_before_it_was_told_is_not_told(journal: Journal) -> None:
    dead = await died(journal)
    await journal.retry(DeliveryFilter(), later(60))
    await journal.tell(dead.id, [told()], later(61))
    assert await journal.delivery("dlv_told") is None
    (running,) = await claim(journal, {"slack": 9}, later(61))
    await journal.record(attempt(running, S.DEAD, ended_at=later(62)))
    assert await ids(journal) == [dead.id], "its next death is"


async def test_a_delayed_alert_is_due_as_much_later(journal: Journal) -> None:
    dead = await died(journal)
    await journal.tell(dead.id, [told(due_at=later(5))], later(60))
    assert (await found(journal, "dlv_told")).due_at == later(65)


async def test_what_cannot_be_stored_leaves_the_death_to_be_told(journal: Journal) -> None:
    dead = await died(journal)
    with pytest.raises(ValueError, match="stored"):
        await journal.tell(dead.id, [told(max_attempts="many")], later(60))
    assert await ids(journal) == [dead.id]


async def test_telling_leaves_the_event_as_it_is(journal: Journal) -> None:
    dead = planned(state=S.DEAD, reason="x")
    await journal.append(Plan(event(), EventState.PLAN_FAILED, (dead,), "it raised"))
    await journal.tell(dead.id, [told()], NOW)
    assert await journal.count(EventFilter(state=EventState.PLAN_FAILED)) == 1
