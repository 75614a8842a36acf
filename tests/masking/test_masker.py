"""Payloads without secrets and personal data: what stays, what goes, and that nothing is left of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.masking.kind import Kind
from router.masking.masker import Masked, Wishes, mask

#: None of it is real: tokens of the right form, and nothing behind them.
TOKENS = {
    "whsec": "whsec_" + "QUFB" * 8,
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "slack": "xoxb-" + "1234567890-abcdefGHIJ",
    "github": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "bearer": "Bearer abc.def-123456789",
}


def only(value: Any, **wishes: Any) -> Any:
    """Return a payload masked."""
    return mask(value, Wishes(**wishes)).payload


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("email", "ada@acme.dev", "user1@example.com"),
        ("emailAddress", "ada@acme.dev", "user1@example.com"),
        ("identifier", "ada@acme.dev", "user1@example.com"),
        ("first_name", "Ada", "Name1"),
        ("pw", "swordfish", "masked1"),
        ("lastName", "Byron", "Name1"),
        ("name", "Ada Byron", "Name1"),
        ("phone_number", "+44 20 7946 0958", "+12025550101"),
        ("anything", "+442079460958", "+12025550101"),
        ("city", "London", "Address1"),
        ("client_ip", "81.2.69.142", "192.0.2.1"),
        ("anything", "2a00:1450:4001::200e", "2001:db8::1"),
        ("birthday", "1815-12-10", "2001-01-01"),
        ("card", "4111 1111 1111 1111", "0000 0000 0000 0001"),
        ("last4", "4242", "0001"),
        ("id", "user_2vX11zP5ojq7cTRY58xT6abcdef", "user_1"),
        ("id", "550e8400-e29b-41d4-a716-446655440000", "00000000-0000-4000-8000-000000000001"),
        ("password", "hunter2", "masked1"),
        ("session_token", "s3cr3t", "masked1"),
        ("sha", "ec26c3e57ca3a959ca5aad62de7213c562f8c821", "0" * 39 + "1"),
        ("avatar", "https://img.example/u/eyJ0eXBlIjoicHJveHkiLCJzcmM", "https://img.example/u/masked1"),
        ("reset", "https://acme.dev/reset?token=abc&lang=en", "https://acme.dev/reset?token=masked1&lang=masked2"),
        ("db", "postgres://ada:pw@db.acme.dev/x", "postgres://masked1@db.acme.dev/x"),
    ],
)
def test_each_kind_has_a_substitute_of_its_form(key: str, value: str, expected: str) -> None:
    assert only({key: value}) == {key: expected}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("type", "user.created"),
        ("object", "email_address"),
        ("status", "verified"),
        ("email_verified", "yes"),
        ("password_enabled", True),
        ("first_name", None),
        ("username", ""),
        ("created_at", 1716883200000),
        ("at", "2026-01-15T12:00:00.000Z"),
        ("ts", "1610493715.001000"),
        ("amount", 1200),
        ("ref", "refs/heads/my-long-branch-name"),
        ("role", "org:admin"),
        ("version", "2.9.18"),
        ("browser_version", "128.0.0.0"),
        ("user_agent", "Mozilla/5.0 Chrome/128.0.0.0 Safari/537.36"),
        ("html_url", "https://github.com/octo/repo/pull/2"),
        ("currency", "eur"),
        ("path", "/usr/local/jetty/lib/http2/http2-hpack-9.4.27.jar"),
    ],
)
def test_what_tells_nothing_about_a_person_stays(key: str, value: Any) -> None:
    assert only({key: value}) == {key: value}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_found_wherever_it_stands(name: str) -> None:
    token = TOKENS[name]
    found = json.dumps(
        only({"note": f"use {token}, please", "a": [token], "type": token, "u": f"https://x.dev/{token}"})
    )
    assert token not in found
    assert token[8:] not in found


@pytest.mark.parametrize("number", ["555-867-5309", "(555) 867-5309", "555.867.5309", "+1 555 867 5309"])
def test_a_phone_number_is_found_in_a_sentence(number: str) -> None:
    assert "867" not in only({"note": f"call {number}, please"})["note"]


@pytest.mark.parametrize("text", ["2024-01-15 1234", "1.555-867-53090", "order 100-200-30000"])
def test_a_number_of_another_form_is_no_phone_number(text: str) -> None:
    assert only({"note": text}) == {"note": text}


def test_the_same_value_has_the_same_substitute_everywhere_so_that_joins_hold() -> None:
    payload = {
        "primary_email_address_id": "idn_29w83yL7CwVlJXylYLxcslromF1",
        "email_addresses": [
            {"id": "idn_29w83yL7CwVlJXylYLxcslromF1", "email_address": "ada@acme.dev"},
            {"id": "idn_3Abc3yL7CwVlJXylYLxcslromF9", "email_address": "ada@acme.dev"},
        ],
        "first_name": "Ada",
        "greeting": "Hello Ada (ADA@acme.dev), Adam is here",
        "type": "Ada",
    }
    assert only(payload) == {
        "primary_email_address_id": "idn_1",
        "email_addresses": [
            {"id": "idn_1", "email_address": "user1@example.com"},
            {"id": "idn_2", "email_address": "user1@example.com"},
        ],
        "first_name": "Name1",
        "greeting": "Hello Name1 (user1@example.com), Adam is here",
        "type": "Ada",
    }


def test_what_the_rules_compare_with_is_kept() -> None:
    payload = {"name": "acme", "slug": "acme", "owner": {"name": "other"}, "email": "ada@acme.dev"}
    masked = only(payload, known={"acme", "@acme.dev"})
    assert masked == {"name": "acme", "slug": "acme", "owner": {"name": "Name1"}, "email": "user1@acme.dev"}


def test_a_person_may_keep_and_mask_places() -> None:
    payload = {"users": [{"name": "Ada", "bio": "of London", "age": 36}], "name": "Bob"}
    masked = mask(
        payload, Wishes(keep=[("users", "*", "name")], mask=[("users", "0", "bio"), ("users", "0", "age")])
    )
    assert masked.payload == {"users": [{"name": "Ada", "bio": "masked1", "age": 1}], "name": "Name1"}
    assert masked.places == {Kind.ASKED: ["users[0].bio", "users[0].age"], Kind.NAME: ["name"]}


def test_a_name_of_several_parts_keeps_them() -> None:
    payload = {"full_name": "octo/repo", "owner": {"login": "octo"}, "url": "https://x.dev/repos/octo/repo/issues"}
    assert only(payload) == {
        "full_name": "Name1/Name2",
        "owner": {"login": "Name1"},
        "url": "https://x.dev/repos/Name1/Name2/issues",
    }


def test_a_short_value_in_the_query_of_an_address_is_not_looked_for_elsewhere() -> None:
    payload = {"docs": "https://x.dev/?v=1.0.0&kind=git", "version": "1.0.0", "clone": "git://x.dev/a.git"}
    assert only(payload) == {**payload, "docs": "https://x.dev/?v=masked1&kind=masked2"}


def test_a_digest_in_an_address_and_beside_it_is_the_same_digest() -> None:
    digest = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
    masked = only({"url": f"https://x.dev/commit/{digest}", "sha": digest})
    assert masked == {"url": f"https://x.dev/commit/{'0' * 39}1", "sha": "0" * 39 + "1"}


def test_what_was_masked_is_told_by_kind_and_place() -> None:
    masked = mask({"data": {"email": "a@b.de", "ips": ["81.2.69.142", "x"]}})
    assert masked.places == {Kind.EMAIL: ["data.email"], Kind.IP: ["data.ips[0]"]}
    assert masked.count == 2


def test_a_key_that_is_an_address_is_masked_and_stays_apart() -> None:
    assert only({"a@b.de": 1, "c@d.de": 2}) == {"user1@example.com": 1, "user2@example.com": 2}


def test_a_value_that_looks_like_a_substitute_is_not_left_as_it_is() -> None:
    assert only({"email": "user1@example.com", "cc": "user2@example.com"}) == {
        "email": "user3@example.com",
        "cc": "user4@example.com",
    }


EMAILS = st.emails()
SECRETS = st.from_regex(r"\A(whsec_[A-Za-z0-9+/]{24}|ghp_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{20})\Z")
KEYS = st.sampled_from(["email", "name", "note", "id", "type", "token", "url", "data", "items", "x y", "città"])


def payloads(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return payloads with these leaves."""
    others = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    return st.recursive(
        leaves | others,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=15,
    )


@given(st.data(), EMAILS, SECRETS)
@settings(max_examples=300, deadline=None)
def test_no_address_and_no_token_is_left_anywhere(data: st.DataObject, email: str, token: str) -> None:
    texts = st.sampled_from(
        [email, token, f"write to {email} now", f"({token})", f"https://x.dev/a?b={token}", f"mailto:{email}"]
    )
    payload = data.draw(payloads(texts))
    found = json.dumps(mask(payload).payload, ensure_ascii=False)
    assert email.casefold() not in json.loads(json.dumps(found)).casefold()
    assert token not in found


@given(payloads(EMAILS | SECRETS))
@settings(max_examples=300, deadline=None)
def test_structure_and_types_stay(payload: Any) -> None:
    assert shape(mask(payload).payload) == shape(payload)


def shape(value: Any) -> Any:
    """Return what a value is made of, without what it says."""
    if isinstance(value, dict):
        return [shape(inner) for inner in value.values()]
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


@given(payloads(EMAILS | SECRETS))
@settings(max_examples=100, deadline=None)
def test_the_same_payload_is_masked_in_the_same_way(payload: Any) -> None:
    first: Masked = mask(payload)
    assert first == mask(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {"blob": "A" * 200_000},
        {"blob": "Ab1+" * 10_000},
        {"text": "a@b.de " * 20_000},
        {"text": "x" * 100_000 + "@"},
        {"text": "a:" * 100_000, "n": "1" * 100_000},
        {"text": "a_" * 100_000},
        {"text": "https://x.dev/?" + "a=b&" * 40_000},
        {"people": [{"name": f"Somebody{n}"} for n in range(5_000)], "text": "Somebody77 was here " * 10_000},
        {"text": "-----BEGIN X-----" * 10_000},
    ],
    ids=range(9),
)
@pytest.mark.timeout(60)  # a bound against a hang: each takes a part of a second
def test_a_hostile_payload_takes_time_in_proportion_to_its_size(payload: Any) -> None:
    assert shape(mask(payload).payload) == shape(payload)
