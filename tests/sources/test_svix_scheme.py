"""Svix and Standard Webhooks, held to the `svix` package."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from svix.webhooks import Webhook, WebhookVerificationError

from router.errors import Rejected
from router.sources.svix_scheme import STANDARD_FAMILIES, SVIX_FAMILIES, SvixScheme
from tests.sources.build import NOW, OTHER, SECRET, request

BODY = '{"type": "user.created", "name": "Zoë"}'.encode()
SVIX = SvixScheme("svix", [SECRET], SVIX_FAMILIES, 300)
BOTH = SvixScheme("svix", [OTHER, SECRET], SVIX_FAMILIES, 300)
STANDARD = SvixScheme("standard-webhooks", [SECRET], STANDARD_FAMILIES, 300)


def signed(body: bytes = BODY, at: datetime = NOW, message_id: str = "msg_1") -> dict[str, str]:
    return SVIX.sign(message_id, at, body)


def reason(scheme: SvixScheme, headers: dict[str, str] | list[tuple[str, str]], body: bytes = BODY) -> str:
    with pytest.raises(Rejected) as caught:
        scheme.verify(request(body, headers))
    assert caught.value.status == 401
    return caught.value.reason


def oracle_accepts(headers: dict[str, str], body: bytes) -> bool:
    """Ask the `svix` package, its clock set to NOW."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return NOW

    with patch("standardwebhooks.webhooks.datetime", Clock):
        try:
            Webhook(SECRET).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            return False
    return True


def accepts(headers: dict[str, str], body: bytes) -> bool:
    try:
        SVIX.verify(request(body, headers))
    except Rejected:
        return False
    return True


def test_what_svix_signs_is_accepted_and_what_we_sign_is_accepted_by_svix() -> None:
    theirs = Webhook(SECRET).sign("msg_9", NOW, BODY.decode())
    headers = {"Svix-Id": "msg_9", "Svix-Timestamp": str(int(NOW.timestamp())), "Svix-Signature": theirs}
    SVIX.verify(request(BODY, headers))
    assert oracle_accepts(signed(), BODY)


def test_signing_takes_any_time_zone_and_fraction() -> None:
    east = datetime.fromisoformat("2026-03-01T15:00:00.987+03:00")
    assert signed(at=east) == signed(at=NOW)


def test_every_secret_is_tried_and_the_first_one_signs() -> None:
    BOTH.verify(request(BODY, signed()))
    BOTH.verify(request(BODY, BOTH.sign("m", NOW, BODY)))
    assert "no signature fits" in reason(SVIX, BOTH.sign("m", NOW, BODY))


def test_one_good_signature_among_others_is_enough() -> None:
    headers = signed()
    wrong = SvixScheme("svix", [OTHER], SVIX_FAMILIES, 300).sign("msg_1", NOW, BODY)["svix-signature"]
    headers["svix-signature"] = f"v1a,abcd {wrong} {headers['svix-signature']}"
    SVIX.verify(request(BODY, headers))


def test_the_webhook_family_is_understood_but_never_mixed_with_the_other() -> None:
    headers = {name.replace("svix", "webhook"): value for name, value in signed().items()}
    SVIX.verify(request(BODY, headers))
    assert SVIX.message_id(request(BODY, headers)) == "msg_1"
    headers["svix-id"] = headers.pop("webhook-id")
    assert oracle_accepts(headers, BODY), "svix itself takes a mix"
    assert reason(SVIX, headers) == "the header `svix-timestamp` is missing"


def test_standard_webhooks_takes_its_own_headers_only() -> None:
    STANDARD.verify(request(BODY, STANDARD.sign("m", NOW, BODY)))
    assert reason(STANDARD, signed()) == "the header `webhook-id` is missing"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_time_beyond_the_tolerance_is_refused_in_both_directions(seconds: int) -> None:
    headers = signed(at=NOW + timedelta(seconds=seconds))
    assert "allowed" in reason(SVIX, headers)
    assert not oracle_accepts(headers, BODY)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_time_at_the_tolerance_is_accepted(seconds: int) -> None:
    headers = signed(at=NOW + timedelta(seconds=seconds))
    SVIX.verify(request(BODY, headers))
    assert oracle_accepts(headers, BODY)


def test_another_tolerance_can_be_chosen() -> None:
    SvixScheme("svix", [SECRET], SVIX_FAMILIES, 3600).verify(request(BODY, signed(at=NOW - timedelta(minutes=50))))


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
def test_a_missing_empty_doubled_or_oversized_header_is_refused(name: str) -> None:
    good = signed()
    assert "missing" in reason(SVIX, {key: value for key, value in good.items() if key != name})
    assert "empty" in reason(SVIX, good | {name: " "})
    assert "2 times" in reason(SVIX, [*good.items(), (name.title(), good[name])])
    assert "longer" in reason(SVIX, good | {name: "1" * 5000})


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1e9", "1772366400.9", "17_72366400", "+1772366400", "01772366400", "-1", "٣", "nan", "9" * 15],
)
def test_a_time_that_is_not_plain_digits_is_refused(text: str) -> None:
    reason(SVIX, signed() | {"svix-timestamp": text})


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "v1",
        "v1,",
        ",abc",
        "v1,a,b",
        "v1,AAAA",
        "v1a,only",
        "v2,{good}",
        "{good}  {good}",
        "garbage {good}",
        "{good} v1,a,b",
        "{good},x",
        "v1,{digest}!",
        "v1,\xe9{digest}",
        "V1,{digest}",
        "\udce9",
    ],
)
def test_a_malformed_list_of_signatures_is_refused_even_beside_a_good_one(text: str) -> None:
    good = signed()["svix-signature"]
    header = text.replace("{good}", good).replace("{digest}", good.removeprefix("v1,"))
    assert reason(SVIX, signed() | {"svix-signature": header})


@pytest.mark.parametrize("text", ["a b", "naïve", "x" * 256, "\udcff", "\x00"])
def test_an_id_that_is_not_visible_ascii_is_refused(text: str) -> None:
    reason(SVIX, signed() | {"svix-id": text})


def test_a_body_that_is_not_utf8_is_refused() -> None:
    assert "not UTF-8" in reason(SVIX, signed(), b"\xff\xfe")


@given(st.binary(min_size=1, max_size=40), st.data())
def test_any_changed_byte_of_body_id_time_or_signature_is_refused(raw: bytes, data: st.DataObject) -> None:
    body = raw.decode("latin-1").encode()
    parts = {"body": body, **{name: value.encode() for name, value in signed(body).items()}}
    name = data.draw(st.sampled_from(sorted(parts)))
    index = data.draw(st.integers(0, len(parts[name]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != parts[name][index]))
    parts[name] = parts[name][:index] + bytes([byte]) + parts[name][index + 1 :]
    changed = parts.pop("body")
    headers = {key: value.decode("utf-8", "surrogateescape") for key, value in parts.items()}
    with pytest.raises(Rejected):
        SVIX.verify(request(changed, headers))


@given(
    st.dictionaries(
        st.sampled_from([f"{f}-{p}" for f in ("svix", "webhook") for p in ("id", "timestamp", "signature")]),
        st.one_of(
            st.text(max_size=60),
            st.sampled_from(list(signed().values())),
            st.lists(st.sampled_from(["v1", ",", " ", "v1a", signed()["svix-signature"]])).map("".join),
        ),
    ),
    st.one_of(st.just(BODY), st.binary(max_size=30)),
)
def test_whatever_the_headers_are_only_rejected_is_raised_and_svix_accepts_what_we_accept(
    headers: dict[str, str], body: bytes
) -> None:
    if accepts(headers, body):
        assert oracle_accepts(headers, body)


@given(
    st.text(max_size=200).filter(lambda t: not any("\ud800" <= c <= "\udfff" for c in t)), st.integers(-300, 300)
)
def test_whatever_svix_signs_we_accept(text: str, shift: int) -> None:
    at = NOW + timedelta(seconds=shift)
    signature = Webhook(SECRET).sign("msg_x", at.astimezone(UTC), text)
    headers = {"svix-id": "msg_x", "svix-timestamp": str(int(at.timestamp())), "svix-signature": signature}
    SVIX.verify(request(text.encode(), headers))
    assert oracle_accepts(headers, text.encode())


def test_the_secret_is_in_no_reason() -> None:
    for headers in ({}, signed() | {"svix-signature": "v1,x"}, signed(b"{}")):
        with contextlib.suppress(Rejected):
            SVIX.verify(request(BODY, headers))
            pytest.fail("accepted")
        assert SECRET.removeprefix("whsec_") not in reason(SVIX, headers)
