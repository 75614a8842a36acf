"""LANGUAGE.md, "Sources"."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from router.errors import Rejected
from tests.language.town import (
    NOW,
    SECRET,
    clerk,
    file_faults,
    load,
    made,
    note,
    params,
    refused,
    rules,
    sent,
    told,
    usable,
)

EVERY = "routes:\n  - {name: r, actions: [{http: {url: 'https://x.dev', json: '{{ data }}'}}]}\n"


def source(keys: str) -> Any:
    """Return a ruleset with one source of these keys, called `app`."""
    return usable(load(f"sources:\n  app: {keys}\n{EVERY}"))


def source_faults(keys: str) -> list[str]:
    """Return the problems of such a source; it stands on line 2 from column 8 on."""
    return file_faults(f"sources:\n  app: {keys}\n{EVERY}")


def test_provider_or_verify_is_required_and_none_must_be_spelled_out() -> None:
    (said,) = source_faults("{secret: x, id: $.id}")
    assert said.startswith("2:3 missing-key: the source `app` needs `provider` or `verify`")
    assert "verify: none" in said
    assert refused(source("{verify: none, id: $.id}"), "app", ()) is None


def test_a_source_posts_to_its_name_or_to_its_path() -> None:
    assert source("{verify: none, id: $.id}").sources["app"].path == "/webhooks/app"
    assert source("{verify: none, id: $.id, path: /hooks/x}").sources["app"].path == "/hooks/x"
    (said,) = source_faults("{verify: none, id: $.id, path: hooks}")
    assert "`hooks` is not a path" in said


@pytest.mark.parametrize("prefix", ["svix", "webhook"])
def test_a_preset_knows_scheme_type_id_time_and_data(prefix: str) -> None:
    ruleset = source(f"{{provider: clerk, secret: ['{SECRET}', '']}}")
    payload = clerk(id="user_9")
    event = sent(ruleset, "app", payload, headers=[(f"{prefix}-id", "msg_9")])
    assert (event.type, event.id, event.data["id"]) == ("user.created", "msg_9", "user_9")
    assert abs((event.time - NOW).total_seconds()) < 3600
    signed = ruleset.sources["app"].sign("msg_9", NOW, b"{}")
    assert refused(ruleset, "app", list(signed.items())) is None
    assert (refused(ruleset, "app", list(signed.items()), b"{ }") or "").startswith("401")


def test_what_the_preset_says_can_be_overridden() -> None:
    ruleset = source(f"{{provider: clerk, secret: '{SECRET}', type: $.kind, data: $, tolerance: 1m}}")
    event = sent(ruleset, "app", {"kind": "a.b", "type": "user.created", "data": 1})
    assert event.type == "a.b"
    assert event.data == event.payload


def test_a_source_without_a_preset_describes_itself() -> None:
    ruleset = source(
        '{verify: {scheme: hmac, header: X-Acme-Signature, prefix: "sha256=", algorithm: sha256, encoding: hex,'
        ' signed: "{timestamp}.{body}", timestamp: {header: X-Acme-Time, unit: s, tolerance: 5m}},'
        " secret: acme-secret, type: [$.object, $.action], id: header:X-Acme-Delivery, time: $.sent_at,"
        " data: $.payload}"
    )
    payload = {"object": "invoice", "action": "paid", "sent_at": 1_763_900_000, "payload": {"id": 7}}
    event = sent(ruleset, "app", payload, headers=[("x-acme-delivery", "d-1")])
    assert (event.type, event.id, event.data) == ("invoice.paid", "d-1", {"id": 7})
    assert event.time.timestamp() == 1_763_900_000
    at = str(int(NOW.timestamp()))
    proof = hmac.new(b"acme-secret", f"{at}.".encode() + b"{}", hashlib.sha256).hexdigest()
    headers = [("X-Acme-Signature", f"sha256={proof}"), ("X-Acme-Time", at)]
    assert refused(ruleset, "app", headers) is None
    assert (refused(ruleset, "app", [headers[0], ("X-Acme-Time", str(int(at) - 301))]) or "").startswith("401")


def test_a_token_stands_in_a_header_with_a_prefix() -> None:
    ruleset = source(
        '{verify: {scheme: token, header: Authorization, prefix: "Bearer "}, secret: [t1, t2], id: $.id}'
    )
    assert refused(ruleset, "app", [("authorization", "Bearer t2")]) is None
    assert (refused(ruleset, "app", [("authorization", "t2")]) or "").startswith("401")
    assert (refused(ruleset, "app", ()) or "").startswith("401")


def test_standard_webhooks_is_a_scheme() -> None:
    ruleset = source(f"{{verify: standard-webhooks, secret: '{SECRET}'}}")
    signed = ruleset.sources["app"].sign("msg_1", NOW, b"{}")
    assert set(signed) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert refused(ruleset, "app", list(signed.items())) is None


def test_more_headers_and_query_names_are_kept_and_credentials_are_not() -> None:
    ruleset = source("{verify: none, id: $.id, headers: [X-Shop], query: [tenant]}")
    event = sent(
        ruleset,
        "app",
        {},
        headers=[("X-SHOP", "1"), ("X-Other", "2"), ("Authorization", "3"), ("Content-Type", "application/json")],
        query=[("tenant", "a"), ("key", "b")],
    )
    kept = {name.lower(): value for name, value in event.headers}
    assert kept == {"x-shop": "1", "content-type": "application/json"}
    assert dict(event.query) == {"tenant": "a"}
    found = source_faults("{verify: none, id: $.id, headers: [Authorization, Cookie], query: [token]}")
    assert [said.split()[1] for said in found] == ["credential:"] * 3


def test_without_id_nothing_is_a_duplicate_and_check_warns() -> None:
    (said,) = load("sources:\n  app: {verify: none, type: $.type}\n" + EVERY).problems
    assert (said.severity, said.code) == ("warning", "no-id")
    event = sent(source("{verify: none}"), "app", {"id": "x"})
    assert (event.id, event.deduplicable) == ("evt_ours", False)
    assert sent(source("{verify: none, id: $.id}"), "app", {"id": "x"}).deduplicable


@pytest.mark.parametrize(
    ("data", "email", "phone", "name"),
    [
        ({"email_addresses": [], "phone_numbers": [], "first_name": None, "last_name": None}, None, None, None),
        ({"first_name": "Ada", "last_name": None}, "first@x.dev", "+1", "Ada"),
        ({"primary_email_address_id": "e2", "primary_phone_number_id": "p2"}, "second@x.dev", "+2", "Ada Byron"),
        ({"primary_email_address_id": "gone"}, "first@x.dev", "+1", "Ada Byron"),
    ],
)
def test_the_vars_of_clerk(data: dict[str, Any], email: Any, phone: Any, name: Any) -> None:
    usual = {
        "email_addresses": [
            {"id": "e1", "email_address": "first@x.dev"},
            {"id": "e2", "email_address": "second@x.dev"},
        ],
        "primary_email_address_id": None,
        "phone_numbers": [{"id": "p1", "phone_number": "+1"}, {"id": "p2", "phone_number": "+2"}],
        "primary_phone_number_id": None,
        "first_name": "Ada",
        "last_name": "Byron",
    }
    text = (
        "- name: r\n  source: clerk\n  actions:\n    - http: {path: /x, json: "
        "['{{ primary_email }}', '{{ primary_phone }}', '{{ full_name }}']}\n"
    )
    found = params(text, clerk(**{**usual, **data}), "clerk")["json"]
    assert found == [email, phone, name]


@pytest.mark.parametrize(
    "payload", [{}, {"type": None}, {"type": ["a"]}, {"type": "", "id": {}, "at": "soon"}, [], 1]
)
def test_a_verified_event_is_never_refused_for_what_it_misses(payload: Any) -> None:
    text = "- {name: all, actions: [{http: {path: /x}}]}\n"
    text += "- {name: typed, event: '*', actions: [{http: {path: /x}}]}\n"
    event = sent(rules(text), "app", payload)
    assert (event.type, event.id, event.time) == ("", "evt_ours", NOW)
    assert made(text, payload) == ["all/http"]
    assert made("- {name: rest, fallback: true, actions: [{http: {path: /x}}]}", payload) == ["rest/http"]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(99_999_999_999, 99_999_999_999), (100_000_000_000, 100_000_000), (1_763_900_000_500, 1_763_900_000.5)],
)
def test_a_number_of_time_is_seconds_or_milliseconds(given: int, seconds: float) -> None:
    event = sent(rules(note("source: app")), "app", {"at": given})
    assert event.time.timestamp() == seconds


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"NaN", b"[" * 200 + b"]" * 200])
def test_a_verified_body_that_is_no_json_is_a_400(body: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        sent(rules(note("source: app")), "app", None, body=body)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (
            "{provider: clrek, secret: x}",
            "2:19 unknown-provider: there is no provider `clrek` (did you mean `clerk`?)",
        ),
        ("{provider: clerk}", "2:3 missing-key: the source `app` needs a `secret`"),
        ("{provider: clerk, secret: short}", "2:34 wrong-secret: the `secret` of the source `app`"),
        ("{provider: clerk, secrt: x}", "2:26 unknown-key: the source `app` has no key `secrt`"),
        ("{verify: none, secret: x, id: $.id}", "2:31 useless-key: a `secret` is of no use with `verify: none`"),
        ("{verify: none, id: id}", "2:27 wrong-place: `id`: `id` is not a place in a request: write `$.path` or"),
        ("{verify: none, id: $.id, data: header:X}", "2:39 wrong-place: `data` must stand in the body"),
        (
            "{verify: {scheme: token}, secret: abc, id: $.id}",
            "2:9 missing-key: `verify` of the source `app` needs",
        ),
        ("{verify: {scheme: hmak, header: X}, secret: abc, id: $.id}", "2:26 unknown-scheme: there is no scheme"),
        ("{verify: none, id: $.id, tolerance: 5m}", "2:44 useless-key: `tolerance` is of no use"),
        ("{verify: none, id: $.id, max_body: 5}", "2:43 wrong-unit: `max_body` needs a unit"),
        ("clerk", "2:8 wrong-type: the source `app` must be a mapping, not a text"),
    ],
)
def test_a_mistake_in_a_source_is_told_at_its_place(keys: str, found: str) -> None:
    said = source_faults(keys)
    assert any(one.startswith(found) for one in said), said


@pytest.mark.parametrize("body", ["auto", "json"])
def test_the_bodies_that_are_read(body: str) -> None:
    assert sent(source(f"{{verify: none, id: $.id, body: {body}}}"), "app", {"id": 1}).id == "1"


@pytest.mark.parametrize("scheme", ["jwt", "google-oidc"])
def test_other_schemes_are_not_yet(scheme: str) -> None:
    (said,) = source_faults(f"{{verify: {{scheme: {scheme}}}, secret: abc, id: $.id}}")
    assert said.startswith("2:26 not-yet: ")


@pytest.mark.parametrize("name", ["twilio", "mailgun", "aws-sns", "adyen"])
def test_well_known_providers_without_a_file_are_not_yet(name: str) -> None:
    (said,) = source_faults(f"{{provider: {name}, secret: abc}}")
    assert said.startswith(f"2:19 not-yet: the provider `{name}` is not supported yet")


def test_two_sources_of_one_path_are_an_error() -> None:
    text = "sources:\n  a: {verify: none, id: $.id, path: /x}\n  b: {verify: none, id: $.id, path: /x}\n"
    (said,) = told(load(text))
    assert said.startswith("3:3 duplicate-path: the sources `a` and `b`")


def test_a_github_and_a_shopify_signature() -> None:
    ruleset = rules(note("source: [github, shopify]"))
    digest = hmac.new(b"a-github-secret", b"{}", hashlib.sha256)
    assert refused(ruleset, "github", [("X-Hub-Signature-256", f"sha256={digest.hexdigest()}")]) is None
    raw = hmac.new(b"a-shopify-secret", b"{}", hashlib.sha256).digest()
    assert refused(ruleset, "shopify", [("X-Shopify-Hmac-Sha256", base64.b64encode(raw).decode())]) is None
    event = sent(
        ruleset,
        "github",
        {"action": "opened"},
        headers=[("X-GitHub-Event", "pull_request"), ("X-GitHub-Delivery", "7")],
    )
    assert (event.type, event.id) == ("pull_request.opened", "7")
    assert sent(ruleset, "github", {}, headers=[("X-GitHub-Event", "push")]).type == "push"
    assert sent(ruleset, "shopify", {}, headers=[("X-Shopify-Topic", "orders/create")]).type == "orders/create"
