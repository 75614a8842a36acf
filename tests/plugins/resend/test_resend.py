"""The Resend action, through the SDK, against a loopback Resend."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pydantic
import pytest

from router.plugin import Delivery, Permanent, Retry, Usage
from tests.plugins.stage import NOW, action_class, delivery, opened, params
from tests.ports import free_port
from tests.vendors.resend import API_KEY, ResendVendor

MAIL = {"to": "ada@example.org", "subject": "Welcome", "text": "Hello Ada"}


async def send(resend: ResendVendor, given: dict[str, Any], at: Delivery | None = None, **config: Any) -> Any:
    settings = {"api_key": API_KEY, "from": "Acme <hello@acme.dev>", "base_url": resend.url, **config}
    async with opened("resend", settings) as action:
        return await action.execute(params("resend", given), at or delivery())


async def test_a_mail_goes_out_with_everything_that_was_given() -> None:
    given = {
        "to": ["ada@example.org", "bob@example.org"],
        "from": "Team <team@acme.dev>",
        "cc": "c@example.org",
        "bcc": ["d@example.org"],
        "reply_to": "help@acme.dev",
        "subject": "Welcome",
        "html": "<p>Hello</p>",
        "text": "Hello",
        "headers": {"X-Entity-Ref-ID": "7"},
        "tags": [{"name": "kind", "value": "welcome"}],
        "attachments": [{"filename": "a.txt", "content": "aGk="}, {"path": "https://acme.dev/terms.pdf"}],
        "scheduled_at": "2026-03-05T00:00:00Z",
    }
    async with ResendVendor() as resend:
        assert await send(resend, given) == {"id": "mail-0"}
        assert list(resend.sent.values()) == [given]
        assert resend.received[0].headers["Authorization"] == f"Bearer {API_KEY}"


async def test_the_sender_is_the_destinations_where_the_action_gives_none() -> None:
    async with ResendVendor() as resend:
        await send(resend, {**MAIL, "cc": "", "reply_to": []})
        assert list(resend.sent.values()) == [{**MAIL, "from": "Acme <hello@acme.dev>"}]


async def test_a_mail_without_any_sender_is_dead() -> None:
    async with ResendVendor() as resend:
        with pytest.raises(Permanent, match="`from` is empty"):
            await send(resend, MAIL, **{"from": None})
        assert resend.received == []


async def test_a_repeat_carries_the_deliverys_id_as_its_key_and_sends_no_second_mail() -> None:
    async with ResendVendor() as resend:
        resend.cut()  # the mail goes out, and the answer is lost
        with pytest.raises(Retry, match="connection broke"):
            await send(resend, MAIL, delivery(name="dlv_7"))
        assert await send(resend, MAIL, delivery(name="dlv_7", attempt=2)) == {"id": "mail-0"}
        assert list(resend.sent) == ["dlv_7"]
        assert len(resend.received) == 2


async def test_an_id_that_is_too_long_for_a_key_is_hashed_and_stays_the_same() -> None:
    async with ResendVendor() as resend:
        for attempt in (1, 2):
            await send(resend, MAIL, delivery(name="d" * 300, attempt=attempt))
        (key,) = resend.sent
        assert len(key) == 64


@pytest.mark.parametrize(
    ("attempt", "hours", "dead"), [(2, 22.9, False), (2, 23.1, True), (1, 23.1, True), (1, 0, False)]
)
async def test_a_repeat_after_23_hours_is_dead_because_the_outcome_is_unknown(
    attempt: int, hours: float, dead: bool
) -> None:
    at = delivery(attempt=attempt, first=NOW - timedelta(hours=hours))
    async with ResendVendor() as resend:
        if dead:
            with pytest.raises(Permanent, match=r"^outcome unknown"):
                await send(resend, MAIL, at)
        else:
            await send(resend, MAIL, at)
        assert len(resend.received) == (0 if dead else 1)


@pytest.mark.parametrize(
    ("status", "name", "expected"),
    [
        (400, "validation_error", Permanent),
        (400, "invalid_idempotency_key", Permanent),
        (401, "missing_api_key", Permanent),
        (401, "restricted_api_key", Permanent),
        (403, "invalid_api_key", Permanent),
        (403, "validation_error", Permanent),
        (404, "not_found", Permanent),
        (405, "method_not_allowed", Permanent),
        (409, "invalid_idempotent_request", Permanent),
        (409, "concurrent_idempotent_requests", Retry),
        (422, "missing_required_field", Permanent),
        (422, "invalid_from_address", Permanent),
        (429, "rate_limit_exceeded", Retry),
        (429, "daily_quota_exceeded", Retry),
        (429, "monthly_quota_exceeded", Retry),
        (451, "security_error", Permanent),
        (500, "application_error", Retry),
        (500, "internal_server_error", Retry),
        (503, "service_unavailable", Retry),
    ],
)
async def test_the_number_and_the_type_of_an_error_decide(
    status: int, name: str, expected: type[Exception]
) -> None:
    async with ResendVendor() as resend:
        resend.refuse(status, name, "because of that")
        with pytest.raises(expected, match="because of that" if name != "missing_api_key" else name):
            await send(resend, MAIL)
        assert len(resend.received) == 1


@pytest.mark.parametrize(("status", "expected"), [(502, Retry), (200, Retry), (403, Permanent)])
async def test_a_page_instead_of_an_answer_is_judged_by_its_status(status: int, expected: type[Exception]) -> None:
    async with ResendVendor() as resend:
        resend.say(status, "<html>trouble</html>", kind="text/html")
        with pytest.raises(expected):
            await send(resend, MAIL)


async def test_retry_after_is_obeyed() -> None:
    async with ResendVendor() as resend:
        resend.throttle("12")
        with pytest.raises(Retry) as raised:
            await send(resend, MAIL)
        assert (raised.value.after, raised.value.throttled) == (12, True)
        resend.refuse(503, "service_unavailable", headers={"Retry-After": "12"})
        with pytest.raises(Retry) as raised:
            await send(resend, MAIL)
        assert (raised.value.after, raised.value.throttled) == (12, False)


@pytest.mark.parametrize("quota", ["daily_quota_exceeded", "monthly_quota_exceeded"])
@pytest.mark.parametrize(("asked", "pause"), [(None, 3600), ("1", 3600), ("7200", 7200)])
async def test_an_exhausted_quota_stops_mails_for_an_hour_at_least(
    quota: str, asked: str | None, pause: float
) -> None:
    async with ResendVendor() as resend:
        resend.refuse(429, quota, headers={"retry-after": asked} if asked else None)
        with pytest.raises(Retry, match=quota) as raised:
            await send(resend, MAIL)
        assert (raised.value.after, raised.value.throttled) == (pause, True)


async def test_nobody_at_the_address_is_a_retry_that_names_the_host() -> None:
    settings = {"api_key": API_KEY, "base_url": f"http://127.0.0.1:{free_port()}"}
    async with opened("resend", settings) as action:
        with pytest.raises(Retry, match=r"^no connection to 127\.0\.0\.1:"):
            await action.execute(params("resend", {**MAIL, "from": "a@acme.dev"}), delivery())


async def test_destinations_that_send_at_once_never_mix_their_keys() -> None:
    keys = [f"re_key_number_{n}" for n in range(8)]
    async with ResendVendor(*keys) as resend:

        async def one(n: int) -> None:
            settings = {"api_key": keys[n % 8], "from": f"{n % 8}@acme.dev"}
            await send(resend, MAIL, delivery(name=f"dlv_{n}"), **settings)

        await asyncio.gather(*(one(n) for n in range(64)))
        assert len(resend.sent) == 64
        for received in resend.received:
            n = int(received.headers["Idempotency-Key"].removeprefix("dlv_")) % 8
            assert received.headers["Authorization"] == f"Bearer {keys[n]}"
            assert f'"{n}@acme.dev"'.encode() in received.body


async def test_a_key_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import resend as sdk

    monkeypatch.setattr(sdk, "api_key", "re_from_the_environment")
    async with ResendVendor() as resend:
        await send(resend, MAIL)
        assert resend.received[0].headers["Authorization"] == f"Bearer {API_KEY}"


@pytest.mark.parametrize("key", ["", " ", "re_1 2", "re_1\n", "ré_1"])
def test_a_key_that_cannot_be_sent_is_refused_at_load(key: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="is empty, or holds blanks"):
        action_class("resend").Config.model_validate({"api_key": key})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**MAIL, "to": ""}, "`to` is empty"),
        ({**MAIL, "to": []}, "`to` is empty"),
        ({**MAIL, "to": ["a@example.org", ""]}, "`to` is empty"),
        ({**MAIL, "to": ["a@example.org"] * 51}, "more than 50"),
        ({"to": "a@example.org", "subject": "x"}, "needs `html` or `text`"),
        ({**MAIL, "subject": "x\r\nBcc: all@example.org"}, "line break"),
        ({**MAIL, "headers": {"X-A": "1\n2"}}, "line break"),
        ({**MAIL, "attachments": [{"filename": "x"}]}, "either `content` or `path`"),
        ({**MAIL, "form": 1}, "Extra inputs"),
    ],
)
def test_a_mail_that_cannot_be_sent_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=said):
        params("resend", given)


def test_stored_parameters_are_read_back_as_they_were() -> None:
    mail = params("resend", {**MAIL, "from": "a@acme.dev"})
    assert type(mail).model_validate_json(mail.model_dump_json()) == mail


def test_check_asks_for_a_sender_and_a_body() -> None:
    resend = action_class("resend")
    config = resend.Config.model_validate({"api_key": "re_1"})
    assert len(list(resend.check(config, {"to": "a@b.co", "subject": "y"}, Usage()))) == 2
    assert not list(resend.check(config, {"html": {"file": "x.html"}, "from": "a@b.co"}, Usage()))
    assert not list(resend.check(None, {"text": "x"}, Usage()))


@pytest.mark.parametrize("key", ["to", "cc", "bcc", "reply_to", "from"])
def test_check_asks_for_addresses_of_mail_where_they_are_constant(key: str) -> None:
    params = {"to": "a@b.co", "from": "Acme <a@b.co>", "subject": "y", "text": "z"}
    for fine in ("a@b.co", ["a@b.co", "Ada <ada@b.co>"], "{{ data.email }}"):
        assert list(action_class("resend").check(None, {**params, key: fine}, Usage())) == []
    for wrong in ("ada", ["a@b.co", "@b.co"]):
        [fault] = action_class("resend").check(None, {**params, key: wrong}, Usage())
        assert fault.path == (key,)
        assert "is no address of mail" in fault.message
