"""A delivery that ends the process is found and put aside; its neighbours, and kills, cost nobody anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.process import START, RouterProcess, settled
from tests.vendors.app import AppVendor

PLUGIN = '''
import asyncio, os
from router.plugin import Action, Model, Text


class Config(Model):
    pass


class Params(Model):
    how: Text


class Deadly(Action[Config, Params]):
    """Ends the process, as a driver that crashes does."""

    name = "deadly"
    Config = Config
    Params = Params

    async def execute(self, params, delivery):
        if params.how == "die":
            os._exit(9)
        await asyncio.sleep(0.05)
'''
ROUTES = """
plugins: [plugins]
sources: {{open: {{verify: none, id: $.id, type: $.type}}}}
destinations: {{app: {{type: http, base_url: "{app}"}}}}
routes:
  - name: all
    source: open
    actions:
      - deadly: {{how: "{{{{ payload.how }}}}"}}
      - http: {{path: /, json: "{{{{ payload.id }}}}"}}
        destination: app
"""


@pytest.fixture
async def app() -> AsyncIterator[AppVendor]:
    async with AppVendor() as one:
        yield one


async def ended(router: RouterProcess) -> None:
    """Wait until the process has ended by itself, and be sure that it was the plugin's doing."""
    assert router._process is not None
    async with asyncio.timeout(START):
        assert await router._process.wait() == 9


async def test_what_ends_the_process_is_dead_at_last_and_its_neighbours_are_delivered(
    tmp_path: Path, app: AppVendor
) -> None:
    router = RouterProcess(tmp_path, ROUTES.format(app=app.url), {})
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "deadly.py").write_text(PLUGIN)
    await router.start()
    async with aiohttp.ClientSession() as session:
        for number in range(12):
            how = "die" if number == 7 else "live"
            try:
                async with session.post(
                    f"{router.url}/webhooks/open", data=json.dumps({"id": f"e{number}", "type": "x", "how": how})
                ) as answer:
                    assert answer.status == 202
            except aiohttp.ClientError:
                break
    await ended(router)  # beside others: nobody knows which it was
    stored = router.rows("select count(*) from events", "router.db")[0][0]
    assert stored >= 8
    await router._spawn("run", "routes.yaml")
    await ended(router)  # alone
    await router._spawn("run", "routes.yaml")
    await ended(router)  # alone once more, when the process had lived for a while
    await router.start()
    dead = (
        "select e.ext_id, d.action, d.reason from deliveries d join events e on e.seq = d.event where d.state = 7"
    )
    await settled(
        lambda: router.rows("select count(*) from deliveries where state in (0, 1)", "router.db") == [(0,)]
    )
    ((event, action, reason),) = router.rows(dead, "router.db")
    assert (event, action) == ("e7", "deadly")
    assert reason.startswith("crashes the process")
    assert router.rows("select count(*) from deliveries where state = 5", "router.db") == [(2 * stored - 1,)]
    assert {request.body for request in app.received} == {f'"e{n}"'.encode() for n in range(stored)}
    assert await router.terminate() == 0
