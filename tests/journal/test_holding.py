"""What has changed between the search and the write is left alone."""

from __future__ import annotations

from contextlib import closing

import pytest

from router.journal import holding
from router.journal.encoding import STATE_CODES
from router.journal.migration import open_for_writing
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState
from tests.journal.values import NOW, plan, planned


@pytest.mark.parametrize("state", set(DeliveryState) - {DeliveryState.HELD})
async def test_a_delivery_that_is_not_held_any_more_is_not_made_ready(
    sqlite: SqliteJournal, state: DeliveryState
) -> None:
    (one,) = (await sqlite.append(plan("a"))).deliveries
    await sqlite.close()
    with closing(open_for_writing(sqlite.path)) as connection:
        connection.execute("update deliveries set state = ?", (STATE_CODES[state],))
        assert holding.free(connection.cursor(), [one.id, "unknown"], NOW) == []
        assert connection.execute("select state from deliveries").fetchone() == (STATE_CODES[state],)


async def test_a_delivery_that_was_retried_meanwhile_is_not_discarded(sqlite: SqliteJournal) -> None:
    dead = [planned(action=name, state=DeliveryState.DEAD) for name in ("one", "two")]
    await sqlite.append(plan("a", *dead))
    await sqlite.close()
    with closing(open_for_writing(sqlite.path)) as connection:
        connection.execute("update deliveries set state = 0 where id = ?", (dead[0].id,))
        ids = [item.id for item in dead]
        assert holding.discard(connection.cursor(), ids, DeliveryState.DEAD, "n", NOW) == 1
        assert connection.execute("select state from deliveries order by seq").fetchall() == [(0,), (8,)]
