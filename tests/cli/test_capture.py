"""Outgoing HTTP that goes nowhere."""

from __future__ import annotations

import asyncio

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from router.cli.capture import Capture
from tests.plugins.stage import delivery, opened, params

GRANT = b"grant_type=client_credentials"


async def test_a_request_is_kept_whole_and_answered_as_if_all_were_well() -> None:
    capture = Capture()
    async with capture.session() as session:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("delivery 1")
        url = "https://api.example.invalid/users?x=1"
        async with session.put(url, json={"id": 1}, headers={"X-Key": "k"}) as answer:
            assert answer.status == 200
            assert (await answer.json())["ok"] is True
    (kept,) = capture.of("delivery 1")
    assert (kept.method, kept.url, kept.body) == ("PUT", url, b'{"id": 1}')
    assert kept.headers["X-Key"] == "k"
    assert capture.of("delivery 1") == [], "it is told once"


async def test_the_requests_of_two_tasks_are_kept_apart() -> None:
    capture = Capture()

    async def post(session: aiohttp.ClientSession, text: str) -> None:
        async with session.post("http://a.invalid/", data=text):
            pass

    async with capture.session() as session:
        await asyncio.gather(
            *(asyncio.get_running_loop().create_task(post(session, name), name=name) for name in ("a", "b"))
        )
    assert [kept.body for kept in capture.of("a")] == [b"a"]
    assert [kept.body for kept in capture.of("b")] == [b"b"]


async def test_the_slack_sdk_takes_the_answer() -> None:
    capture = Capture()
    async with capture.session() as session:
        client = AsyncWebhookClient(
            "https://hooks.slack.invalid/services/T/B/S", session=session, retry_handlers=[]
        )
        assert (await client.send(text="hi")).status_code == 200


async def test_a_token_request_is_shown_with_the_call_that_needs_it_and_asks_nobody() -> None:
    capture = Capture()
    auth = {"oauth2": {"token_url": "https://auth.invalid/token", "client_id": "me", "client_secret": "s3cret!"}}
    async with (
        capture.session() as session,
        opened("http", {"base_url": "https://a.invalid", "auth": auth}) as http,
    ):
        http.http = session
        await http.open()
        task = asyncio.current_task()
        assert task is not None
        for name in ("delivery 1", "delivery 2"):
            task.set_name(name)
            assert await http.execute(params("http", {"path": "/x", "json": {}}), delivery()) == {"status": 200}
    asked, called = capture.of("delivery 1")
    assert (asked.method, asked.url, asked.body) == ("POST", "https://auth.invalid/token", GRANT)
    assert called.url == "https://a.invalid/x"
    assert called.headers["Authorization"] == "Bearer made-up-by-router-dev"
    assert [kept.url for kept in capture.of("delivery 2")] == ["https://a.invalid/x"]
