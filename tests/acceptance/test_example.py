"""The example does, without code, what hand-written Clerk handlers do."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

from svix.webhooks import Webhook

from tests.acceptance.conftest import Rows
from tests.acceptance.process import START
from tests.acceptance.town import SECRET, Town
from tests.vendors.vendor import Received

ORG: dict[str, Any] = {"id": "org_1", "name": "Acme", "slug": "acme-corp", "created_at": 1716883200000}
BOB: dict[str, Any] = {
    "user_id": "user_bob",
    "identifier": "bob@example.com",
    "first_name": "Bob",
    "last_name": None,
}


async def until(rows: Rows, query: str, wanted: list[tuple[Any, ...]]) -> None:
    """Wait until a query gives these rows."""
    async with asyncio.timeout(START):
        while (found := await rows(query)) != wanted:
            await asyncio.sleep(0.05)
            assert found is not None


def posts(received: list[Received], path: str) -> list[Received]:
    """Return the requests to a path."""
    return [request for request in received if request.path == path]


async def test_users_organizations_and_memberships_are_kept_in_tables(town_and_rows: tuple[Town, Rows]) -> None:
    town, rows = town_and_rows
    await town.router.start()
    users = "select clerk_id, email, name from users order by clerk_id"

    answer = await town.clerk.send("user.created", id="user_ada")
    assert answer.status == 202
    assert answer.body["deliveries"] == 4
    await until(rows, users, [("user_ada", "ada@example.com", "Ada Byron")])
    await town.clerk.send("user.updated", id="user_ada", first_name="Augusta", last_name="King")
    await until(rows, users, [("user_ada", "ada@example.com", "Augusta King")])
    await town.clerk.send("user.deleted", id="user_ada")
    await until(rows, users, [])

    await town.clerk.send("organization.created", **ORG, created_by="user_ada")
    workspaces = "select org_id, user_id, name, created_at from workspaces order by user_id"
    when: Any = datetime.fromisoformat("2024-05-28T08:00:00")
    if town.router.env["DATABASE_URL"].startswith("sqlite"):
        when = "2024-05-28 08:00:00.000000"
    await until(rows, workspaces, [("org_1", "user_ada", "Acme", when)])

    member: dict[str, Any] = {"organization": ORG, "public_user_data": BOB}
    members = "select org_id, user_id, role from team_members"
    await town.clerk.send("organizationMembership.created", **member, role="org:member")
    await until(rows, members, [("org_1", "user_bob", "org:member")])
    await town.clerk.send("organizationMembership.updated", **member, role="org:admin")
    await until(rows, members, [("org_1", "user_bob", "org:admin")])
    await until(rows, workspaces, [("org_1", "user_ada", "Acme", when), ("org_1", "user_bob", "Acme", when)])
    await town.clerk.send("organizationMembership.deleted", **member, role="org:admin")
    await until(rows, members, [])
    await until(rows, workspaces, [("org_1", "user_ada", "Acme", when)])


async def test_a_timestamp_in_seconds_is_the_same_moment_as_one_in_milliseconds(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("organization.created", **(ORG | {"id": "org_s", "created_at": 1716883200}))
    await town.clerk.send("organization.created", **(ORG | {"id": "org_ms", "created_at": 1716883200000}))
    async with asyncio.timeout(START):
        while len(found := town.router.rows("select distinct created_at, count(*) from workspaces")) != 1 or (
            found[0][1] != 2
        ):
            await asyncio.sleep(0.05)


async def test_an_organization_made_by_nobody_gets_an_empty_user(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("organization.created", **ORG, created_by=None)
    async with asyncio.timeout(START):
        while town.router.rows("select org_id, user_id from workspaces") != [("org_1", "")]:
            await asyncio.sleep(0.05)


async def test_a_new_user_is_welcomed_by_mail_once_and_announced_in_slack(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("user.created", id="user_ada")
    async with asyncio.timeout(START):
        while not (town.slack.messages and town.resend.sent):
            await asyncio.sleep(0.05)
    assert town.slack.messages == [{"text": ":wave: New user: Ada Byron (ada@example.com)"}]
    ((key, mail),) = town.resend.sent.items()
    assert key.startswith("dlv_")
    assert mail == {
        "from": "Acme <onboarding@resend.dev>",
        "to": "ada@example.com",
        "subject": "Welcome, Ada!",
        "html": "<p>Hello Ada,</p><p>good to have you with us.</p>",
        "text": "Hello Ada, good to have you with us.",
    }


async def test_a_user_without_name_and_email_gets_nulls_and_no_mail(town: Town) -> None:
    await town.router.start()
    nobody: dict[str, Any] = {"id": "user_x", "first_name": None, "last_name": None, "email_addresses": []}
    answer = await town.clerk.send("user.created", **nobody, primary_email_address_id=None)
    assert answer.body["deliveries"] == 3, "no mail without an address"
    async with asyncio.timeout(START):
        while not (town.slack.messages and town.router.rows("select * from users")):
            await asyncio.sleep(0.05)
    assert town.router.rows("select clerk_id, email, name from users") == [("user_x", None, None)]
    assert town.slack.messages == [{"text": ":wave: New user: user_x (no email)"}]
    assert town.resend.received == []


async def test_a_hostile_name_pings_nobody_and_stays_text(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("user.created", id="user_m", first_name="<!channel>", last_name="{{ 7*7 }} <b>")
    async with asyncio.timeout(START):
        while not (town.slack.messages and town.resend.sent):
            await asyncio.sleep(0.05)
    assert "&lt;!channel&gt; {{ 7*7 }} &lt;b&gt;" in town.slack.messages[0]["text"]
    (mail,) = town.resend.sent.values()
    assert "Hello &lt;!channel&gt;" in mail["html"]


async def test_the_existing_handler_gets_the_body_as_it_came_with_a_signature_that_svix_accepts(
    town: Town,
) -> None:
    await town.router.start()
    await town.clerk.send("user.created", uid="msg_forwarded", id="user_ada")
    async with asyncio.timeout(START):
        while not posts(town.app.received, "/api/webhooks/clerk"):
            await asyncio.sleep(0.05)
    (request,) = posts(town.app.received, "/api/webhooks/clerk")
    Webhook(SECRET).verify(request.body, dict(request.headers))
    assert request.headers["svix-id"] == "msg_forwarded"
    assert json.loads(request.body)["data"]["id"] == "user_ada"


async def test_conditions_on_role_and_slug_choose_who_is_told(town: Town) -> None:
    await town.router.start()
    for slug, role in (("acme-corp", "org:member"), ("other", "org:admin"), ("acme-corp", "org:admin")):
        await town.clerk.send(
            "organizationMembership.created", organization=ORG | {"slug": slug}, public_user_data=BOB, role=role
        )
    async with asyncio.timeout(START):
        while not town.slack.messages or len(town.router.rows("select * from team_members")) != 1:
            await asyncio.sleep(0.05)
    assert town.slack.messages == [{"text": "bob@example.com is now an admin of Acme"}]


async def test_sessions_are_told_to_the_app_and_failed_payments_to_slack(town: Town) -> None:
    await town.router.start()
    await town.clerk.send("session.created", id="sess_1", user_id="user_ada", created_at=1716883200000)
    await town.clerk.send("paymentAttempt.updated", id="pa_1", status="failed")
    await town.clerk.send("paymentAttempt.updated", id="pa_2", status="paid")
    async with asyncio.timeout(START):
        while not (town.slack.messages and posts(town.app.received, "/internal/sign-ins")):
            await asyncio.sleep(0.05)
    (request,) = posts(town.app.received, "/internal/sign-ins")
    said = json.loads(request.body)
    assert said["at"] == "2024-05-28T08:00:00.000Z"
    assert (said["user"], said["session"]) == ("user_ada", "sess_1")
    assert request.headers["webhook-id"].startswith("dlv_")
    assert [message["text"].split(" of ")[0] for message in town.slack.messages] == ["Payment pa_1"]
