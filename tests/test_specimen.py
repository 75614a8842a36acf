"""What comes of a request that is only asked about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from router.ruleset import load_ruleset
from router.sources.source import Source
from router.specimen import received, set_at, signed_request, value_of
from tests.sources.build import source as made

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
ROUTES = """
version: 1
sources: {clerk: {provider: clerk, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw2s"}}
"""


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A source that verifies."""
    (tmp_path / "routes.yaml").write_text(ROUTES)
    loaded = load_ruleset(tmp_path / "routes.yaml", {})
    assert loaded.ruleset is not None
    return loaded.ruleset.sources["clerk"]


def test_a_signed_request_is_verified_and_becomes_an_event(source: Source) -> None:
    body = json.dumps({"type": "user.created", "data": {"id": "user_1"}}).encode()
    found = received(source, signed_request(source, "user.created", body, "msg_1", AT), "evt_1")
    assert found.refusal is None
    assert found.event is not None
    assert (found.event.id, found.event.type, found.event.data) == ("msg_1", "user.created", {"id": "user_1"})


def test_a_request_that_would_be_refused_says_why(source: Source) -> None:
    request = signed_request(source, "user.created", b"{}", "msg_1", AT)
    late = received(source, replace(request, received_at=AT + timedelta(hours=1)), "evt_1")
    assert late.event is None
    assert late.refusal is not None
    assert late.refusal.status == 401
    assert "old" in late.refusal.reason


@pytest.mark.parametrize(
    ("path", "value", "then"),
    [
        ("data.name", "Ada", {"data": {"id": 1, "list": [1, 2], "name": "Ada"}}),
        ("data.list.1", None, {"data": {"id": 1, "list": [1, None]}}),
        ("a.b.c", 1, {"data": {"id": 1, "list": [1, 2]}, "a": {"b": {"c": 1}}}),
    ],
)
def test_a_value_of_a_payload_is_set(path: str, value: Any, then: Any) -> None:
    payload = {"data": {"id": 1, "list": [1, 2]}}
    set_at(payload, path, value)
    assert payload == then


@pytest.mark.parametrize("path", ["data.list.x", "data.list.5", "data.id.x"])
def test_a_place_that_does_not_exist_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        set_at({"data": {"id": 1, "list": [1, 2]}}, path, 1)


def test_a_text_on_the_command_line_is_json_or_itself() -> None:
    texts = ("1", "null", '"1"', "Ada", '{"a": [1]}')
    assert [value_of(text) for text in texts] == [1, None, "1", "Ada", {"a": [1]}]


def test_a_handshake_is_told_as_one_only_where_it_is_genuine() -> None:
    slack = "{when: {$.type: url_verification}, answer: {text: $.challenge}}"
    found = made(f"s: {{verify: {{scheme: token, header: X-T}}, secret: key, id: $.id, handshakes: [{slack}]}}")
    request = signed_request(found, "", b'{"type": "url_verification", "challenge": "x"}', "m", AT)
    refusal = received(found, request, "evt_1").refusal
    assert refusal is not None
    assert (refusal.status, "handshake" in refusal.reason) == (200, True)
    forged = received(found, replace(request, headers=(("X-T", "other"),)), "evt_1").refusal
    assert forged is not None
    assert forged.status == 401


def test_a_source_of_forms_is_sent_a_form() -> None:
    found = made("s: {verify: {scheme: token, header: X-T}, secret: key, body: form, type: $.command, id: $.id}")
    request = signed_request(found, "/deploy", b'{"command": "/deploy", "id": "7"}', "m", AT)
    assert request.body == b"command=%2Fdeploy&id=7"
    event = received(found, request, "evt_1").event
    assert event is not None
    assert (event.type, event.id) == ("/deploy", "7")
