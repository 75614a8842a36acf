"""Alive, and able to accept events."""

from __future__ import annotations

from router.admin.health import Health
from router.errors import JournalUnwritable
from tests.admin.office import Office


class Store:
    """Counts how often it was probed; `broken` makes it refuse."""

    def __init__(self) -> None:
        self.probes = 0
        self.broken = False

    async def probe(self) -> None:
        self.probes += 1
        if self.broken:
            raise JournalUnwritable("the disk is full")


async def test_both_answer_without_a_token_and_without_detail(desk: Office) -> None:
    assert await desk.get("/healthz") == (200, "ok\n")
    assert await desk.get("/readyz") == (200, "ready\n")


async def test_a_process_that_drains_is_alive_and_not_ready(desk: Office) -> None:
    desk.health.draining = True
    assert (await desk.get("/healthz"))[0] == 200
    assert await desk.get("/readyz") == (503, "not ready\n")


async def test_a_journal_that_cannot_be_written_is_not_ready(desk: Office) -> None:
    await desk.journal.close()
    assert await desk.get("/readyz") == (503, "not ready\n")


async def test_a_flood_of_questions_is_no_flood_of_commits() -> None:
    now = 100.0
    store = Store()
    asked = Health(store.probe, lambda: now)
    assert [await asked.ready() for _ in range(50)] == [True] * 50
    assert store.probes == 1
    store.broken = True
    assert await asked.ready()
    now += 1.0
    assert not await asked.ready()
    store.broken = False
    now += 1.0
    assert await asked.ready()
    assert store.probes == 3
