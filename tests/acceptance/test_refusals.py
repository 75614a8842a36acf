"""A request that is not genuine gets its status, and nothing of it runs."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from svix.webhooks import Webhook

from tests.acceptance.process import START
from tests.acceptance.town import OTHER_SECRET, Clerk, Town, event

Refused = Callable[[Clerk], tuple[bytes, dict[str, str]]]


def wrong(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """A signature of nothing in particular."""
    body = event("user.created")
    return body, clerk.signed(body) | {"svix-signature": "v1,bm90IGEgc2lnbmF0dXJlIG9mIHRoaXMgYm9keSE="}


def tampered(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """One byte of the body is another one."""
    body = event("user.created")
    return body.replace(b"Ada", b"Eve", 1), clerk.signed(body)


def stale(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """Rightly signed, six minutes ago."""
    body = event("user.created")
    return body, clerk.signed(body, at=datetime.now(UTC) - timedelta(minutes=6))


def early(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """Rightly signed, in six minutes."""
    body = event("user.created")
    return body, clerk.signed(body, at=datetime.now(UTC) + timedelta(minutes=6))


def unsigned(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """No signature headers at all."""
    return event("user.created"), {"Content-Type": "application/json"}


def wrongly_keyed(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """Rightly signed with a key that is not configured."""
    body = event("user.created")
    return body, clerk.signed(body, key=Webhook(OTHER_SECRET))


def garbled(clerk: Clerk) -> tuple[bytes, dict[str, str]]:
    """A header that the libraries' own verifiers raise odd errors for."""
    body = event("user.created")
    return body, clerk.signed(body) | {"svix-signature": "v1,a,b garbage \xff"}


@pytest.mark.parametrize("request_of", [wrong, tampered, stale, early, unsigned, wrongly_keyed, garbled])
async def test_a_request_that_is_not_genuine_is_401_and_leaves_nothing(town: Town, request_of: Refused) -> None:
    await town.router.start()
    body, headers = request_of(town.clerk)
    answer = await town.clerk.post(body, headers)
    assert answer.status == 401
    assert set(answer.body) == {"error"}
    assert "signature" not in json.dumps(answer.body).lower(), "which check failed is not for the sender"
    assert town.router.rows("select count(*) from events", "router.db") == [(0,)]
    assert town.slack.received == town.resend.received == town.app.received == []
    assert " 401" in town.router.log, "the reason is in the log"


async def test_an_event_that_comes_twice_runs_once(town: Town) -> None:
    await town.router.start()
    body = event("user.created", id="user_ada")
    first = await town.clerk.post(body, town.clerk.signed(body, uid="msg_twice"))
    again = await town.clerk.post(body, town.clerk.signed(body, uid="msg_twice"))
    assert (first.status, again.status) == (202, 200)
    assert again.body == {"event": first.body["event"], "duplicate": True}
    async with asyncio.timeout(START):
        while town.router.rows("select count(*) from deliveries where settled_at is null", "router.db") != [(0,)]:
            await asyncio.sleep(0.05)
    assert len(town.slack.messages) == 1
    assert len(town.resend.received) == 1


async def test_the_same_id_with_another_body_is_counted_and_never_run(town: Town) -> None:
    await town.router.start()
    for name in ("Ada", "Eve"):
        body = event("user.created", id="user_ada", first_name=name)
        await town.clerk.post(body, town.clerk.signed(body, uid="msg_same"))
    async with asyncio.timeout(START):
        while town.router.rows("select count(*) from deliveries where settled_at is null", "router.db") != [(0,)]:
            await asyncio.sleep(0.05)
    assert [message["text"] for message in town.slack.messages] == [":wave: New user: Ada Byron (ada@example.com)"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[" * 150 + b"]" * 150, b"[" * 100_000, b'{"a": NaN}'],
    ids=["cut", "empty", "deep", "very deep", "NaN"],
)
async def test_a_verified_body_that_cannot_be_read_is_400(town: Town, body: bytes) -> None:
    await town.router.start()
    answer = await town.clerk.post(body, town.clerk.signed(body))
    assert answer.status == 400
    assert town.router.rows("select count(*) from events", "router.db") == [(0,)]


@pytest.mark.parametrize("body", [b"\xff\xfe", b'"\xed\xa0\x80"'], ids=["not UTF-8", "a raw surrogate"])
async def test_a_body_that_svix_cannot_sign_is_401(town: Town, body: bytes) -> None:
    await town.router.start()
    answer = await town.clerk.post(body, town.clerk.signed(b"x"))
    assert answer.status == 401
    assert town.router.rows("select count(*) from events", "router.db") == [(0,)]


async def test_hostile_values_in_a_signed_event_cost_nobody_anything(town: Town) -> None:
    await town.router.start()
    for value in ("\u0000", "\ud800", 2**63, 10**300, "\r\nX-Injected: 1"):
        body = event("user.created", id=f"user_{hash(str(value).encode('utf-8', 'replace'))}", first_name=value)
        answer = await town.clerk.post(body, town.clerk.signed(body))
        assert answer.status == 202
    assert (await town.clerk.send("user.created", id="user_fine")).status == 202
    async with asyncio.timeout(START):
        while ("user_fine",) not in town.router.rows("select clerk_id from users"):
            await asyncio.sleep(0.05)


async def test_a_body_over_the_limit_is_413_also_when_it_is_small_on_the_wire(town: Town) -> None:
    await town.router.start()
    body = event("user.created", filler="x" * 2**21)
    plain = await town.clerk.post(body, town.clerk.signed(body))
    packed = await town.clerk.post(gzip.compress(body), town.clerk.signed(body) | {"Content-Encoding": "gzip"})
    assert (plain.status, packed.status) == (413, 413)
