"""Everything moves from a SQLite journal to one in PostgreSQL and back, or nothing does."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main
from router.journal.journal import DeliveryFilter, EventFilter, Journal, StoredReplay
from router.journal.lane import FOR_GOOD
from router.journal.lock import Lock
from router.journal.postgres.journal import PostgresJournal
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState
from router.running import utc_now
from tests.journal.contract_configs import A, B, C, config
from tests.journal.contract_keeping import done
from tests.journal.values import NOW, attempt, begun, event, later, plan, planned

S = DeliveryState


async def filled(journal: Journal) -> None:
    """Something of everything, with texts and bytes that are hard to carry."""
    for digest in (A, B):
        await journal.save_config(config(digest))
    await done(journal, "a")
    await done(journal, "b", S.DEAD)
    hostile = [planned("evt_c", f"x{n}\t\\N\n", params=bytes(range(256)), index=n, lane="l") for n in range(700)]
    await journal.append(plan("c", *hostile, id="id \udc80 \0 \t\\.", body=bytes(300_000)))
    again = await begun(journal, "d")
    await journal.record(attempt(again, S.READY, due_at=later(9), facts={"a": "\N{SNOWMAN}\n"}, reason="HTTP 500"))
    await journal.append(replace(plan("e", id="evt_e", deduplicable=False), config=B))
    await journal.append(plan("f", id="msg_a", body=b"another"))  # a duplicate that differs
    await journal.pause("slack", "l", FOR_GOOD, "stop")
    await journal.save_replay(StoredReplay("rpl_a", {"filter": {}}, {"events": 1}, "evt_a", "running", NOW))
    assert await journal.own_replay("rpl_a", "me", utc_now() + timedelta(hours=1), utc_now())


async def everything(journal: Journal) -> dict[str, Any]:
    """Return all that a journal tells."""
    events = await journal.events(EventFilter(limit=1000))
    deliveries = await journal.deliveries(DeliveryFilter(limit=10_000))
    return {
        "events": [replace(e, body=await journal.body(e.uid)) for e in events],
        "deliveries": deliveries,
        "attempts": {d.id: await journal.attempts(d.id) for d in deliveries if d.attempts},
        "lanes": await journal.lanes(),
        "replays": await journal.replays(),
        "configs": [await journal.config(digest) for digest in (A, B)],
    }


async def command(*arguments: str) -> int:
    """Run a command, which has an event loop of its own, in a thread."""
    return await asyncio.to_thread(main, list(arguments))


async def opened(journal: Any) -> Any:
    await journal.open()
    return journal


async def test_everything_arrives_and_comes_back(
    sqlite: SqliteJournal, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await filled(sqlite)
    before = await everything(sqlite)
    await sqlite.close()
    assert await command("journal", "copy", "--journal", str(sqlite.path), "--to", postgres_url, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"]["events"], said["rows"]["deliveries"]) == (5, 704)
    assert said["held_behind"] == 702
    assert set(said["rows"]) == {
        *("events", "bodies", "seen", "deliveries", "params", "attempts", "lanes", "replays", "configs")
    }

    there = await opened(PostgresJournal(postgres_url, clock=lambda: NOW, worker=False))
    assert await everything(there) == before
    owned = [await there.own_replay("rpl_a", owner, utc_now(), utc_now()) for owner in ("another", "me")]
    assert owned == [False, True]
    assert (await there.append(plan("again", id="msg_b", body=event("b").body))).uid == "evt_b"
    await there.save_config(config(C))
    new = (await there.append(replace(plan("new"), config=C))).deliveries[0]
    assert [(await there.event(id_)).config for id_ in ("evt_e", "evt_new")] == [B, C]
    assert len(await there.deliveries(DeliveryFilter(ids=[new.id]))) == 1
    after = await everything(there)
    await there.close()

    back = tmp_path / "back.db"
    assert await command("journal", "copy", "--journal", postgres_url, "--to", f"sqlite:///{back}") == 0
    here = await opened(SqliteJournal(back, clock=lambda: NOW, min_free=0))
    assert await everything(here) == after
    assert (await here.append(plan("more", id="msg_new", body=event("new").body))).uid == "evt_new"
    await here.close()
    with closing(sqlite3.connect(back)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


async def test_what_is_left_behind_is_held(sqlite: SqliteJournal, postgres_url: str) -> None:
    await sqlite.append(plan("a"))
    await sqlite.close()
    assert await command("journal", "copy", "--journal", str(sqlite.path), "--to", postgres_url) == 0
    left = await opened(SqliteJournal(sqlite.path, clock=utc_now, min_free=0))
    (held,) = await left.deliveries(DeliveryFilter())
    assert held.state is S.HELD
    assert "copied to" in (held.reason or "")
    await left.close()


async def test_a_target_that_is_not_empty_is_refused_and_stays_as_it_is(
    sqlite: SqliteJournal, postgres: PostgresJournal, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await sqlite.append(plan("a"))
    await postgres.append(plan("b"))
    await sqlite.close()
    await postgres.close()
    for source, target in ((str(sqlite.path), postgres_url), (postgres_url, f"sqlite:///{sqlite.path}")):
        assert await command("journal", "copy", "--journal", source, "--to", target) == 1
        assert "is not empty" in capsys.readouterr().err
    there = await opened(PostgresJournal(postgres_url, clock=lambda: NOW, worker=False))
    assert [e.uid for e in await there.events(EventFilter())] == ["evt_b"]
    assert [d.state for d in await there.deliveries(DeliveryFilter())] == [S.READY]
    await there.close()


async def test_no_router_may_run_on_either(
    sqlite: SqliteJournal, postgres: PostgresJournal, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await sqlite.append(plan("a"))
    await sqlite.close()
    assert await command("journal", "copy", "--journal", str(sqlite.path), "--to", postgres_url) == 1
    assert "is in use by a router" in capsys.readouterr().err
    lock = Lock(sqlite.path)
    lock.acquire()
    assert await command("journal", "copy", "--journal", str(sqlite.path), "--to", postgres_url) == 3
    lock.release()
    assert "owned by process" in capsys.readouterr().err


async def test_a_journal_that_a_router_runs_on_is_not_held(
    postgres: PostgresJournal, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await postgres.append(plan("a"))
    hold = ("journal", "hold", "--journal", postgres_url)
    assert await command(*hold) == 3
    assert "is in use by a router: stop it first" in capsys.readouterr().err
    assert [d.state for d in await postgres.deliveries(DeliveryFilter())] == [S.READY]
    await postgres.close()
    assert await command(*hold) == 0
    assert "1 deliveries are held" in capsys.readouterr().out


async def test_a_move_that_fails_leaves_the_target_empty(
    sqlite: SqliteJournal, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await filled(sqlite)
    await sqlite.close()
    with closing(sqlite3.connect(sqlite.path)) as connection, connection:
        connection.execute("update attempts set outcome = cast(x'ff' as text)")  # no text that anybody takes
    assert await command("journal", "copy", "--journal", str(sqlite.path), "--to", postgres_url) == 1
    assert "failed" in capsys.readouterr().err
    there = await opened(PostgresJournal(postgres_url, clock=lambda: NOW, worker=False))
    assert await there.count(EventFilter()) == 0
    await there.close()
    with closing(sqlite3.connect(sqlite.path)) as connection:
        assert connection.execute("select count(*) from deliveries where state = 3").fetchone() == (0,)


@pytest.mark.parametrize(("kind", "what"), [("sqlite", "journal backup"), ("postgres", "pg_dump")])
async def test_a_copy_of_the_same_kind_names_the_right_tool(
    sqlite: SqliteJournal, postgres_url: str, kind: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = (str(sqlite.path), "sqlite:///other.db") if kind == "sqlite" else (postgres_url, postgres_url)
    assert await command("journal", "copy", "--journal", source, "--to", target) == 1
    assert what in capsys.readouterr().err
