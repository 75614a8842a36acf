"""What actions that speak HTTP share: the judge of answers, waiting times, addresses, signatures."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks.webhooks import Webhook

from router.plugin import Permanent, Retry, address, check_status, retry_after, signing_key, standard_signature

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_2xx_is_fine(status: int) -> None:
    check_status(status, {}, "whatever")


@pytest.mark.parametrize("status", [100, 301, 304, 400, 401, 403, 404, 409, 410, 422, 499])
def test_most_of_the_rest_will_never_work(status: int) -> None:
    with pytest.raises(Permanent, match=f"HTTP {status}: no"):
        check_status(status, {}, " no\n")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 599])
def test_what_may_work_later_is_a_retry_with_the_time_that_was_asked_for(status: int) -> None:
    with pytest.raises(Retry) as raised:
        check_status(status, {"RETRY-AFTER": "3"}, "", now=NOW)
    assert raised.value.after == 3
    assert raised.value.throttled == (status == 429)


def test_a_429_is_throttled_even_where_it_asks_for_no_time() -> None:
    with pytest.raises(Retry) as raised:
        check_status(429, {}, "", now=NOW)
    assert (raised.value.after, raised.value.throttled) == (None, True)


def test_a_long_answer_is_cut_in_the_reason() -> None:
    with pytest.raises(Permanent) as raised:
        check_status(400, {}, "x" * 5000)
    assert len(raised.value.reason) < 250


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        (format_datetime(NOW.replace(microsecond=0) + timedelta(seconds=90), usegmt=True), 89.11),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("1e309", None),
        ("1e300", 366 * 86400.0),
        ("-1e300", 0.0),
        ("9" * 5000, None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 366 * 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 366 * 86400.0),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Mon, 01 Jan 2026 00:00:00 +9999", None),
        ("Mon, 01 Jan 2026 00:00:00 +" + "9" * 30, None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_both_forms_of_retry_after_are_read_and_nonsense_is_none(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == (None if seconds is None else pytest.approx(seconds))


def test_a_missing_retry_after_is_none() -> None:
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_abc", "whsec_" + "A" * 28, "whsec_" + "-_" * 20, "ü" * 40]
)
def test_a_secret_that_is_no_key_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        signing_key(secret)


def test_a_signature_is_that_of_the_reference_library() -> None:
    body = '{"name":"Zoë"}'
    made = standard_signature(SECRET, "msg_1", NOW, body.encode())
    assert made["webhook-signature"] == Webhook(SECRET).sign("msg_1", NOW, body)
    assert made["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert made["webhook-id"] == "msg_1"


def test_an_address_loses_its_fragment_and_keeps_what_is_encoded() -> None:
    assert str(address("https://a.example/x%2Fy?q=%26#top")) == "https://a.example/x%2Fy?q=%26"
