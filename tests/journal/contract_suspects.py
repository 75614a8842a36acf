"""What every journal promises of deliveries that ran when their process ended; used as contract.py is."""

from __future__ import annotations

import asyncio

from router.journal.journal import DeliveryFilter, Journal
from router.journal.lane import FOR_GOOD
from router.model import DeliveryState, Outcome, Priority, StoredDelivery
from tests.journal.values import NOW, Reopen, attempt, begun, claim, found, later, limits, plan, planned

S = DeliveryState


async def alone(journal: Journal, seconds: float = 0, *, blamed: bool = False) -> StoredDelivery:
    """Claim a suspect that has to be there."""
    suspect = await journal.claim_suspect({"slack": limits()}, later(seconds), blamed=blamed)
    assert suspect is not None
    return suspect


async def test_what_was_running_at_a_crash_is_a_suspect_and_the_attempt_is_not_counted(
    journal: Journal, reopen: Reopen
) -> None:
    running, done = await begun(journal), await begun(journal, "b")
    await journal.record(attempt(done))
    journal = await reopen()
    stored = await found(journal, running.id)
    assert (stored.state, stored.attempts, stored.crashes, stored.due_at) == (S.READY, 0, 1, NOW)
    assert (stored.suspect, stored.priority) == (True, Priority.FIRST)
    assert "process ended" in (stored.reason or "")
    (crashed,) = await journal.attempts(running.id)
    assert (crashed.outcome, crashed.ended_at) == (Outcome.CRASHED, NOW)
    assert not await journal.record(attempt(running))
    assert (await found(journal, done.id)).crashes == 0
    assert await claim(journal, {"slack": 5}, NOW) == [], "a suspect is not started beside others"
    assert [(q.destination, q.ready, q.first_due) for q in await journal.queues()] == [("slack", 1, NOW)]
    again = await alone(journal)
    assert (again.id, again.attempts, again.lease, again.suspect) == (running.id, 1, 2, True)
    assert await journal.claim_suspect({"slack": limits()}, NOW) is None
    assert await journal.record(attempt(again))
    stored = await found(journal, running.id)
    assert (stored.state, stored.suspect) == (S.DELIVERED, False)


async def test_one_that_ended_its_process_twice_while_it_ran_alone_is_dead(
    journal: Journal, reopen: Reopen
) -> None:
    name = (await begun(journal)).id
    journal = await reopen()
    await alone(journal)
    journal = await reopen()
    stored = await found(journal, name)
    assert (stored.state, stored.crashes, stored.crashes_alone) == (S.READY, 2, 1)
    assert stored.due_at == later(2)
    assert await journal.claim_suspect({"slack": limits()}, later(2)) is None, "it is to blame: not at once"
    await alone(journal, 2, blamed=True)
    journal = await reopen()
    stored = await found(journal, name)
    assert (stored.state, stored.settled_at, stored.attempts) == (S.DEAD, NOW, 0)
    assert "crashes the process" in (stored.reason or "")
    assert [a.outcome for a in await journal.attempts(name)] == [Outcome.CRASHED] * 3


async def test_crashes_beside_others_park_nothing_but_wait_longer_each_time(
    journal: Journal, reopen: Reopen
) -> None:
    name = (await begun(journal)).id
    waits = []
    for _ in range(10):
        journal = await reopen()
        stored = await found(journal, name)
        assert stored.state is S.READY
        waits.append((stored.due_at - NOW).total_seconds())
        cleared = await alone(journal, 60)
        assert await journal.clear(name, cleared.lease), "it has run long enough: others were started beside it"
    assert waits == [0, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert (await found(journal, name)).crashes == 10


async def test_one_that_has_outlived_its_time_alone_is_a_suspect_no_more(journal: Journal, reopen: Reopen) -> None:
    name = (await begun(journal)).id
    journal = await reopen()
    running = await alone(journal)
    assert not await journal.clear(name, running.lease - 1)
    assert await journal.clear(name, running.lease)
    stored = await found(journal, name)
    assert (stored.state, stored.suspect, stored.crashes_alone) == (S.RUNNING, False, 0)
    assert await journal.record(attempt(running))
    assert not await journal.clear(name, running.lease)


async def test_a_suspect_waits_for_its_lane_and_its_destination(journal: Journal, reopen: Reopen) -> None:
    await begun(journal, "a", lane="#a")
    two = await begun(journal, "b", lane="#b")
    journal = await reopen()
    await journal.pause("slack", "#a", later(60), "429")
    assert await journal.claim_suspect({"other": limits()}, NOW) is None
    assert (await alone(journal)).id == two.id
    assert await journal.claim_suspect({"slack": limits()}, later(59)) is None
    assert (await alone(journal, 60)).lane == "#a"


async def test_suspects_of_a_destination_that_is_not_there_keep_no_others_waiting(
    journal: Journal, reopen: Reopen
) -> None:
    for number in range(110):
        await begun(journal, f"gone{number}", destination="gone")
    one = await begun(journal, "last")
    journal = await reopen()
    assert (await alone(journal)).id == one.id


async def test_one_that_is_given_back_is_a_suspect_no_more(journal: Journal, reopen: Reopen) -> None:
    await begun(journal)
    journal = await reopen()
    running = await alone(journal)
    assert await journal.release(running.id, running.lease, later(1))
    assert [d.id for d in await claim(journal, {"slack": 1}, later(1))] == [running.id]


async def test_a_person_s_retry_of_what_crashed_the_process_begins_anew(journal: Journal, reopen: Reopen) -> None:
    name = (await begun(journal)).id
    for _ in range(2):
        journal = await reopen()
        await alone(journal, 60, blamed=True)
    journal = await reopen()
    assert await journal.retry(DeliveryFilter(), NOW) == [name]
    assert [d.id for d in await claim(journal, {"slack": 1}, NOW)] == [name]
    await journal.append(plan("other", planned("evt_other")))
    journal = await reopen()
    assert (await found(journal, name)).crashes_alone == 0


async def test_many_suspects_of_a_lane_that_stands_still_keep_no_others_waiting(
    journal: Journal, reopen: Reopen
) -> None:
    await asyncio.gather(*(begun(journal, f"a{number}") for number in range(120)))
    other = await begun(journal, "b", destination="other")
    await journal.pause("slack", None, FOR_GOOD, "on holiday")
    journal = await reopen()
    suspect = await journal.claim_suspect({"slack": limits(), "other": limits()}, NOW)
    assert suspect is not None
    assert suspect.id == other.id
