"""A replay goes on after a kill -9 in the middle of it, and sends nothing twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from router.journal.sqlite import SqliteJournal
from router.model import Event, EventState, Plan
from tests.acceptance.process import START, RouterProcess
from tests.vendors.app import AppVendor

ROUTES = """
sources:
  open: {verify: none, id: $.id, type: $.type}
destinations:
  app: {type: http, base_url: "${APP_URL}"}
routes:
  - name: hand-on
    source: open
    actions: [{http: {path: "/greetings", json: {id: "{{ payload.id }}"}}, destination: app}]
"""
EVENTS = 600


@pytest.fixture
async def app() -> AsyncIterator[AppVendor]:
    async with AppVendor() as vendor:
        yield vendor


@pytest.fixture
async def router(tmp_path: Path, app: AppVendor) -> AsyncIterator[RouterProcess]:
    """A router that has events which no route took when they came in."""
    process = RouterProcess(tmp_path, ROUTES, {"APP_URL": app.url})
    now = datetime.now(UTC)
    journal = SqliteJournal(tmp_path / "router.db", clock=lambda: now)
    await journal.open()

    async def keep(number: int) -> None:
        body = json.dumps({"id": str(number), "type": "greeting"}).encode()
        at = now - timedelta(hours=1) + timedelta(seconds=number)
        event = Event(f"evt_{number:04}", "open", str(number), "greeting", at, at, body, None, None)
        await journal.append(Plan(event, EventState.UNMATCHED, (), "no route took it"))

    await asyncio.gather(*(keep(number) for number in range(EVENTS)))
    await journal.close()
    yield process
    await process.stop()


def number(router: RouterProcess, query: str) -> int:
    """Return the number that a query of the journal gives."""
    return int(router.rows(query, "router.db")[0][0])


async def ask(router: RouterProcess, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Ask the admin listener of the running process."""
    lock = json.loads((router.folder / "router.db.lock").read_text())
    headers = {"Authorization": f"Bearer {lock['token']}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"{lock['admin']}/api/v1/{path}", json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_replay_goes_on_after_a_kill_and_sends_nothing_twice(
    router: RouterProcess, app: AppVendor
) -> None:
    await router.start()
    status, begun = await ask(router, "POST", "replay", {"all": True})
    assert status == 202
    async with asyncio.timeout(START):
        while number(router, "select count(*) from deliveries") < EVENTS // 6:
            await asyncio.sleep(0.01)
    await router.kill()
    planned = number(router, "select count(*) from deliveries")
    assert planned < EVENTS, "the kill came too late to prove anything"
    assert router.rows("select id, state from replays", "router.db") == [(begun["replay"], "running")]

    await router.start()
    code, out, err = await router.command("replay", "--follow", begun["replay"], "--json")
    assert code == 0, err
    ended = json.loads(out)
    assert (ended["state"], ended["events"], ended["expected"]["events"]) == ("done", EVENTS, EVENTS)
    assert (ended["deliveries"], ended["left_out"]) == (EVENTS, 0)
    async with asyncio.timeout(START):
        while number(router, "select count(*) from deliveries where settled_at is null"):
            await asyncio.sleep(0.05)
    assert router.rows("select count(*), count(distinct event) from deliveries where state = 5", "router.db") == [
        (EVENTS, EVENTS)
    ]
    arrived = Counter(json.loads(request.body)["id"] for request in app.received)
    assert len(arrived) == EVENTS
    again = sum(times - 1 for times in arrived.values())
    crashed = number(router, "select count(*) from attempts where outcome = 'crashed'")
    assert again <= crashed, "only what was under way at the kill may come again"


async def test_a_replay_is_ended_by_a_person_while_it_runs(router: RouterProcess, app: AppVendor) -> None:
    app.hang()
    await router.start()
    _, begun = await ask(router, "POST", "replay", {"filter": {"type": "greeting"}})
    code, out, err = await router.command("replay", "--cancel", begun["replay"], "--json")
    assert code == 0, err
    assert json.loads(out)["state"] in ("cancelled", "done")
    code, out, _ = await router.command("replay", "--status")
    assert code == 0
    assert begun["replay"] in out
    assert number(router, "select count(*) from replays where state = 'running'") == 0
