"""Two real processes on one journal in PostgreSQL: one dies, the other does its work; commands go beside them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.web
import pytest

from tests.acceptance.process import START, RouterProcess
from tests.servers import needed

ROUTES = """
journal: "${JOURNAL_URL}"
sources: {open: {verify: none, id: $.id, type: $.type}}
destinations: {app: {type: http, base_url: "${APP_URL}", concurrency: 4}}
routes:
  - name: all
    source: open
    event: "*"
    actions: [{http: {path: "/in", json: {id: "{{ data.id }}"}}}]
"""


@dataclass
class App:
    """Takes events, and notes their ids; while `slow`, it holds the answer back."""

    came: Counter[str] = field(default_factory=Counter)
    slow: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 200
    url: str = ""

    async def take(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        self.came[(await request.json())["id"]] += 1
        if not self.slow.is_set():
            await self.slow.wait()
        return aiohttp.web.Response(status=self.status)


@pytest.fixture
async def app() -> AsyncIterator[App]:
    one = App()
    one.slow.set()
    web = aiohttp.web.Application()
    web.router.add_post("/in", one.take)
    runner = aiohttp.web.AppRunner(web, shutdown_timeout=0.1)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield one
    one.slow.set()
    await runner.cleanup()


@pytest.fixture
async def pair(tmp_path: Path, app: App) -> AsyncIterator[tuple[RouterProcess, RouterProcess]]:
    """Two replicas, not started yet."""
    asyncpg = pytest.importorskip("asyncpg")
    address = needed("ROUTER_TEST_POSTGRES_URL", "a PostgreSQL database")
    schema = f"acceptance_{secrets.token_hex(6)}"
    env = {"JOURNAL_URL": f"{address}?schema={schema}", "APP_URL": app.url}
    replicas = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        replicas.append(RouterProcess(tmp_path / name, ROUTES, env))
    yield replicas[0], replicas[1]
    for replica in replicas:
        await replica.stop()
    connection = await asyncpg.connect(address)
    await connection.execute(f"drop schema if exists {schema} cascade")
    await connection.close()


async def post(replica: RouterProcess, name: str) -> dict[str, Any]:
    """Send an event until it is acknowledged."""
    async with aiohttp.ClientSession() as session:
        body = {"id": name, "type": "thing.made"}
        async with session.post(f"{replica.url}/webhooks/open", json=body) as answer:
            assert answer.status in (200, 202), await answer.text()
            return dict(await answer.json())


async def states(replica: RouterProcess) -> Counter[str]:
    """Count the deliveries by state, as the command lists them."""
    code, out, err = await replica.command("deliveries", "list", "--json", "--limit", "1000")
    assert code == 0, err
    return Counter(delivery["state"] for delivery in json.loads(out))


async def test_what_a_killed_replica_had_accepted_is_done_by_the_other(
    pair: tuple[RouterProcess, RouterProcess], app: App
) -> None:
    one, two = pair
    await asyncio.gather(one.start(), two.start())  # both make the tables
    names = [f"n{n}" for n in range(60)]
    app.slow.clear()
    await asyncio.gather(*(post(one if n % 2 else two, name) for n, name in enumerate(names)))
    async with asyncio.timeout(START):
        while len(app.came) < 8:  # each has its four slots taken
            await asyncio.sleep(0.02)
    await one.kill()
    app.slow.set()
    async with asyncio.timeout(START):
        while (await states(two))["delivered"] < 60:
            await asyncio.sleep(0.5)
    assert set(app.came) == set(names)
    assert sum(app.came.values()) <= 60 + 4, "only what the killed one had under way is done again"
    assert (await post(two, "n1"))["duplicate"], "the one knows what the other has accepted"
    assert await two.terminate() == 0


async def test_a_command_changes_the_journal_beside_running_replicas(
    pair: tuple[RouterProcess, RouterProcess], app: App
) -> None:
    one, two = pair
    await one.start()
    app.status = 400
    await post(one, "a")
    async with asyncio.timeout(START):
        while (await states(two))["dead"] < 1:
            await asyncio.sleep(0.1)
    app.status = 200
    code, out, err = await two.command("retry", "--all", "--json")
    assert code == 0, err
    assert json.loads(out)["retried"] == 1
    async with asyncio.timeout(START):
        while (await states(two))["delivered"] < 1:
            await asyncio.sleep(0.1)
    code, out, _ = await two.command("events", "show", "a", "--json", "--journal", two.env["JOURNAL_URL"])
    assert (code, json.loads(out)["id"]) == (0, "a")


async def test_a_database_that_is_not_there_ends_the_start_with_3_and_without_the_password(
    pair: tuple[RouterProcess, RouterProcess],
) -> None:
    one, _ = pair
    one.env["JOURNAL_URL"] = "postgresql://router:p4ssw0rd@127.0.0.1:1/app"
    for command in (("run", "routes.yaml"), ("events", "list"), ("retry", "--all")):
        code, out, err = await one.command(*command)
        assert code == 3, err
        assert "postgresql://router@127.0.0.1:1/app" in err
        assert "p4ssw0rd" not in out + err
        assert "Traceback" not in err
