"""A claim whose commit breaks off: what it took is given back, and what is taken after it is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import pytest

from router.errors import JournalUnwritable
from router.journal.journal import Claimed, DeliveryFilter
from router.journal.lane import LaneLimits
from router.journal.postgres.claim import Claims
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.life import Pace
from router.journal.postgres.sessions import Connection
from router.model import DeliveryState, Outcome
from tests.journal.values import NOW, attempt, claim, found, later, plan, planned

S = DeliveryState
BY_HAND = Pace(beat=0.1, life=60, deadline=50, reap=600, say=0.01)
"""It looks after nothing by itself while the test runs."""


@pytest.fixture
async def journal(postgres_url: str) -> AsyncIterator[PostgresJournal]:
    """An open journal with one delivery that is ready."""
    journal = PostgresJournal(postgres_url, clock=lambda: NOW, pace=BY_HAND)
    await journal.open()
    await journal.append(plan("a", planned("evt_a")))
    yield journal
    await journal.close()


class BreaksOff(Claims):
    """Claims whose connection ends, at the server, before the commit is asked for or after it is carried out."""

    def __init__(self, other: PostgresJournal, *, committed: bool) -> None:
        super().__init__()
        self._other = other
        self._committed = committed

    async def claim(
        self, connection: Connection, wanted: Mapping[str, LaneLimits], now: datetime, owner: int
    ) -> Claimed:
        """Claim, and break off."""
        claimed = await super().claim(connection, wanted, now, owner)
        if self._committed:
            await connection.execute("commit")
        async with self._other._writes.session() as killer:
            await killer.fetchval("select pg_terminate_backend($1, 5000)", connection.get_server_pid())
        return claimed


async def break_off(journal: PostgresJournal, other: PostgresJournal, *, committed: bool) -> None:
    journal._claims, claims = BreaksOff(other, committed=committed), journal._claims
    with pytest.raises(JournalUnwritable):
        await claim(journal, {"slack": 1}, later(1))
    journal._claims = claims


async def test_what_it_took_is_given_back(journal: PostgresJournal, postgres: PostgresJournal) -> None:
    await break_off(journal, postgres, committed=True)
    assert await journal.count(DeliveryFilter(state=S.RUNNING)) == 1
    assert await journal._upkeep._give_back() == 1
    (delivery,) = await claim(journal, {"slack": 1}, later(2))
    assert [one.outcome for one in await journal.attempts(delivery.id)] == [Outcome.INTERRUPTED, None]


async def test_what_it_did_not_take_and_is_started_since_is_not_taken_away(
    journal: PostgresJournal, postgres: PostgresJournal
) -> None:
    await break_off(journal, postgres, committed=False)
    (delivery,) = await claim(journal, {"slack": 1}, later(2))
    assert delivery.lease == 1, "the number of the start that was rolled back is given again"
    assert await journal._upkeep._give_back() == 0
    assert await claim(journal, {"slack": 1}, later(3)) == []
    assert await journal.record(attempt(delivery)), "it is still its own"
    assert (await found(journal, delivery.id)).state is S.DELIVERED
