"""The HTTP action against a loopback app: what is sent, where it may go, how answers are judged."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from svix.webhooks import Webhook as SvixWebhook

from router.plugin import Permanent, Retry
from tests.plugins.stage import NOW, action_class, delivery, opened, params, part_of
from tests.vendors.app import AppVendor
from tests.vendors.vendor import Received

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
BODY = '{"type": "user.created", "data": {"name": "Zoë"}}'.encode()


async def call(app: AppVendor, given: dict[str, Any], at: Any = None, **config: Any) -> Received:
    async with opened("http", {"base_url": app.url, **config}) as action:
        facts = await action.execute(params("http", given), at or delivery())
    assert facts == {"status": 200}
    return app.received[-1]


async def test_json_form_and_text_bodies_arrive_with_their_type() -> None:
    async with AppVendor() as app:
        got = await call(app, {"path": "/orders", "json": {"note": "Zoë", "lines": [1, 2.5, None]}})
        assert json.loads(got.body) == {"note": "Zoë", "lines": [1, 2.5, None]}
        assert (got.method, got.path, got.headers["Content-Type"]) == ("POST", "/orders", "application/json")
        got = await call(app, {"path": "/f", "form": {"a": "1 & 2", "b": "é"}})
        assert got.body == b"a=1+%26+2&b=%C3%A9"
        assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
        got = await call(app, {"path": "/t", "method": "PUT", "body": "é"})
        assert (got.method, got.body, got.headers["Content-Type"]) == (
            "PUT",
            "é".encode(),
            "text/plain; charset=utf-8",
        )
        got = await call(app, {"path": "/t", "body": "<x/>", "headers": {"content-type": "application/xml"}})
        assert got.headers.getall("Content-Type") == ["application/xml"]


async def test_falsy_json_is_sent_and_no_body_is_none() -> None:
    async with AppVendor() as app:
        assert (await call(app, {"path": "/", "json": []})).body == b"[]"
        assert (await call(app, {"path": "/", "json": False})).body == b"false"
        got = await call(app, {"path": "/", "method": "GET"})
        assert (got.method, got.body) == ("GET", b"")


async def test_path_and_query_are_put_behind_the_base_and_encoded() -> None:
    async with AppVendor() as app:
        given = {"path": "/users/a%2Fb/é?fixed=1", "method": "GET", "query": {"q": "a&b=c", "e": "ü"}}
        got = await call(app, given, base_url=f"{app.url}/api/")
        assert got.target == "/api/users/a%2Fb/%C3%A9?fixed=1&q=a%26b%3Dc&e=%C3%BC"
        assert got.query == {"fixed": "1", "q": "a&b=c", "e": "ü"}


async def test_the_deliverys_id_goes_along_as_webhook_id_and_stays_over_repeats() -> None:
    async with AppVendor() as app:
        for attempt in (1, 2):
            got = await call(app, {"path": "/"}, delivery(name="dlv_7", attempt=attempt))
            assert got.headers.getall("webhook-id") == ["dlv_7"]
        got = await call(app, {"path": "/", "headers": {"Webhook-Id": "mine"}})
        assert got.headers.getall("webhook-id") == ["mine"]
        assert "router-version" not in got.headers
        assert (await call(app, {"path": "/"}, delivery(version=9))).headers["router-version"] == "9"


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        ({"bearer": "tok"}, ("Authorization", "Bearer tok")),
        ({"basic": {"username": "ada", "password": "pé"}}, ("Authorization", "Basic YWRhOnDDqQ==")),
        ({"header": {"name": "X-Api-Key", "value": "k"}}, ("X-Api-Key", "k")),
    ],
)
async def test_credentials_and_headers_of_the_destination_go_along(auth: Any, sent: tuple[str, str]) -> None:
    async with AppVendor() as app:
        got = await call(app, {"path": "/"}, auth=auth, headers={"X-Tenant": "acme"})
        assert got.headers[sent[0]] == sent[1]
        assert got.headers["X-Tenant"] == "acme"


async def test_a_signed_call_verifies_with_svix(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)
    async with AppVendor() as app:
        got = await call(app, {"path": "/", "json": {"name": "Zoë"}, "sign": True}, secret=SECRET)
        SvixWebhook(SECRET).verify(got.body, dict(got.headers))
        got = await call(
            app, {"path": "/", "sign": True, "method": "GET", "headers": {"webhook-id": "mine"}}, secret=SECRET
        )
        assert got.headers["webhook-id"] == "mine"
        SvixWebhook(SECRET).verify(got.body, dict(got.headers))


async def test_a_forwarded_event_that_is_signed_anew_verifies_with_svix(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)

    def sign() -> dict[str, str]:
        signature = SvixWebhook(SECRET).sign("msg_1", NOW, BODY.decode())
        return {"svix-id": "msg_1", "svix-timestamp": str(int(NOW.timestamp())), "svix-signature": signature}

    stale = (
        ("content-type", "application/json; charset=utf-8"),
        ("webhook-signature", "v1,old"),
        ("svix-id", "msg_1"),
    )
    at = delivery(body=BODY, headers=stale, sign=sign)
    async with AppVendor() as app:
        got = await call(app, {"path": "/hooks", "forward": "resign"}, at, headers={"Svix-Signature": "v1,mine"})
        SvixWebhook(SECRET).verify(got.body, dict(got.headers))
        assert got.body == BODY
        assert got.headers["Content-Type"] == "application/json; charset=utf-8"
        assert got.headers.getall("svix-id") == ["msg_1"]
        assert "webhook-id" not in got.headers
        assert "webhook-signature" not in got.headers


async def test_a_source_that_cannot_sign_makes_the_delivery_dead() -> None:
    def sign() -> dict[str, str]:
        raise Permanent("the source `clerk` holds no secret")

    async with AppVendor() as app:
        with pytest.raises(Permanent, match="holds no secret"):
            await call(app, {"path": "/", "forward": "resign"}, delivery(sign=sign))
        assert app.received == []


async def test_an_event_is_forwarded_with_its_own_headers_and_every_byte_of_its_body() -> None:
    body = b'{"a": 1,\r\n "b": "\\u00e9"}\n'
    kept = (
        ("Content-Type", "application/json"),
        ("X-GitHub-Delivery", "7"),
        ("X-Twice", "1"),
        ("X-Twice", "2"),
        ("Host", "evil.example"),
        ("Content-Length", "1"),
    )
    async with AppVendor() as app:
        got = await call(app, {"path": "/", "forward": "original"}, delivery(body=body, headers=kept))
        assert got.body == body
        assert got.headers["X-GitHub-Delivery"] == "7"
        assert got.headers.getall("X-Twice") == ["1", "2"]
        assert "evil" not in got.headers["Host"]
        assert got.headers["Content-Length"] == str(len(body))
        assert "webhook-id" not in got.headers


@pytest.mark.parametrize(
    ("status", "success", "expected"),
    [
        (200, None, None),
        (204, None, None),
        (404, ["2xx", 404], None),
        (304, [304], None),
        (404, None, Permanent),
        (200, [201], Permanent),
        (301, None, Permanent),
        (308, None, Permanent),
        (410, None, Permanent),
        (408, None, Retry),
        (425, None, Retry),
        (429, None, Retry),
        (500, None, Retry),
        (503, None, Retry),
        (503, ["2xx", "5xx"], None),
    ],
)
async def test_the_status_decides(
    status: int, success: list[Any] | None, expected: type[Exception] | None
) -> None:
    given = {"path": "/", "method": "GET", **({"success": success} if success else {})}
    async with AppVendor() as app, opened("http", {"base_url": app.url}) as action:
        app.say(status, "", {"Location": "/elsewhere"})
        if expected is None:
            assert await action.execute(params("http", given), delivery()) == {"status": status}
        else:
            with pytest.raises(expected, match=f"HTTP {status}"):
                await action.execute(params("http", given), delivery())
        assert len(app.received) == 1


async def test_a_huge_answer_is_read_in_part_only() -> None:
    async with AppVendor() as app, opened("http", {"base_url": app.url}) as action:
        app.say(500, "x" * 20_000_000)
        with pytest.raises(Retry) as raised:
            await action.execute(params("http", {"path": "/"}), delivery())
        assert len(raised.value.reason) < 300
        assert await action.execute(params("http", {"path": "/"}), delivery()) == {"status": 200}


@pytest.mark.parametrize(
    "path", ["/users/../admin", "/users/%2e%2E/admin", "/users/%252e%252e", "/a/./b", "/a\\..\\b", "/a/.."]
)
async def test_a_path_that_leads_elsewhere_is_dead(path: str) -> None:
    async with AppVendor() as app:
        with pytest.raises(Permanent, match="would lead elsewhere"):
            await call(app, {"path": path})
        assert app.received == []


@pytest.mark.parametrize("path", ["orders", "@evil.example/", ":80/x", ".evil.example/"])
async def test_a_path_cannot_change_the_host(path: str) -> None:
    async with AppVendor() as app:
        with pytest.raises(Permanent, match="must start with /"):
            await call(app, {"path": path})


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://erp.acme.dev/x", True),
        ("https://ERP.acme.dev/x", True),
        ("https://erp.acme.dev:8443/x", False),
        ("http://erp.acme.dev/x", False),
        ("https://api.acme.dev/x", True),
        ("https://api.acme.dev:444/x", True),
        ("http://api.acme.dev/x", False),
        ("https://10.0.0.7:81/x", True),
        ("https://10.0.0.7:82/x", False),
        ("https://evil.example/x", False),
        ("https://erp.acme.dev.evil.example/x", False),
        ("https://evil.example/#https://erp.acme.dev/", False),
    ],
)
def test_a_url_may_lead_to_the_destination_and_to_allowed_hosts_only(url: str, allowed: bool) -> None:
    given = {"base_url": "https://erp.acme.dev", "allow_hosts": ["api.acme.dev", "10.0.0.7:81"]}
    config = action_class("http").Config.model_validate(given)
    place = part_of("http", "place").place
    if allowed:
        assert str(place(config, params("http", {"url": url}))).startswith("http")
    else:
        with pytest.raises(Permanent, match="is not the destination's"):
            place(config, params("http", {"url": url}))


@pytest.mark.parametrize(
    "url", ["ftp://x/", "//x/y", "https://", "https://u:p@erp.acme.dev/", "http://[::1", "http://h:99999/", "x"]
)
async def test_a_url_that_is_none_is_dead(url: str) -> None:
    async with opened("http", {}) as action:
        with pytest.raises(Permanent, match="not valid"):
            await action.execute(params("http", {"url": url}), delivery())


async def test_json_that_cannot_be_written_is_dead() -> None:
    async with AppVendor() as app:
        with pytest.raises(Permanent, match="cannot be written as JSON"):
            await call(app, {"path": "/", "json": {"n": float("nan")}})


def freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the verifier, which takes no clock, live at the time of the delivery."""

    class Clock:
        @staticmethod
        def now(tz: Any = None) -> Any:
            return NOW

        def __getattr__(self, name: str) -> Any:
            import datetime

            return getattr(datetime.datetime, name)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Clock())
