"""The parts put together: what starts, what ends, and in which order."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from router.app import serve
from router.errors import JournalBusy, JournalError
from router.journal.lane import BreakerState, LaneCount
from router.journal.lock import Lock
from router.journal.sqlite import SqliteJournal
from router.model import BreakerPolicy, RawRequest
from router.observe import Observer
from router.reload import Result
from router.ruleset import Loaded, load_ruleset
from router.running import Addresses, Options, Running
from router.tasks import spawn
from tests.vendors.app import AppVendor

LIMIT = 30.0  # seconds, well below the minute for which aiohttp would wait by itself
ROUTES = """
include: more.yaml
server: {{listen: "127.0.0.1:{port}", drain: {drain}, body_timeout: 60s}}
admin: {{listen: "127.0.0.1:{admin}"}}
journal: {{url: "sqlite:///{folder}/router.db", min_free: {free}, lock_wait: {wait}}}
sources: {{open: {{verify: none, id: $.id, type: $.type}}}}
destinations: {{app: {{type: http, base_url: "{app}"}}}}
routes:
  - {{name: all, source: open, actions: [{{http: {{path: /in, json: "{{{{ payload }}}}"}}, destination: app}}]}}
"""


class Refusals(Observer):
    """Keeps the status and the reason of each."""

    def __init__(self, kept: list[tuple[int, str]]) -> None:
        self._kept = kept

    def refused(self, request: RawRequest | None, source: str, status: int, reason: str) -> None:
        self._kept.append((status, reason))


class House:
    """One configuration in a folder, and the router that runs it in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = {
            "port": 0, "admin": 0, "drain": "10s", "wait": "10ms", "free": "1KiB", "app": "http://x"
        }  # fmt: skip
        self.more = "x-nothing: here\n"
        self.during: Callable[[], None] = lambda: None
        self.refusals: list[tuple[int, str]] = []
        self.stop = asyncio.Event()
        self.addresses: Addresses | None = None
        self.running: Running | None = None

    def load(self) -> Loaded:
        """Write and read the configuration."""
        path = self.folder / "routes.yaml"
        path.write_text(ROUTES.format(folder=self.folder, **self.settings))
        (self.folder / "more.yaml").write_text(self.more)
        loaded = load_ruleset(path, {})
        assert loaded.ruleset is not None, [problem.message for problem in loaded.problems]
        self.during()
        return loaded

    async def serve(self, started: Callable[[], None] = lambda: None) -> int:
        """Run until `stop`."""
        ruleset = self.load().ruleset
        assert ruleset is not None

        async def begun(addresses: Addresses, running: Running) -> None:
            self.addresses, self.running = addresses, running
            started()

        options = Options(load=self.load, journal=self.journal, observers=[Refusals(self.refusals)])
        return await serve(ruleset, options, self.stop, begun)

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "router.db"

    @property
    def url(self) -> str:
        """The public address."""
        assert self.addresses is not None
        return self.addresses.public

    @asynccontextmanager
    async def open(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Run it, and end it as SIGTERM does."""
        up = asyncio.Event()
        task = spawn(self.serve(up.set), name="serve")
        waiting = spawn(up.wait(), name="up")
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert up.is_set(), task.result()
        try:
            async with aiohttp.ClientSession() as session:
                yield session
        finally:
            self.stop.set()
            async with asyncio.timeout(LIMIT):
                assert await task == 0


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house that is not opened yet."""
    return House(tmp_path)


COUNTED = """
from pathlib import Path

from router.plugin import Action, Model

class Config(Model):
    to: str

class Params(Model):
    pass

class Counted(Action[Config, Params]):
    name = "counted"
    Config = Config
    Params = Params

    async def open(self):
        self.note(f"open {self.config.to}")

    async def close(self):
        self.note(f"close {self.config.to}")

    async def execute(self, params, delivery):
        return {}

    def note(self, what):
        with open(Path(__file__).parent / "said", "a") as file:
            file.write(what + chr(10))
"""
MORE = """
plugins: [plugins]
destinations:
  kept: {{type: counted, to: kept, breaker: {{minimum: 5}}}}
  other: {{type: counted, to: "{to}"}}
vars: {{n: {n}}}
"""


async def post(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> int:
    async with session.post(f"{url}/webhooks/open", json=body) as answer:
        return answer.status


async def test_an_event_goes_all_the_way_and_everything_is_given_back_at_the_end(house: House) -> None:
    async with AppVendor() as app:
        house.settings["app"] = app.url
        async with house.open() as session:
            assert await post(session, house.url, {"id": "1", "type": "x"}) == 202
            assert await post(session, house.url, {"id": "1", "type": "x"}) == 200
            async with asyncio.timeout(LIMIT):
                await app.arrived.wait()
            async with session.get(f"{house.url}/readyz") as answer:
                assert answer.status == 200
        assert [json.loads(request.body)["id"] for request in app.received] == ["1"]
    assert Lock(house.journal).holder() is None
    assert Lock(house.journal).path.read_text() == ""
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session:
            await post(session, house.url, {})


async def test_the_lock_file_tells_where_the_admin_listener_is_and_its_token(house: House) -> None:
    async with house.open() as session:
        holder = Lock(house.journal).holder()
        assert holder is not None
        assert holder.admin is not None
        headers = {"Authorization": f"Bearer {holder.token}"}
        url = f"{holder.admin}/api/v1/retry"
        async with session.post(url, json={"all": True}, headers=headers) as answer:
            assert (answer.status, await answer.json()) == (200, {"retried": 0, "ids": []})
        async with session.get(f"{holder.admin}/metrics") as answer:
            assert "router_deliveries_running 0.0" in await answer.text()


@pytest.mark.parametrize("which", ["port", "admin"])
async def test_a_port_that_is_taken_leaves_nothing_running_and_the_journal_free(house: House, which: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        house.settings[which] = taken.getsockname()[1]
        with pytest.raises(OSError, match="address already in use"):
            await house.serve()
    house.settings[which] = 0
    async with house.open():
        pass


async def test_a_journal_that_another_process_owns_is_an_error(house: House) -> None:
    other = Lock(house.journal)
    other.acquire()
    with pytest.raises(JournalBusy, match="owned by process"):
        await house.serve()
    other.release()


async def test_a_stop_ends_the_waiting_for_the_journal(house: House) -> None:
    house.settings["wait"] = "600s"
    other = Lock(house.journal)
    other.acquire()
    waiting = spawn(house.serve(), name="serve")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    house.stop.set()
    async with asyncio.timeout(LIMIT):
        assert await waiting == 0
    assert house.running is None
    other.release()


async def test_a_damaged_journal_opens_no_port(house: House) -> None:
    house.journal.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8000)
    with pytest.raises(JournalError, match="restore it from a backup"):
        await house.serve()
    assert house.addresses is None


async def test_a_sender_or_an_admin_that_dawdles_does_not_put_off_the_end(house: House) -> None:
    house.settings["drain"] = "1s"
    writers = []
    async with house.open():
        assert house.running is not None
        for path, port in (("/webhooks/open", house.url), ("/api/v1/retry", house.running.admin_url)):
            _, writer = await asyncio.open_connection("127.0.0.1", int(port.rsplit(":", 1)[1]))
            token = f"Authorization: Bearer {house.running.token}\r\n"
            writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{token}Content-Length: 9\r\n\r\n{{".encode())
            await writer.drain()
            writers.append(writer)
        await asyncio.sleep(0.05)
    for writer in writers:
        writer.close()


async def test_what_is_under_way_at_the_end_is_given_back_to_the_next_start(house: House) -> None:
    async with AppVendor() as app:
        house.settings |= {"app": app.url, "drain": "100ms"}
        app.hang()
        async with house.open() as session:
            assert await post(session, house.url, {"id": "1", "type": "x"}) == 202
            async with asyncio.timeout(LIMIT):
                await app.arrived.wait()
        app.arrived.clear()
        house.stop = asyncio.Event()
        async with house.open():
            async with asyncio.timeout(LIMIT):
                await app.arrived.wait()
        first, again = app.received
        assert first.headers["webhook-id"] == again.headers["webhook-id"]


async def test_while_it_drains_it_is_not_ready(house: House) -> None:
    async with house.open():
        assert house.running is not None
        running = house.running
        assert await running.health.ready()
    assert not await running.health.ready()
    assert running.left() <= 10.0


async def refused(session: aiohttp.ClientSession, url: str) -> None:
    """Post an event; it has to be a 503 that asks to try again and says nothing of why."""
    async with session.post(f"{url}/webhooks/open", json={"id": "1", "type": "x"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert await answer.json() == {"error": "cannot accept events now, try again later"}


async def test_a_full_disk_refuses_events_and_says_why_in_the_log(house: House) -> None:
    house.settings["free"] = "1000000GiB"
    async with house.open() as session:
        await refused(session, house.url)
    ((status, reason),) = house.refusals
    assert status == 503
    assert reason.startswith("the journal cannot be written: ")
    assert "min_free" in reason


async def test_a_journal_that_is_closed_already_refuses_events(house: House) -> None:
    async with house.open() as session:
        assert house.running is not None
        await house.running.journal.close()
        await refused(session, house.url)
        ((status, reason),) = house.refusals
        assert status == 503
        assert reason.startswith("the journal cannot be written: ")
        assert "closed" in reason


async def head_of(reader: asyncio.StreamReader) -> bytes:
    """Read an answer's head, in lower case."""
    async with asyncio.timeout(LIMIT):
        return (await reader.readuntil(b"\r\n\r\n")).lower()


async def test_at_the_end_half_a_request_is_503_and_connections_without_one_are_closed(house: House) -> None:
    house.settings["drain"] = "600s"
    async with house.open():
        assert house.running is not None
        port = int(house.url.rsplit(":", 1)[1])
        begun, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /webhooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: 28\r\n\r\n"
        writer.write(head + b'{"id":')
        idle, idle_writer = await asyncio.open_connection("127.0.0.1", port)
        idle_writer.write(b"GET /healthz HTTP/1.1\r\nHost: r\r\n\r\n")
        assert b" 200 " in await head_of(idle)
        await asyncio.sleep(0.05)
        house.stop.set()
        answer = await head_of(begun)
        assert b" 503 " in answer
        assert b"connection: close" in answer
        assert b"retry-after: 5" in answer
        async with asyncio.timeout(LIMIT):
            assert await idle.read() == b"ok\n", "and then the end of the connection"
        for one in (writer, idle_writer):
            one.close()
    assert house.refusals == [(503, "the process ends, and takes no more requests")]


async def test_every_event_has_the_configuration_in_force_and_the_journal_keeps_that(house: House) -> None:
    async with house.open() as session:
        assert house.running is not None
        first = house.running.live.ruleset.digest
        await post(session, house.url, {"id": "1", "type": "x"})
        house.settings["drain"] = "11s"
        assert (await house.running.reloader.reload()).result is Result.LOADED
        await post(session, house.url, {"id": "2", "type": "x"})
        second = house.running.live.ruleset.digest
        journal = house.running.journal
        events = [await journal.event(id_) for id_ in ("1", "2")]
        assert [event.config for event in events if event is not None] == [first, second]
        for digest, drain in ((first, "10s"), (second, "11s")):
            kept = await journal.config(digest[:12])
            assert kept is not None
            assert f"drain: {drain}" in kept.files["routes.yaml"]


async def test_destinations_that_did_not_change_keep_their_clients_lanes_and_breakers(house: House) -> None:
    plugins = house.folder / "plugins"
    plugins.mkdir()
    (plugins / "counted.py").write_text(COUNTED)
    house.more = MORE.format(to="a", n=0)
    async with house.open():
        running = house.running
        assert running is not None
        await running.targets.settled()
        kept = running.targets.get("kept")
        assert kept is not None
        action, lane = kept._action, kept.lane("tenant")
        counts = [LaneCount("kept", "tenant", ok=0, failed=5, policy=BreakerPolicy(minimum=5))]
        states = await running.journal.lanes(counts, running.options.clock())
        kept.known({state.lane: state for state in states})
        assert lane.state.breaker is BreakerState.OPEN
        for number in range(20):
            house.more = MORE.format(to="ab"[number % 2], n=number)
            assert (await running.reloader.reload()).result is Result.LOADED
            await running.targets.settled()
        assert running.targets.get("kept") is kept
        assert kept._action is action is not None
        assert kept.lane("tenant") is lane
        assert running.targets.open_breakers == 1
    said = Counter((plugins / "said").read_text().splitlines())
    assert said == {"open kept": 1, "close kept": 1, "open a": 10, "close a": 10, "open b": 10, "close b": 10}


async def test_a_reload_that_the_end_overtakes_puts_nothing_in_force(house: House) -> None:
    gate, reading = threading.Event(), threading.Event()
    async with house.open():
        running = house.running
        assert running is not None
        before = running.live.ruleset

        def waits() -> None:
            reading.set()
            gate.wait(LIMIT)

        house.during = waits
        task = spawn(running.reloader.reload(), name="reload")
        await asyncio.to_thread(reading.wait, LIMIT)
        house.stop.set()
        await asyncio.sleep(0)
        gate.set()
    assert (await task).result is Result.ENDING
    assert running.live.ruleset is before
    assert (await running.reloader.reload()).result is Result.ENDING


async def test_a_journal_that_cannot_keep_the_configuration_keeps_the_old_one_in_force(house: House) -> None:
    async with house.open() as session:
        running = house.running
        assert running is not None
        assert isinstance(running.journal, SqliteJournal)
        await running.journal._write(lambda cursor: cursor.execute("pragma max_page_count = 1").fetchall())
        before = running.live.ruleset
        house.more = "x-ballast: " + "".join(random.choices("abcdefghijklmnop", k=200_000)) + "\n"
        ended = await running.reloader.reload()
        assert (ended.result, ended.digest) == (Result.FAILED, before.digest)
        assert "could not be kept in the journal" in ended.reason
        assert "full" in ended.reason
        assert running.live.ruleset is before
        headers = {"Authorization": f"Bearer {running.token}"}
        async with session.post(f"{running.admin_url}/api/v1/reload", headers=headers) as answer:
            assert answer.status == 503
        await running.journal._write(lambda cursor: cursor.execute("pragma max_page_count = 100000").fetchall())
        async with session.post(f"{running.admin_url}/api/v1/reload", headers=headers) as answer:
            assert answer.status == 200
            assert (await answer.json())["digest"] == running.live.ruleset.digest != before.digest
