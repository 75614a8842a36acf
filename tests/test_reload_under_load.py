"""A thousand reloads while signed requests come in: none is dropped, and each is judged by one configuration."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from router.app import serve
from router.journal.journal import DeliveryFilter, EventFilter, StoredEvent
from router.journal.reader import SqliteReader
from router.model import DeliveryState, StoredDelivery
from router.reload import Result
from router.ruleset import Loaded, Ruleset, load_ruleset
from router.running import Addresses, Options, Running
from router.specimen import signed_request
from router.tasks import spawn
from tests.vendors.app import AppVendor

RELOADS = 1000
SENDERS = 4
LIMIT = 120.0  # seconds for what takes some 20, against a hang
SECRET = "whsec_dGhlIHNlY3JldCBvZiBhIHRlc3QgdGhhdCBpcyBsb25n"
MAIN = """
include: part.yaml
server: {{listen: "127.0.0.1:0"}}
admin: {{listen: "127.0.0.1:0"}}
journal: {{url: "sqlite:///{folder}/router.db", min_free: 1KiB}}
sources: {{clerk: {{provider: clerk, secret: {secret}}}}}
destinations:
  same: {{type: http, base_url: "{app}", concurrency: 8}}
  other: {{type: http, base_url: "{app}", concurrency: {slots}}}
routes:
  - name: {colour}
    source: clerk
    actions:
      - name: same
        http: {{path: /same, json: {{id: "{{{{ event.id }}}}", of: "{{{{ colour }}}}", mail: "{{{{ mail }}}}"}}}}
        destination: same
      - name: {colour}-other
        http: {{path: /other, body: {{file: mail.txt}}}}
        destination: other
"""
PART = "vars: {{colour: {colour}, mail: '{colour} mail'}}\n"
COLOURS = {"red": 3, "blue": 4}


class Mount:
    """A folder as Kubernetes mounts a ConfigMap: each version in a folder of its own, behind one link."""

    def __init__(self, folder: Path, app: str) -> None:
        self.folder = folder
        for colour, slots in (*COLOURS.items(), ("broken", 5)):
            place = folder / f"..{colour}"
            place.mkdir(parents=True)
            main = MAIN.format(folder=folder.parent, secret=SECRET, app=app, slots=slots, colour=colour)
            if colour == "broken":
                main = main.replace("destination: same", "destination: sane")
            (place / "routes.yaml").write_text(main)
            (place / "part.yaml").write_text(PART.format(colour=colour))
            (place / "mail.txt").write_text(f"{{{{ event.id }}}} is {colour}")
        self.show("red")
        for name in ("routes.yaml", "part.yaml", "mail.txt"):
            (folder / name).symlink_to(f"..data/{name}")

    def show(self, colour: str) -> None:
        """Swap the link in one step."""
        link = self.folder / "..data_tmp"
        link.symlink_to(f"..{colour}")
        os.replace(link, self.folder / "..data")

    def load(self) -> Loaded:
        """Read what is mounted."""
        return load_ruleset(self.folder / "routes.yaml", {})

    def rules(self, colour: str) -> Ruleset:
        """Return a version that has no faults."""
        self.show(colour)
        loaded = self.load()
        assert loaded.ruleset is not None, list(loaded.problems)
        return loaded.ruleset


@dataclass
class Senders:
    """Post signed events one after the other, until they are told to stop; some send their body over a reload."""

    url: str
    ruleset: Ruleset
    turned: asyncio.Condition = field(default_factory=asyncio.Condition)
    stopped: bool = False
    answers: Counter[int] = field(default_factory=Counter)
    sent: dict[str, str] = field(default_factory=dict)  #: the router's ids, by those of the sender

    async def run(self, session: aiohttp.ClientSession, name: int) -> None:
        """Post until stopped."""
        number = 0
        while not self.stopped:
            number += 1
            await self._post(session, f"msg_{name}_{number}", slow=number % 10 == 0)

    async def _post(self, session: aiohttp.ClientSession, id_: str, *, slow: bool) -> None:
        body = json.dumps({"type": "user.created", "object": "event", "data": {"id": id_}}).encode()
        request = signed_request(self.ruleset.sources["clerk"], "user.created", body, id_, datetime.now(UTC))
        data: Any = self._in_halves(body) if slow else body
        async with session.post(self.url + request.path, data=data, headers=dict(request.headers)) as answer:
            self.answers[answer.status] += 1
            self.sent[id_] = (await answer.json()).get("event", "")

    async def _in_halves(self, body: bytes) -> AsyncIterator[bytes]:
        yield body[:20]
        async with self.turned:
            if not self.stopped:
                await self.turned.wait()
        yield body[20:]

    async def turn(self, *, stop: bool = False) -> None:
        """Let those go on that wait for a reload."""
        async with self.turned:
            self.stopped = stop
            self.turned.notify_all()


async def reload_often(mount: Mount, running: Running, senders: Senders) -> Counter[Result]:
    """Reload as often as it takes, sometimes a broken version, sometimes one that is swapped while it is read."""
    results: Counter[Result] = Counter()
    colours = list(COLOURS)
    for number in range(RELOADS):
        mount.show("broken" if number % 10 == 9 else colours[number % 2])
        task = spawn(running.reloader.reload(), name="reload")
        if number % 7 == 3:
            await asyncio.sleep(0)  # the reader is under way
            mount.show(colours[(number + 1) % 2])
        results[(await task).result] += 1
        await senders.turn()
    return results


async def test_no_request_is_dropped_or_misjudged_while_a_thousand_reloads_happen(tmp_path: Path) -> None:
    async with AppVendor() as app, asyncio.timeout(LIMIT):
        mount = Mount(tmp_path / "config", app.url)
        colour_of = {mount.rules(colour).digest: colour for colour in COLOURS}
        ruleset = mount.rules("red")
        stop, up = asyncio.Event(), asyncio.Event()
        seen: list[tuple[Addresses, Running]] = []

        async def started(addresses: Addresses, running: Running) -> None:
            seen.append((addresses, running))
            up.set()

        options = Options(load=mount.load, journal=tmp_path / "router.db", watch=0.01)
        serving = spawn(serve(ruleset, options, stop, started), name="serve")
        await up.wait()
        addresses, running = seen[0]
        senders = Senders(addresses.public, ruleset)
        async with aiohttp.ClientSession() as session:
            posting = [spawn(senders.run(session, name), name=f"sender {name}") for name in range(SENDERS)]
            results = await reload_often(mount, running, senders)
            await senders.turn(stop=True)
            await asyncio.gather(*posting)
        await settled(running)
        stop.set()
        assert await serving == 0
        assert results[Result.REFUSED] >= RELOADS // 20
        assert results[Result.LOADED] + results[Result.REFUSED] == RELOADS
        assert set(senders.answers) == {202}
        assert senders.answers[202] > RELOADS / 2, "there was load all the time"
        found = await judged(tmp_path / "router.db")
        assert {event.uid for event, _ in found} == set(senders.sent.values())
        assert Counter(colour_of.get(event.config, event.config) for event, _ in found).keys() == set(COLOURS)
        for event, deliveries in found:
            assert deliveries == expected(event, colour_of[event.config])
        arrived = Counter(request.path for request in app.received)
        assert arrived == {"/same": len(found), "/other": len(found)}


def expected(event: StoredEvent, colour: str) -> dict[str, tuple[str, Any]]:
    """Return the deliveries of an event under one of the versions: by their names, the route and what is sent."""
    same = {"path": "/same", "json": {"id": event.id, "of": colour, "mail": f"{colour} mail"}}
    other = {"path": "/other", "body": f"{event.id} is {colour}"}
    return {"same": (colour, same), f"{colour}-other": (colour, other)}


async def settled(running: Running) -> None:
    """Wait until every delivery has arrived."""
    while True:
        counts = (await running.journal.stats()).deliveries
        if not any(n for state, n in counts.items() if state is not DeliveryState.DELIVERED):
            return
        await asyncio.sleep(0.05)


async def judged(journal: Path) -> list[tuple[StoredEvent, dict[str, tuple[str, Any]]]]:
    """Return every event, and its deliveries as `expected` has them."""
    reader = SqliteReader(journal)
    try:
        made: dict[str, dict[str, tuple[str, Any]]] = {}
        for one in await every(reader.deliveries, DeliveryFilter(limit=1000), lambda d: d.id):
            made.setdefault(one.event_uid, {})[one.action] = (one.route, sent_by(one))
        events = await every(reader.events, EventFilter(limit=1000), lambda e: e.uid)
        return [(event, made.get(event.uid, {})) for event in events]
    finally:
        await reader.close()


def sent_by(delivery: StoredDelivery) -> Any:
    """Return the parameters that were given."""
    return {key: value for key, value in json.loads(delivery.params).items() if value is not None}


async def every(read: Callable[[Any], Any], page: Any, id_of: Callable[[Any], str]) -> list[Any]:
    """Return everything that a listing has."""
    found: list[Any] = []
    while rows := await read(page):
        found += rows
        page = replace(page, before=id_of(rows[-1]))
    return found
