"""Outgoing HTTP that goes nowhere."""

from __future__ import annotations

import asyncio

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from router.cli.capture import Capture


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
