"""Handshakes over real HTTP: answered, counted, and never events."""

from __future__ import annotations

import json
import logging

import aiohttp
import pytest

from tests.ingress.server import Running
from tests.sources.build import compiled
from tests.sources.test_handshake import META, NOTION, SLACK


def with_handshake(served: Running, handshake: str) -> str:
    """Let the server have one source with this handshake; return its address."""
    sources, problems = compiled(
        f"app: {{verify: {{scheme: token, header: X-T}}, secret: key, id: $.id, verify_token: mine, "
        f"handshakes: [{handshake}]}}"
    )
    assert not problems.errors
    served.rules.sources = sources
    return f"{served.address}/webhooks/app"


async def test_a_get_is_answered_where_its_token_is_right(served: Running) -> None:
    address = with_handshake(served, META)
    query = {"hub.mode": "subscribe", "hub.verify_token": "mine", "hub.challenge": "42"}
    async with aiohttp.ClientSession() as session:
        async with session.get(address, params=query) as answer:
            assert (answer.status, await answer.text()) == (200, "42")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with session.get(address, params=query | {"hub.verify_token": "guess"}) as answer:
            assert (answer.status, await answer.json()) == (401, {"error": "not verified"})
        async with session.options(address) as answer:
            assert answer.status == 405
    assert served.observer.shaken == ["app"]
    assert served.plans == []
    assert "guess" not in served.reason


async def test_a_verified_post_is_answered_and_an_unverified_one_is_refused(served: Running) -> None:
    address = with_handshake(served, SLACK)
    asks = {"type": "url_verification", "challenge": "3eZ"}
    async with aiohttp.ClientSession() as session:
        async with session.post(address, json=asks) as answer:
            assert answer.status == 401
        async with session.post(address, json=asks, headers={"X-T": "key"}) as answer:
            assert (answer.status, await answer.text()) == (200, "3eZ")
        assert served.plans == []
        async with session.post(address, json={"id": 1}, headers={"X-T": "key"}) as answer:
            assert answer.status == 202
    assert served.observer.shaken == ["app"]
    assert len(served.plans) == 1


async def test_a_token_is_shown_to_the_operator_on_one_line(
    served: Running, caplog: pytest.LogCaptureFixture
) -> None:
    address = with_handshake(served, NOTION)
    caplog.set_level(logging.WARNING)
    sent = json.dumps({"verification_token": "secret_x\nforged: line"})
    async with aiohttp.ClientSession() as session, session.post(address, data=sent) as answer:
        assert (answer.status, await answer.text()) == (200, "")
    (record,) = [record for record in caplog.records if "token for the source app" in record.getMessage()]
    assert "secret_x" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert served.plans == []
