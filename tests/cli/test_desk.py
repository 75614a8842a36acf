"""`router replay` on a journal in PostgreSQL: replicas carry out what it stores, and where none runs it does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main
from router.cli.run import usable
from router.delivery import replay_job as job
from router.delivery import replay_tenure as tenure
from router.delivery import replays as all_of_them
from router.delivery.replays import Replays
from router.journal.journal import StoredReplay
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.life import Pace
from router.journal.postgres.reader import PostgresReader
from router.live import Live
from router.model import Event, EventState, Plan
from router.ruleset import load_ruleset
from router.running import utc_now
from router.tasks import spawn
from tests.delivery.house import eventually
from tests.journal.values import NOW

ROUTES = """
sources:
  open: {verify: none, id: $.id, type: $.type}
destinations:
  app: {type: http, base_url: "https://app.example:8443/x"}
routes:
  - name: hand-on
    source: open
    actions: [{http: {path: "/{{ payload.id }}"}, destination: app}]
"""
EVENTS = 3
RUNNING = StoredReplay("rpl_x", {"filter": {}}, {}, None, "running", NOW)


class Replica:
    """A router, as far as its life and its replays go."""

    def __init__(self, url: str, routes: Path) -> None:
        self.journal = PostgresJournal(url, clock=utc_now, pace=Pace(beat=0.1, life=1.5, deadline=1.2))
        self.replays = Replays(
            self.journal, Live(usable(load_ruleset(routes, {}))), clock=utc_now, owner="replica"
        )

    async def start(self) -> None:
        """Begin to live, and to look for replays."""
        await self.journal.open()
        self._looking = spawn(self.replays.look(), name="look")

    async def kill(self) -> None:
        """End without a word to the journal."""
        assert self.journal._life is not None
        tasks = [self._looking, *self.journal._life._tasks, *(task for _, task in self.replays._jobs.values())]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def stop(self) -> None:
        """End in order."""
        self._looking.cancel()
        await self.replays.close()
        await self.journal.close()


async def owners(url: str) -> list[tuple[str, str | None]]:
    """Return the id and the owner of each replay."""

    async def read(connection: Any) -> list[tuple[str, str | None]]:
        found = await connection.fetch("select id, owner from replays order by started_at")
        return [tuple(row) for row in found]

    reader = PostgresReader(url)
    try:
        return await reader._read(read)
    finally:
        await reader.close()


@pytest.fixture
async def replica(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Replica]:
    """A replica that runs on a journal with events of no route; commands are run in a folder with routes."""
    monkeypatch.setattr(all_of_them, "LOOK", 0.05)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "routes.yaml").write_text(ROUTES)
    one = Replica(postgres_url, tmp_path / "routes.yaml")
    async with AsyncExitStack() as stack:
        await one.start()
        stack.push_async_callback(one.stop)
        for number in range(EVENTS):
            body = json.dumps({"id": str(number), "type": "greeting"}).encode()
            event = Event(f"evt_{number}", "open", str(number), "greeting", NOW, NOW, body, None, None)
            await one.journal.append(Plan(event, EventState.UNMATCHED, (), "no route took it"))
        yield one


async def code_of(*arguments: str, journal: str) -> int:
    """Run `router replay`; return its code."""
    return await asyncio.to_thread(main, ["replay", *arguments, "--journal", journal, "--json"])


Said = Callable[..., Coroutine[Any, Any, tuple[int, Any, str]]]


@pytest.fixture
def said(postgres_url: str, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs `router replay`; returns its code, what it printed as JSON, and what it said of a failure."""

    async def run(*arguments: str) -> tuple[int, Any, str]:
        code = await code_of(*arguments, journal=postgres_url)
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


async def test_a_replica_carries_out_what_the_command_stores_and_follows(
    replica: Replica, said: Said, postgres_url: str
) -> None:
    code, ended, _ = await said("--all")
    assert (code, ended["state"], ended["deliveries"]) == (0, "done", EVENTS)
    assert await owners(postgres_url) == [(ended["replay"], "replica")]
    assert [one["replay"] for one in (await said("--status"))[1]] == [ended["replay"]]
    for verb in ("--status", "--follow", "--resume", "--cancel"):
        code, stands, _ = await said(verb, ended["replay"])
        assert (code, stands["state"], stands["deliveries"]) == (0, "done", EVENTS)


async def test_where_no_router_runs_the_command_does_the_work(
    replica: Replica, said: Said, postgres_url: str
) -> None:
    await replica.stop()
    code, ended, _ = await said("--all")
    assert (code, ended["state"], ended["deliveries"]) == (0, "done", EVENTS)
    ((id_, owner),) = await owners(postgres_url)
    assert (id_, owner == "replica") == (ended["replay"], False)


async def test_what_a_replica_carries_out_is_followed_and_cancelled(
    replica: Replica, said: Said, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AHEAD", 0)  # it waits
    monkeypatch.setattr(tenure, "RENEW", 0.05)
    await replica.journal.save_replay(RUNNING)
    await eventually(lambda: replica.replays.carries("rpl_x"))
    assert (await said("--status", "rpl_x"))[1]["state"] == "running"
    # Three commands end at one moment and print to one place: here their codes count, and what the journal says.
    following = asyncio.create_task(code_of("--follow", "rpl_x", journal=postgres_url))  # noqa: TID251 - held
    resuming = asyncio.create_task(code_of("--resume", "rpl_x", journal=postgres_url))  # noqa: TID251 - held
    await asyncio.sleep(0.3)
    assert not following.done()
    assert not resuming.done(), "it is not carried out a second time"
    assert await code_of("--cancel", "rpl_x", journal=postgres_url) == 0
    assert (await following, await resuming) == (1, 1)
    stands = await replica.journal.replay("rpl_x")
    assert stands is not None
    assert stands.state == "cancelled"
    await eventually(lambda: not replica.replays.carries("rpl_x"))
    assert await owners(postgres_url) == [("rpl_x", "replica")]


async def test_a_command_ends_when_nobody_carries_out_what_it_follows(
    replica: Replica, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AHEAD", 0)
    monkeypatch.setattr(tenure, "LIFE", 0.3)
    await replica.journal.save_replay(RUNNING)
    await eventually(lambda: replica.replays.carries("rpl_x"))
    following = asyncio.create_task(said("--follow", "rpl_x"))  # noqa: TID251 - the test holds it
    await asyncio.sleep(0.2)
    await replica.kill()
    code, _, err = await following
    assert code == 1
    assert "no router runs here: it goes on when one is started, or now with --resume rpl_x" in err
    code, ended, _ = await said("--resume", "rpl_x")
    assert (code, ended["state"], ended["deliveries"]) == (0, "done", EVENTS)
