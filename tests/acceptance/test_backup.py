"""A backup is taken while events come in; what is restored from it sends nothing before a person says so."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from tests.acceptance.process import START
from tests.acceptance.test_commands import json_of
from tests.acceptance.town import Town


def held(town: Town) -> int:
    """Return how many deliveries are held."""
    return int(town.router.rows("select count(*) from deliveries where state = 3", "router.db")[0][0])


def sent(town: Town) -> int:
    """Return how many requests went out, to anybody."""
    return len(town.slack.received) + len(town.resend.received) + len(town.app.received)


async def until(town: Town, query: str) -> None:
    """Wait until a count in the journal is 0."""
    async with asyncio.timeout(START):
        while town.router.rows(query, "router.db") != [(0,)]:
            await asyncio.sleep(0.05)


async def test_a_copy_taken_under_load_is_whole_and_starts_held(town: Town) -> None:
    await town.router.start()
    # The app asks for a pause, so that the copy holds what is unsettled; it is sent later all the same.
    town.app.throttle("15")
    acknowledged: list[str] = []
    posting = True

    async def post() -> None:
        while posting:
            name = f"user_{len(acknowledged)}"
            answer = await town.clerk.send("user.created", id=name)
            assert answer.status == 202
            acknowledged.append(str(answer.body["event"]))
            await asyncio.sleep(0.02)

    load = asyncio.ensure_future(post())
    async with asyncio.timeout(START):
        while len(acknowledged) < 15:
            await asyncio.sleep(0.01)
    before = len(acknowledged)
    told = await json_of(town, "journal", "backup", "copy.db")
    while len(acknowledged) < before + 5:  # it goes on
        await asyncio.sleep(0.01)
    posting = False
    await load
    copied = {row[0] for row in town.router.rows("select uid from events", "copy.db")}
    assert set(acknowledged[:before]) <= copied
    assert len(copied) == told["events"]
    assert town.router.rows("pragma integrity_check", "copy.db") == [("ok",)]
    assert told["unsettled"] > 0
    await until(town, "select count(*) from deliveries where settled_at is null")
    await town.router.terminate()

    folder = town.router.folder
    for end in ("", "-wal", "-shm"):
        folder.joinpath(f"router.db{end}").unlink(missing_ok=True)
    folder.joinpath("copy.db").rename(folder / "router.db")
    quiet = sent(town)
    await town.router.start()
    assert held(town) == told["unsettled"]
    assert f"{told['unsettled']} deliveries are held" in town.router.log
    (why,) = town.router.rows("select distinct reason from deliveries where state = 3", "router.db")
    assert "restored from a backup of" in why[0]
    # A new event goes its way, past all that is held: the worker runs, and has had its chance to send that.
    answer = await town.clerk.send("user.created", id="user_new")
    assert answer.status == 202
    await until(town, "select count(*) from deliveries where settled_at is null and state <> 3")
    assert sent(town) - quiet == 3  # Slack, Resend and the app, once each: those of the new event
    assert held(town) == told["unsettled"]

    assert await json_of(town, "retry", "--state", "held", "--dry-run") == {"would_retry": told["unsettled"]}
    assert (await json_of(town, "retry", "--state", "held"))["retried"] == told["unsettled"]
    await until(town, "select count(*) from deliveries where settled_at is null")
    assert town.router.rows("select count(*) from deliveries where state <> 5", "router.db") == [(0,)]
    await town.router.terminate()
    await town.router.start()
    assert held(town) == 0


async def test_deliveries_are_discarded_through_the_running_process(town: Town) -> None:
    await town.router.start()
    town.resend.refuse(422, "validation_error", "the domain is not verified")
    await town.clerk.send("user.created", id="user_ada")
    await until(town, "select count(*) from deliveries where settled_at is null")
    code, out, err = await town.router.command("discard", "--destination", "resend", "--note", "never mind")
    assert (code, out, err) == (0, "1 dead deliveries are discarded\n", "")
    rows = town.router.rows("select reason from deliveries where state = 8", "router.db")
    assert rows == [("discarded: never mind",)]
    code, _, err = await town.router.command("journal", "hold")
    assert code == 3
    assert "is owned by process" in err
    status: dict[str, Any] = await json_of(town, "journal", "status")
    assert status["deliveries"]["discarded"] == 1
    lock = json.loads((town.router.folder / "router.db.lock").read_text())
    assert status["owner"] == {"pid": lock["pid"], "admin": lock["admin"]}
    async with aiohttp.ClientSession() as session:
        url = f"{lock['admin']}/api/v1/discard"
        async with session.post(url, json={"all": True, "note": "n"}) as answer:
            assert answer.status == 401
