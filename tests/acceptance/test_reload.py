"""A real router whose configuration changes in every way that people and machines change files."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from router.journal.reader import SqliteReader
from tests.acceptance.process import RouterProcess, settled

TOKEN = "the-token-of-the-admin-listener"
ROUTES = """
sources: {open: {verify: none, id: $.id, type: $.type}}
routes:
  - name: NAME
    source: open
    actions: [{http: {url: "http://127.0.0.1:9/", method: GET}}]
"""


class Changing:
    """The process, and its configuration as the admin listener tells it."""

    def __init__(self, router: RouterProcess) -> None:
        self.router = router

    async def ask(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        """Ask the admin listener, which the lock file names."""
        lines = (self.router.folder / "router.db.lock").read_text()
        url = next(word for word in lines.replace('"', " ").split() if word.startswith("http://"))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{url.rstrip(',')}/api/v1/{path}") as answer,
        ):
            return answer.status, await answer.json()

    async def digest(self) -> str:
        """Return which configuration is in force."""
        return str((await self.ask("GET", "config"))[1]["digest"])

    async def route_of(self, number: int) -> tuple[str, str]:
        """Post an event; return the route that took it, and its configuration."""
        id_ = f"id-{number}"
        async with aiohttp.ClientSession() as session:
            body = {"id": id_, "type": "x"}
            async with session.post(f"{self.router.url}/webhooks/open", json=body) as answer:
                assert answer.status == 202
        code, out, err = await self.router.command("events", "show", id_, "--json")
        assert code == 0, err
        shown = json.loads(out)
        return shown["deliveries"][0]["route"], shown["config"]

    def text(self, name: str) -> str:
        """Return the configuration whose route has this name."""
        return self.router.place(ROUTES.replace("NAME", name)).replace(
            'admin: {listen: "127.0.0.1:0"}', f'admin: {{listen: "127.0.0.1:0", token: {TOKEN}}}'
        )

    def reloads(self) -> int:
        """Return how often a configuration was put in force."""
        return self.router.log.count("reloaded: configuration")


@pytest.fixture
async def changing(tmp_path: Path) -> AsyncIterator[Changing]:
    made = Changing(RouterProcess(tmp_path, "", {}))
    (tmp_path / "..one").mkdir()
    (tmp_path / "..one" / "routes.yaml").write_text(made.text("first"))
    (tmp_path / "..data").symlink_to("..one")
    (tmp_path / "routes.yaml").unlink()
    (tmp_path / "routes.yaml").symlink_to("..data/routes.yaml")
    await made.router.start()
    yield made
    await made.router.stop()


async def test_every_way_of_changing_the_file_is_noticed_and_a_bad_one_changes_nothing(changing: Changing) -> None:
    folder = changing.router.folder
    assert await changing.route_of(0) == ("first", await changing.digest())

    (folder / "..two").mkdir()
    (folder / "..two" / "routes.yaml").write_text(changing.text("swapped"))
    (folder / "..data_tmp").symlink_to("..two")
    os.replace(folder / "..data_tmp", folder / "..data")  # as Kubernetes does for a ConfigMap
    await settled(lambda: changing.reloads() == 1)
    assert await changing.route_of(1) == ("swapped", await changing.digest())

    (folder / "routes.yaml.tmp").write_text(changing.text("renamed"))
    os.replace(folder / "routes.yaml.tmp", folder / "routes.yaml")  # as editors do
    await settled(lambda: changing.reloads() == 2)
    assert await changing.route_of(2) == ("renamed", await changing.digest())

    (folder / "routes.yaml").write_text(changing.text("in-place"))
    await settled(lambda: changing.reloads() == 3)
    assert await changing.route_of(3) == ("in-place", await changing.digest())

    assert changing.router._process is not None
    changing.router._process.send_signal(signal.SIGHUP)
    await settled(lambda: changing.reloads() == 4)

    (folder / "routes.yaml").write_text(changing.text("asked-for"))
    status, said = await changing.ask("POST", "reload")
    assert (status, said["last_reload"]["result"]) == (200, "loaded")
    assert await changing.route_of(4) == ("asked-for", said["digest"])

    (folder / "routes.yaml").write_text(changing.text("broken").replace("http:", "htpp:"))
    status, refused = await changing.ask("POST", "reload")
    assert (status, refused["problems"][0]["hint"]) == (422, "did you mean `http`?")
    assert (await changing.ask("GET", "config"))[1]["last_reload"]["result"] == "refused"
    assert await changing.route_of(5) == ("asked-for", said["digest"])
    assert TOKEN not in (folder / "router.log").read_text()
    assert await changing.router.terminate() == 0
    reader = SqliteReader(folder / "router.db")
    kept = await reader.config(said["digest"])
    await reader.close()
    assert kept is not None
    assert "asked-for" in kept.files["routes.yaml"]
    assert TOKEN not in kept.files["routes.yaml"]
