"""An acknowledged event survives kill -9, and what was not delivered yet is delivered by the next start."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp

from tests.acceptance.process import START
from tests.acceptance.town import Town


async def unsettled(town: Town) -> int:
    """Return how many deliveries are not done."""
    return int(town.router.rows("select count(*) from deliveries where settled_at is null", "router.db")[0][0])


async def test_what_was_acknowledged_before_a_kill_arrives_after_the_restart(town: Town) -> None:
    await town.router.start()
    town.app.hang()  # something is under way when the process dies
    town.slack.fail(500, times=3)  # something waits for its retry
    town.resend.throttle("1", times=2)
    acknowledged = []

    async def post(number: int) -> None:
        try:
            answer = await town.clerk.send(
                "user.created", id=f"user_{number}", first_name=f"N{number}", last_name=None
            )
        except aiohttp.ClientError:
            return  # never acknowledged: the sender would try again
        assert answer.status == 202
        acknowledged.append(f"user_{number}")

    posting = [asyncio.ensure_future(post(number)) for number in range(40)]
    async with asyncio.timeout(START):
        while len(acknowledged) < 15:
            await asyncio.sleep(0.005)
    await town.router.kill()
    await asyncio.gather(*posting)
    assert len(acknowledged) < 40 or await unsettled(town), "the kill came too late to prove anything"

    await town.router.start()
    async with asyncio.timeout(START):
        while await unsettled(town):
            await asyncio.sleep(0.1)

    assert town.router.rows("select reason from deliveries where state = 7", "router.db") == []
    kept = {row[0] for row in town.router.rows("select clerk_id from users")}
    assert set(acknowledged) <= kept
    names = {f"N{user.removeprefix('user_')}" for user in acknowledged}
    announced = Counter(message["text"].split()[3] for message in town.slack.messages)
    assert names <= set(announced)
    mailed = {mail["subject"].removeprefix("Welcome, ").rstrip("!") for mail in town.resend.sent.values()}
    assert names <= mailed
    assert len(town.resend.sent) == len(mailed), "a mail that is sent again carries the same key"
    forwarded = {request.headers["svix-id"] for request in town.app.received}
    assert len(forwarded) >= len(acknowledged)


async def test_a_second_process_does_not_start_on_the_same_journal(town: Town) -> None:
    await town.router.start()
    routes = (town.router.folder / "routes.yaml").read_text()
    other = routes.replace(
        "server: {listen: ", "journal: {url: sqlite:///router.db, lock_wait: 100ms}\nserver: {listen: "
    )
    other = other.replace(f":{town.router.port}", ":0")
    (town.router.folder / "other.yaml").write_text(other)
    code, _, err = await town.router.command("run", "other.yaml")
    assert code == 3
    assert "router.db" in err
    assert "Traceback" not in err


async def test_sigterm_lets_what_is_under_way_end_and_leaves_nothing_running(town: Town) -> None:
    await town.router.start()
    for number in range(10):
        await town.clerk.send("user.created", id=f"user_{number}")
    assert await town.router.terminate() == 0
    assert "ending: no new events are taken" in town.router.log
    assert town.router.log.endswith("router.app: ended\n")
    assert town.router.rows("select count(*) from deliveries where state = 1", "router.db") == [(0,)]
    await town.router.start()
    async with asyncio.timeout(START):
        while await unsettled(town):
            await asyncio.sleep(0.1)
    assert len(town.resend.sent) == 10
    assert town.router.rows("select count(*) from deliveries where state <> 5", "router.db") == [(0,)]


async def test_a_destination_that_is_down_costs_no_event_and_delays_no_other(town: Town) -> None:
    town.router.env["APP_URL"] = "http://127.0.0.1:9"  # nobody listens on the discard port
    await town.router.start()
    for number in range(5):
        assert (await town.clerk.send("user.created", id=f"user_{number}")).status == 202
    async with asyncio.timeout(START):
        while len(town.slack.messages) < 5 or len(town.resend.sent) < 5:
            await asyncio.sleep(0.05)
    waiting = town.router.rows(
        "select count(*) from deliveries where destination = 'app' and state = 0", "router.db"
    )
    async with asyncio.timeout(START):
        while waiting != [(5,)]:
            await asyncio.sleep(0.05)
            waiting = town.router.rows(
                "select count(*) from deliveries where destination = 'app' and state in (0, 1)", "router.db"
            )


async def test_no_secret_is_in_the_journal_or_the_log(town: Town) -> None:
    await town.router.start()
    town.slack.echo()
    town.resend.echo()
    await town.clerk.send("user.created", id="user_ada")
    async with asyncio.timeout(START):
        while await unsettled(town):
            await asyncio.sleep(0.1)
    await town.router.terminate()
    written = b"".join(file.read_bytes() for file in town.router.folder.glob("router.*"))
    for name in ("CLERK_WEBHOOK_SIGNING_SECRET", "SLACK_WEBHOOK_URL", "RESEND_API_KEY"):
        secret = town.router.env[name].removeprefix("whsec_").encode()
        assert secret not in written, name
