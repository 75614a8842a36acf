"""The commands, beside a running process and without one."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from typing import Any

from tests.acceptance.process import START
from tests.acceptance.town import Town


async def states(town: Town) -> dict[str, int]:
    """Return how many deliveries are in each state, as the command tells it."""
    code, out, err = await town.router.command("deliveries", "list", "--json", "--limit", "1000")
    assert code == 0, err
    found: dict[str, int] = {}
    for delivery in json.loads(out):
        found[delivery["state"]] = found.get(delivery["state"], 0) + 1
    return found


async def until_settled(town: Town) -> dict[str, int]:
    """Wait until nothing is under way, and return the states."""
    async with asyncio.timeout(START):
        while town.router.rows("select count(*) from deliveries where settled_at is null", "router.db") != [(0,)]:
            await asyncio.sleep(0.05)
    return await states(town)


async def json_of(town: Town, *arguments: str) -> Any:
    """Run a command that prints JSON."""
    code, out, err = await town.router.command(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


async def test_events_and_deliveries_are_listed_and_shown_while_the_router_runs(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("user.created", uid="msg_one", id="user_ada")
    await town.clerk.send("sms.created", uid="msg_two")
    assert await until_settled(town) == {"delivered": 4}

    events = await json_of(town, "events", "list")
    assert [(event["id"], event["type"], event["state"]) for event in events] == [
        ("msg_two", "sms.created", "unmatched"),
        ("msg_one", "user.created", "planned"),
    ]
    assert [e["id"] for e in await json_of(town, "events", "list", "--type", "user.*")] == ["msg_one"]
    assert [e["id"] for e in await json_of(town, "events", "list", "--text", "Byron")] == ["msg_one"]
    shown = await json_of(town, "events", "show", "msg_one")
    assert json.loads(shown["body"])["data"]["id"] == "user_ada"
    (mail,) = [d for d in shown["deliveries"] if d["action"] == "resend"]
    whole = await json_of(town, "deliveries", "show", mail["id"])
    assert whole["params"]["to"] == "ada@example.com"
    assert [attempt["outcome"] for attempt in whole["attempts_made"]] == ["delivered"]

    code, out, _ = await town.router.command("events", "show", "msg_one")
    assert code == 0
    assert re.fullmatch("[0-9a-f]{64}", shown["config"])
    assert f"configuration  {shown['config'][:12]}\n" in out
    assert [event["config"] for event in events] == [shown["config"]] * 2
    assert "user_ada" in out
    assert "welcome/resend" in out
    code, _, err = await town.router.command("events", "show", "msg_unknown")
    assert code == 1
    assert "msg_unknown" in err


async def test_a_dead_delivery_is_retried_with_its_id_and_body_through_the_running_process(town: Town) -> None:
    await town.router.start()
    town.resend.refuse(422, "validation_error", "the domain is not verified")
    await town.clerk.send("user.created", id="user_ada")
    assert await until_settled(town) == {"delivered": 3, "dead": 1}

    assert (await json_of(town, "retry", "--all", "--dry-run"))["would_retry"] == 1
    assert (await json_of(town, "retry", "--destination", "resend"))["retried"] == 1
    assert await until_settled(town) == {"delivered": 4}
    first, second = town.resend.received
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body


async def test_a_dead_delivery_is_retried_while_no_process_runs_and_sent_by_the_next(town: Town) -> None:
    await town.router.start()
    town.resend.refuse(422, "validation_error", "the domain is not verified")
    await town.clerk.send("user.created", id="user_ada")
    await until_settled(town)
    await town.router.terminate()
    code, out, err = await town.router.command("retry", "--route", "welcome")
    assert (code, out.strip(), err) == (0, "1 dead deliveries are due again", "")
    await town.router.start()
    assert await until_settled(town) == {"delivered": 4}


async def test_an_unknown_id_is_a_mistake_and_not_nothing_to_do(town: Town) -> None:
    await town.router.start()
    for command, id_ in (("retry", "dlv_nope"), ("replay", "evt_nope")):
        code, _, err = await town.router.command(command, id_)
        assert code == 1, command
        assert "see `router" in err


async def test_a_replay_sends_by_todays_routes_and_leaves_out_what_was_delivered(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("user.created", uid="msg_one", id="user_ada")
    await until_settled(town)
    left = await json_of(town, "replay", "msg_one")
    assert (left["events"], left["deliveries"], left["left_out"]) == (1, 0, 4)
    would = await json_of(town, "replay", "msg_one", "--again", "--dry-run")
    assert would["deliveries"] == 4
    assert await until_settled(town) == {"delivered": 4}
    again = await json_of(town, "replay", "msg_one", "--again")
    assert again["deliveries"] == 4
    assert await until_settled(town) == {"delivered": 8}
    keys = [request.headers["Idempotency-Key"] for request in town.resend.received]
    assert len(set(keys)) == 2, "a replay has keys of its own"


async def test_send_posts_an_event_that_the_running_process_accepts(town: Town) -> None:
    await town.router.start()
    code, out, err = await town.router.command(
        "send", "clerk/user.created", "--set", "data.id=user_set", "--count", "2"
    )
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["202", "202"]
    async with asyncio.timeout(START):
        while ("user_set",) not in town.router.rows("select clerk_id from users"):
            await asyncio.sleep(0.05)
    code, out, _ = await town.router.command("send", "clerk/user.created", "--bad-signature")
    assert code == 1
    assert out.startswith("401")
    code, _, err = await town.router.command("send", "clerk/user.create")
    assert code == 1
    assert "user.created" in err


async def test_a_wrong_configuration_never_starts_half(town: Town) -> None:
    routes = town.router.folder / "routes.yaml"
    routes.write_text(routes.read_text().replace("upsert: users", "upsrt: users").replace("slack:\n", "slak:\n"))
    del town.router.env["RESEND_API_KEY"]
    code, _, err = await town.router.command("run", "routes.yaml")
    assert code == 1
    for word in ("upsrt", "upsert", "slak", "RESEND_API_KEY", "routes.yaml:"):
        assert word in err
    assert "Traceback" not in err
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", town.router.port)) != 0, "the port is not opened"
    assert not (town.router.folder / "router.db").exists()


async def test_a_port_that_is_taken_ends_with_3_and_says_so(town: Town) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", town.router.port))
        taken.listen()
        code, _, err = await town.router.command("run", "routes.yaml")
    assert code == 3
    assert str(town.router.port) in err
    assert "Traceback" not in err
    await town.router.start()


async def test_a_changed_file_takes_effect_and_a_bad_one_changes_nothing(town: Town) -> None:
    await town.router.start()
    routes = town.router.folder / "routes.yaml"
    good = routes.read_text()
    routes.write_text(good.replace("upsert: users", "upsrt: users"))
    async with asyncio.timeout(START):
        while "the old one stays in force" not in town.router.log:
            await asyncio.sleep(0.05)
    assert (await town.clerk.send("user.created", id="user_1")).status == 202
    routes.write_text(good.replace(":wave: New user", "Look who is here"))
    async with asyncio.timeout(START):
        number = 1
        while not any("Look who is here" in message["text"] for message in town.slack.messages):
            number += 1
            assert (await town.clerk.send("user.created", id=f"user_{number}")).status == 202
            await asyncio.sleep(0.2)
    assert town.slack.messages[0]["text"].startswith(":wave: New user")


async def test_the_admin_listener_counts_and_refuses_changes_without_its_token(town: Town) -> None:
    import aiohttp

    await town.router.start()
    await town.clerk.send("user.created", id="user_ada")
    await until_settled(town)
    lock = json.loads((town.router.folder / "router.db.lock").read_text())
    assert (town.router.folder / "router.db.lock").stat().st_mode & 0o777 == 0o600
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{lock['admin']}/metrics") as answer:
            text = await answer.text()
        assert 'router_events_total{source="clerk",state="planned"} 1.0' in text
        assert 'router_journal_deliveries{state="delivered"} 4.0' in text
        for path in ("/healthz", "/readyz"):
            async with session.get(f"{lock['admin']}{path}") as answer:
                assert answer.status == 200
        async with session.post(f"{lock['admin']}/api/v1/retry", json={"all": True}) as answer:
            assert answer.status == 401
        headers = {"Authorization": f"Bearer {lock['token']}"}
        async with session.post(f"{lock['admin']}/api/v1/retry", json={"all": True}, headers=headers) as answer:
            assert await answer.json() == {"retried": 0, "ids": []}
