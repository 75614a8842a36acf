"""Calls with a fetched token, against a real token endpoint and a real API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from router.plugin import Permanent, Retry
from tests.plugins.stage import NOW, delivery, opened, params, part_of
from tests.vendors.oauth2 import SECRET, GuardedVendor, TokenVendor, token

CALL = {"path": "/orders", "json": {"id": 7}}


class Desk:
    """The action between a token endpoint and the API that takes its tokens."""

    def __init__(self, tokens: TokenVendor, app: GuardedVendor, action: Any) -> None:
        self.tokens, self.app, self.action = tokens, app, action

    async def call(self, **given: Any) -> Any:
        return await self.action.execute(params("http", {**CALL, **given}), delivery())

    async def fails(self) -> Retry:
        """Call; it has to be a Retry, that tells no secret."""
        with pytest.raises(Retry) as raised:
            await self.call()
        for secret in (SECRET, "s3cr+t", "s3cr%2Bt", "GhJkL9", token(1), token(2)):
            assert secret not in raised.value.reason
        return raised.value


@asynccontextmanager
async def desk(**oauth2: Any) -> AsyncIterator[Desk]:
    async with (
        TokenVendor() as tokens,
        GuardedVendor(tokens) as app,
        opened("http", {"base_url": app.url, "auth": tokens.config(**oauth2)}) as action,
    ):
        yield Desk(tokens, app, action)


async def test_the_first_call_fetches_a_token_and_the_next_ones_bring_it() -> None:
    async with desk() as at:
        assert at.tokens.received == [], "nothing is fetched before it is needed"
        for _ in range(3):
            assert await at.call() == {"status": 200}
        assert at.app.shown == [token(1)] * 3
        (asked,) = at.tokens.received
        assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert at.tokens.form() == {"grant_type": "client_credentials"}


async def test_id_and_secret_may_stand_among_the_fields() -> None:
    async with desk(client_auth="body") as at:
        await at.call()
        assert at.tokens.form()["client_secret"] == SECRET
        assert "Authorization" not in at.tokens.received[0].headers


@pytest.mark.parametrize("scope", ["orders:write users", ["orders:write", "users"]])
async def test_scope_audience_and_other_fields_go_along(scope: Any) -> None:
    async with desk(scope=scope, audience="https://api.acme.dev", params={"resource": "a b&c"}) as at:
        await at.call()
        assert at.tokens.form() == {
            "grant_type": "client_credentials",
            "scope": "orders:write users",
            "audience": "https://api.acme.dev",
            "resource": "a b&c",
        }


async def test_fifty_calls_at_once_fetch_one_token() -> None:
    async with desk() as at:
        await asyncio.gather(*(at.call() for _ in range(50)))
        assert len(at.tokens.received) == 1
        assert at.app.shown == [token(1)] * 50


async def test_who_is_cancelled_while_it_waits_takes_the_token_from_nobody() -> None:
    async with desk() as at:
        at.tokens.hold()
        first = asyncio.ensure_future(at.call())
        await at.tokens.arrived.wait()
        others = [asyncio.ensure_future(at.call()) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        at.tokens.released.set()
        assert await asyncio.gather(*others) == [{"status": 200}] * 3
        assert len(at.tokens.received) == 1


async def test_a_request_that_nobody_waits_for_any_more_is_ended() -> None:
    async with desk() as at:
        at.tokens.hang()
        only = asyncio.ensure_future(at.call())
        await at.tokens.arrived.wait()
        only.cancel()
        async with asyncio.timeout(10):
            await at.tokens.left.wait()
        assert await at.call() == {"status": 200}


async def test_an_endpoint_that_never_answers_is_told_while_the_attempt_lasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk() as at:
        monkeypatch.setattr(part_of("http", "tokens"), "PATIENCE", 0.05)
        at.tokens.hang()
        assert (await at.fails()).reason == "the token endpoint gave no answer within 0.05 s"


async def test_a_token_that_ended_before_its_time_is_renewed_and_the_call_repeated() -> None:
    async with desk() as at:
        await at.call()
        at.tokens.good.clear()
        assert await at.call() == {"status": 200}
        assert at.app.shown == [token(1), token(1), token(2)]
        again = at.app.received[-2:]
        assert again[0].body == again[1].body
        assert again[0].headers["webhook-id"] == again[1].headers["webhook-id"]


async def test_a_token_that_many_calls_find_refused_is_renewed_once() -> None:
    async with desk() as at:
        await at.call()
        at.tokens.good.clear()
        await asyncio.gather(*(at.call() for _ in range(50)))
        assert at.tokens.granted == 2


async def test_a_refused_token_that_somebody_renewed_meanwhile_is_not_renewed_again() -> None:
    async with desk() as at:
        await at.call()
        at.tokens.good.clear()
        at.app.hold(401)
        late = asyncio.ensure_future(at.call())
        await at.app.held.wait()
        await at.call()
        assert at.tokens.granted == 2
        at.app.released.set()
        assert await late == {"status": 200}
        assert at.tokens.granted == 2


async def test_a_second_401_is_final_and_fetches_no_third_token() -> None:
    async with desk() as at:
        at.app.fail(401, "not you", times=2)
        with pytest.raises(Permanent, match="HTTP 401: not you"):
            await at.call()
        assert (at.tokens.granted, len(at.app.received)) == (2, 2)


async def test_a_403_and_a_401_that_the_route_calls_fine_renew_nothing() -> None:
    async with desk() as at:
        at.app.fail(403)
        with pytest.raises(Permanent, match="HTTP 403"):
            await at.call()
        at.app.fail(401)
        assert await at.call(success=["2xx", 401]) == {"status": 401}
        assert at.tokens.granted == 1


async def test_a_route_with_an_authorization_of_its_own_gets_no_token() -> None:
    async with desk() as at:
        with pytest.raises(Permanent, match="HTTP 401"):
            await at.call(headers={"authorization": "Digest x"})
        assert at.app.received[0].headers.getall("Authorization") == ["Digest x"]
        assert at.tokens.received == []


async def test_a_token_that_the_api_quotes_is_not_in_the_reason() -> None:
    async with desk() as at:
        at.app.echo(500)
        assert "***" in (await at.fails()).reason
        at.app.say(422, f"no: {token(1)}")
        with pytest.raises(Permanent) as raised:
            await at.call()
        assert raised.value.reason == "HTTP 422: no: ***"


async def test_a_secret_that_is_replaced_fails_nothing_for_good() -> None:
    async with desk() as at:
        at.tokens.secret = "the next one"
        assert (await at.fails()).reason == "the token endpoint refused the client: invalid_client"
        at.tokens.secret = SECRET
        assert await at.call() == {"status": 200}


@pytest.mark.parametrize(
    ("status", "error"), [(400, "invalid_scope"), (401, "invalid_client"), (403, "unauthorized_client")]
)
async def test_a_refused_client_is_told_with_the_endpoints_words(status: int, error: str) -> None:
    async with desk() as at:
        at.tokens.refuse(error, status, error_description=f"{SECRET} is wrong")
        reason = (await at.fails()).reason
        assert reason == f"the token endpoint refused the client: {error} (*** is wrong)"


@pytest.mark.parametrize("status", [400, 404, 418, 500, 502, 503])
async def test_any_other_error_of_the_endpoint_is_tried_again(status: int) -> None:
    async with desk() as at:
        at.tokens.say(status, "out of order", {"Retry-After": "40"} if status == 503 else None)
        failed = await at.fails()
        assert failed.reason == f"the token endpoint: HTTP {status}: out of order"
        assert (failed.after, failed.throttled) == (40 if status == 503 else None, False)
        assert at.app.received == []


@pytest.mark.parametrize("asked", ["12", format_datetime(NOW + timedelta(seconds=12), usegmt=True)])
async def test_an_endpoint_that_throttles_pauses_the_destination(asked: str) -> None:
    async with desk() as at:
        at.tokens.throttle(asked)
        failed = await at.fails()
        assert (failed.after, failed.throttled) == (12, True)


async def test_each_call_that_waited_gets_the_failure_for_itself() -> None:
    async with desk() as at:
        at.tokens.throttle("12")
        failed = await asyncio.gather(*(at.call() for _ in range(5)), return_exceptions=True)
        assert [error.after for error in failed if isinstance(error, Retry)] == [12] * 5
        assert len({id(error) for error in failed}) == 5
        assert len(at.tokens.received) == 1


async def test_redirects_of_the_endpoint_are_not_followed() -> None:
    async with desk() as at:
        at.tokens.say(307, "", {"Location": f"{at.app.url}/steal"})
        assert "redirects (HTTP 307)" in (await at.fails()).reason
        assert at.app.received == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"access_token": None}, "holds no `access_token`"),
        ({"access_token": ""}, "holds no `access_token`"),
        ({"access_token": 7}, "holds no `access_token`"),
        ({"access_token": "a\r\nX-Evil: 1"}, "blanks, line breaks"),
        ({"access_token": "a b"}, "blanks, line breaks"),
        ({"access_token": "ä"}, "blanks, line breaks"),
        ({"token_type": None}, "`token_type` is not `Bearer`"),
        ({"token_type": "mac"}, "`token_type` is not `Bearer`"),
    ],
)
async def test_an_answer_that_grants_nothing_usable_is_tried_again(answer: Any, reason: str) -> None:
    async with desk() as at:
        at.tokens.grant(**answer)
        assert reason in (await at.fails()).reason
        assert at.app.received == []
        assert await at.call() == {"status": 200}


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", "[" * 50_000, '{"access_token": "' + "x" * 70_000])
async def test_an_answer_that_is_no_json_object_is_tried_again(text: str) -> None:
    async with desk() as at:
        at.tokens.say(200, text)
        assert (await at.fails()).reason == "the token endpoint's answer is no JSON object"


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "Bearer"])
async def test_the_kind_of_a_token_may_be_written_in_any_case(kind: str) -> None:
    async with desk() as at:
        at.tokens.good.add("t")
        at.tokens.grant(access_token="t", token_type=kind)
        assert await at.call() == {"status": 200}
        assert at.app.shown == ["t"]


@pytest.mark.parametrize("life", [None, "soon", True, [], "1e999", "nan", 10**400])
async def test_a_life_that_says_nothing_usable_does_no_harm(life: Any) -> None:
    async with desk() as at:
        at.tokens.expires_in = life
        assert await at.call() == {"status": 200}


async def test_a_token_that_ends_at_once_serves_those_who_waited_for_it() -> None:
    async with desk() as at:
        at.tokens.expires_in = 0
        await asyncio.gather(*(at.call() for _ in range(20)))
        assert at.tokens.granted == 1
        await at.call()
        assert at.tokens.granted == 2


async def test_an_endpoint_that_is_not_there_is_named_without_its_path() -> None:
    async with desk() as at:
        await at.tokens.stop()
        reason = (await at.fails()).reason
        assert reason.startswith("the token endpoint: no connection to 127.0.0.1:")
        assert "/oauth" not in reason


@pytest.mark.parametrize("how", ["cut", "truncate"])
async def test_an_answer_that_breaks_off_is_tried_again(how: str) -> None:
    async with desk() as at:
        getattr(at.tokens, how)()
        assert "the connection broke" in (await at.fails()).reason


async def test_closing_ends_the_request_and_tells_who_waits() -> None:
    async with desk() as at:
        at.tokens.hang()
        waiting = asyncio.ensure_future(at.call())
        await at.tokens.arrived.wait()
        await at.action.close()
        with pytest.raises(Retry, match="was closed"):
            await waiting
        async with asyncio.timeout(10):
            await at.tokens.left.wait()


async def test_a_signed_call_is_signed_the_same_when_it_is_repeated() -> None:
    secret = "whsec_" + "QUFB" * 8
    async with TokenVendor() as tokens, GuardedVendor(tokens) as app:
        config = {"base_url": app.url, "auth": tokens.config(), "secret": secret, "headers": {"X-Team": "a"}}
        async with opened("http", config) as action:
            app.fail(401)
            await action.execute(params("http", {**CALL, "sign": True}), delivery())
        first, again = app.received
        assert first.headers["webhook-signature"] == again.headers["webhook-signature"]
        assert json.loads(again.body) == CALL["json"]
        assert again.headers.getall("Authorization") == [f"Bearer {token(2)}"]
