"""A verified request becomes an event, whatever it lacks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from router.errors import Rejected
from router.model import Event
from tests.sources.build import NOW, SECRET, request, source

FREE = """
    free:
      verify: none
      type: [header:X-Event, $.action]
      id: $.id
      time: $.at
      data: $.data
      headers: [X-Tenant]
      query: [tenant]
"""


def event(payload: object, headers: dict[str, str] | None = None, text: str = FREE) -> Event:
    return source(text).identify(request(json.dumps(payload).encode(), headers or {}), "evt_1")


def test_type_id_time_and_data_come_from_where_the_source_says() -> None:
    found = event({"action": "opened", "id": 7, "at": 1772000000, "data": {"x": 1}}, {"x-event": "pull"})
    assert (found.type, found.id, found.data) == ("pull.opened", "7", {"x": 1})
    assert found.time == datetime.fromtimestamp(1772000000, UTC)
    assert found.deduplicable
    assert found.uid == "evt_1"
    assert found.received_at == NOW


def test_an_event_that_lacks_everything_is_not_refused() -> None:
    found = event([])
    assert (found.type, found.id, found.time, found.data) == ("", "evt_1", NOW, None)
    assert not found.deduplicable


def test_the_payload_is_the_data_where_the_source_names_none() -> None:
    assert event({"a": 1}, text="s: {verify: none, id: $.id}").data == {"a": 1}


@pytest.mark.parametrize("odd", ["", "a\x00b", "\ud800", "x" * 256, True, None, [], {"a": 1}, 10**300, "a\nb"])
def test_an_odd_id_becomes_ours_and_an_odd_type_none(odd: object) -> None:
    found = event({"id": odd, "action": odd})
    assert (found.id, found.type, found.deduplicable) == ("evt_1", "", False)


def test_an_odd_part_spoils_the_whole_type_and_a_missing_one_does_not() -> None:
    assert event({"action": "a\x00"}, {"X-Event": "push"}).type == ""
    assert event({}, {"X-Event": "push"}).type == "push"
    assert event({"action": None}, {"X-Event": "push"}).type == "push"


def test_only_named_headers_and_query_values_are_kept_and_made_safe() -> None:
    headers = [
        ("Authorization", "Bearer x"),
        ("Cookie", "a=b"),
        ("X-Event", "push"),
        ("x-tenant", "one"),
        ("X-Tenant", "caf\udce9"),
        ("User-Agent", "t"),
        ("Content-Type", "application/json"),
        ("traceparent", "00-1"),
        ("X-Other", "y"),
    ]
    found = source(FREE).identify(request(b"{}", headers, query=[("tenant", "t1"), ("token", "x")]), "evt_1")
    kept = {name for name, _ in found.headers}
    assert kept == {"X-Event", "x-tenant", "X-Tenant", "User-Agent", "Content-Type", "traceparent"}
    assert [value for name, value in found.headers if name.lower() == "x-tenant"] == ["one", "caf?"]
    assert found.query == (("tenant", "t1"),)


def test_a_token_is_never_kept() -> None:
    text = "s: {verify: {scheme: token, header: X-Custom}, secret: abc, id: $.id}"
    found = source(text).identify(request(b"{}", {"X-Custom": "abc", "User-Agent": "u"}), "evt_1")
    assert found.headers == (("User-Agent", "u"),)


def test_a_token_is_not_kept_even_in_a_header_that_is_kept_otherwise() -> None:
    text = "s: {verify: {scheme: token, header: User-Agent}, secret: abc, id: $.id}"
    assert source(text).identify(request(b"{}", {"User-Agent": "abc"}), "evt_1").headers == ()


def test_a_body_that_is_no_json_is_refused_with_400() -> None:
    with pytest.raises(Rejected) as caught:
        source(FREE).identify(request(b"{", {}), "evt_1")
    assert caught.value.status == 400


def test_the_id_of_the_family_that_was_verified_is_taken() -> None:
    found = source(f"s: {{provider: svix, secret: {SECRET}}}")
    for family in ("svix", "webhook"):
        headers = {f"{family}-{key.removeprefix('svix-')}": v for key, v in found.sign("m1", NOW, b"{}").items()}
        if family == "svix":
            headers["webhook-id"] = "somebody else's"
        asked = request(b"{}", headers)
        found.verify(asked)
        assert found.identify(asked, "evt_1").id == "m1"


def test_signing_anew_gives_what_the_same_source_accepts() -> None:
    for text in (
        f"s: {{provider: clerk, secret: {SECRET}}}",
        "s: {provider: github, secret: abc}",
        "s: {verify: {scheme: hmac, header: X, encoding: hex, signed: '{id}{body}'}, secret: a, id: 'header:X-I'}",
    ):
        found = source(text)
        headers = found.sign("m1", NOW + timedelta(seconds=1), b"{}")
        asked = request(b"{}", headers)
        found.verify(asked)
        assert found.identify(asked, "evt_1").id == "m1"


def test_a_source_without_a_signing_secret_cannot_sign() -> None:
    for text in ("s: {verify: none}", "s: {verify: {scheme: token, header: X-T}, secret: abc}"):
        found = source(text)
        assert not found.signable
        with pytest.raises(ValueError, match="no secret"):
            found.sign("m1", NOW, b"{}")


def test_a_request_to_send_carries_type_id_and_proof() -> None:
    github = source("s: {provider: github, secret: abc}")
    body = b'{"action": "opened"}'
    headers = github.request_headers("m1", "pull_request.opened", NOW, body)
    assert headers["X-GitHub-Event"] == "pull_request"
    asked = request(body, headers)
    github.verify(asked)
    found = github.identify(asked, "evt_1")
    assert (found.type, found.id) == ("pull_request.opened", "m1")
    token = source("s: {verify: {scheme: token, header: X-T}, secret: abc}")
    assert token.request_headers("m1", "t", NOW, b"{}")["X-T"] == "abc"
