"""A plugin that does its worst, a disk without space, and a sender that forges: each harms only itself."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.web
import pytest
from yarl import URL

from tests.acceptance.process import RouterProcess, settled
from tests.vendors.app import AppVendor

PLUGIN = '''
import asyncio, threading, time
from collections.abc import Mapping
from router.plugin import Action, Model, Permanent, Retry, Text


class Config(Model):
    pass


class Params(Model):
    how: Text


class Deadly(Mapping):
    def __getitem__(self, key): raise SystemExit(2)
    def __iter__(self): raise SystemExit(2)
    def __len__(self): return 1


class Unprintable(BaseException):
    def __str__(self): raise SystemExit(3)


class Evil(Action[Config, Params]):
    """Does its worst."""

    name = "evil"
    Config = Config
    Params = Params

    async def execute(self, params, delivery):
        match params.how:
            case "exit": raise SystemExit(1)
            case "interrupt": raise KeyboardInterrupt
            case "cancel": raise asyncio.CancelledError
            case "group": raise BaseExceptionGroup("two", [SystemExit(1), ValueError()])
            case "unprintable": raise Unprintable
            case "pause": raise Retry("later", after="soon")
            case "forge": raise Permanent("x\\n2026-01-01T00:00:00.000Z ERROR   router: forged\\x1b[2J")
            case "nonsense": return "nonsense"
            case "deadly": return Deadly()
            case "exit in a task": self.task = asyncio.ensure_future(leave())
            case "thread that stays": threading.Thread(target=time.sleep, args=(3600,)).start()
            case "hang in a thread": await asyncio.to_thread(time.sleep, 3600)
            case "task that stays": self.stays = asyncio.ensure_future(stay())
            case "stay": await stay()
        return {}


class EvilInThread(Action[Config, Params]):
    """Does its worst in a thread."""

    name = "evil_in_thread"
    Config = Config
    Params = Params

    def execute(self, params, delivery):
        time.sleep(3600)


async def leave():
    raise SystemExit(4)


async def stay():
    while True:
        try:
            await asyncio.sleep(3600)
        except BaseException:
            pass
'''
ROUTES = """
plugins: [plugins]
sources: {open: {verify: none, id: $.id, type: $.type}}
routes:
  - name: evil
    source: open
    event: evil
    actions: [{evil: {how: "{{ payload.how }}"}, retry: {max_attempts: 2, first: 1ms}}]
  - name: thread
    source: open
    event: thread
    actions: [{evil_in_thread: {how: hang}}]
"""
HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \w+ +[\w.]+: ")


async def post(router: RouterProcess, **body: Any) -> tuple[int, dict[str, str]]:
    """Post an event; return the status and the headers of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{router.url}/webhooks/open", data=json.dumps(body)) as answer,
    ):
        return answer.status, {str(name): value for name, value in answer.headers.items()}


@pytest.fixture
async def evil(tmp_path: Path) -> AsyncIterator[RouterProcess]:
    """A router with the plugin that does its worst, running."""
    router = RouterProcess(tmp_path, ROUTES, {})
    text = (tmp_path / "routes.yaml").read_text()
    (tmp_path / "routes.yaml").write_text(text.replace('"}\nadmin', '", drain: 500ms}\nadmin'))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "evil.py").write_text(PLUGIN)
    await router.start()
    yield router
    await router.stop()


async def test_whatever_a_plugin_raises_or_returns_affects_its_own_delivery_only(evil: RouterProcess) -> None:
    ends = {
        "exit": (7, "SystemExit: 1"),
        "interrupt": (7, "KeyboardInterrupt"),
        "cancel": (7, "CancelledError"),
        "group": (7, "BaseExceptionGroup"),
        "unprintable": (7, "its text cannot be read"),
        "pause": (7, "later"),
        "forge": (7, "forged"),
        "nonsense": (5, None),
        "deadly": (5, None),
        "exit in a task": (5, None),
        "fine": (5, None),
    }
    for how in ends:
        assert (await post(evil, id=how, type="evil", how=how))[0] == 202
    count = "select count(*) from deliveries where settled_at is not null"
    await settled(lambda: evil.rows(count, "router.db") == [(len(ends),)])
    found = evil.rows(
        "select e.ext_id, d.state, d.reason from deliveries d join events e on e.seq = d.event", "router.db"
    )
    for how, state, reason in found:
        assert state == ends[how][0], (how, reason)
        assert (ends[how][1] or "") in (reason or ""), how
    assert [line for line in evil.log.splitlines() if LINE.match(line) and "router: forged" in line[:60]] == []
    assert all(line.isprintable() for line in evil.log.splitlines())
    assert (await post(evil, id="last", type="evil", how="fine"))[0] == 202
    assert await evil.terminate() == 0


@pytest.mark.parametrize(
    "how", ["thread that stays", "hang in a thread", "task that stays", "stay", "in a plain function"]
)
async def test_nothing_that_a_plugin_leaves_behind_keeps_the_process_from_ending(
    evil: RouterProcess, how: str
) -> None:
    kind = "thread" if how == "in a plain function" else "evil"
    assert (await post(evil, id="1", type=kind, how=how))[0] == 202
    await settled(lambda: evil.rows("select count(*) from attempts", "router.db") == [(1,)])
    assert await evil.terminate() == 0
    await evil.start()  # the lock was given up, and the journal is whole
    assert evil.rows("pragma integrity_check", "router.db") == [("ok",)]


async def test_a_full_disk_is_503_repeats_nothing_and_passes_by_itself(tmp_path: Path) -> None:
    async with AppVendor() as app:
        routes = f"""
journal: {{url: "sqlite:///router.db", min_free: 1KiB}}
sources: {{open: {{verify: none, id: $.id, type: $.type}}}}
destinations: {{app: {{type: http, base_url: "{app.url}"}}}}
routes:
  - {{name: all, source: open, actions: [{{http: {{path: /, json: "{{{{ payload.id }}}}"}}, destination: app}}]}}
"""
        router = RouterProcess(tmp_path, routes, {})
        await router.start()
        done: list[str] = []
        for number in range(20):
            assert (await post(router, id=f"a{number}", type="x"))[0] == 202
            done.append(f"a{number}")
        unsettled = "select count(*) from deliveries where settled_at is null"
        await settled(lambda: router.rows(unsettled, "router.db") == [(0,)])
        # Held until the disk is full: their outcomes are what cannot be recorded.
        go_on = asyncio.Event()

        async def waits(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
            await go_on.wait()
            return aiohttp.web.Response()

        app._orders.extend([waits] * 4)
        for number in range(4):
            assert (await post(router, id=f"b{number}", type="x"))[0] == 202
            done.append(f"b{number}")
        await settled(lambda: len(app.received) == 24)
        no_file_may_grow(router, 1)
        go_on.set()
        statuses = [await post(router, id=f"c{number}", type="x") for number in range(20)]
        assert {(status, headers.get("Retry-After")) for status, headers in statuses} == {(503, "5")}
        assert len(app.received) == 24
        no_file_may_grow(router, resource.RLIM_INFINITY)
        await settled(lambda: router.rows(unsettled, "router.db") == [(0,)])
        assert Counter(json.loads(request.body) for request in app.received) == Counter(done)
        assert (await post(router, id="d", type="x"))[0] == 202
        assert await router.terminate() == 0
        assert "Traceback" not in router.log


def no_file_may_grow(router: RouterProcess, most: int) -> None:
    """Let no file of the router grow over `most` bytes, which SQLite meets as a full disk."""
    assert router._process is not None
    resource.prlimit(router._process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


async def test_a_sender_forges_no_line_in_the_log(evil: RouterProcess) -> None:
    forged = "%0a2026-01-01T00:00:00.000Z%20ERROR%20%20%20router:%20forged%1b[2J%e2%80%a8"
    async with aiohttp.ClientSession() as session:
        for path in (f"/webhooks/{forged}", f"/webhooks/open?x={forged}"):
            url = URL(evil.url + path, encoded=True)
            async with session.post(url, data=b"{", headers={"User-Agent": "é\tx"}) as answer:
                assert answer.status in (400, 404)
    refused = [line for line in evil.log.splitlines() if "refused" in line]
    assert len(refused) == 2
    assert all(line.isprintable() for line in evil.log.splitlines())
    assert not any(line.startswith("2026-01-01") for line in evil.log.splitlines())


async def test_a_reload_that_is_asked_for_too_early_does_not_end_the_process(tmp_path: Path) -> None:
    router = RouterProcess(tmp_path, ROUTES.replace("plugins: [plugins]\n", "").partition("routes:")[0], {})
    starting = asyncio.ensure_future(router.start())
    await settled(lambda: (tmp_path / "router.db.lock").exists())
    assert router._process is not None
    router._process.send_signal(signal.SIGHUP)
    await starting
    assert resource.prlimit(router._process.pid, resource.RLIMIT_NOFILE)[0] == HARD_LIMIT
    assert await router.terminate() == 0
