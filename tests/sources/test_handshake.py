"""Handshakes of well-known senders, as data: what they ask and what they are answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from router.sources.handshake import Shaken
from router.sources.source import Source
from tests.sources.build import codes, request, source

SLACK = "{when: {$.type: url_verification}, answer: {text: $.challenge}}"
META = "{method: GET, when: {'query:hub.mode': subscribe}, token: 'query:hub.verify_token', answer: {text: 'query:hub.challenge'}}"  # noqa: E501
DROPBOX = "{method: GET, answer: {text: 'query:challenge'}}"
TWITCH = (
    "{when: {'header:Twitch-Eventsub-Message-Type': webhook_callback_verification}, answer: {text: $.challenge}}"
)
ZOOM = (
    "{when: {$.event: endpoint.url_validation}, answer: {json: {plainToken: $.payload.plainToken, "
    "encryptedToken: {hmac: $.payload.plainToken}}}}"
)
CRC = (
    "{method: GET, answer: {json: {response_token: "
    "{hmac: 'query:crc_token', encoding: base64, prefix: 'sha256='}}}}"
)
DISCORD = "{when: {$.type: 1}, answer: {json: {type: 1}}}"
DISCORD_EVENTS = "{when: {$.type: 0}, answer: {status: 204}}"
CLOUDEVENTS = (
    "{method: OPTIONS, when: {'header:WebHook-Request-Origin': {exists: true}}, "
    "answer: {headers: {WebHook-Allowed-Origin: 'header:WebHook-Request-Origin', WebHook-Allowed-Rate: '*'}}}"
)
NOTION = "{when: {$.verification_token: {exists: true}}, verify: false, show: $.verification_token}"


def sender(handshake: str) -> Source:
    """Return a source with one handshake."""
    return source(
        f"s: {{verify: {{scheme: token, header: X-T}}, secret: key, id: $.id, verify_token: [mine, ''], "
        f"handshakes: [{handshake}]}}"
    )


def asked(
    found: Source,
    *,
    method: str = "POST",
    body: Any = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    verified: bool | None = None,
) -> Shaken | None:
    """Return what a request is answered at the stage of its handshake."""
    sent = request(b"" if body is None else json.dumps(body).encode(), headers or {}, query=(query or {}).items())
    stage = method == "POST" if verified is None else verified
    assert found.handshake(replace(sent, method=method), verified=not stage) is None
    return found.handshake(replace(sent, method=method), verified=stage)


def said(shaken: Shaken | None) -> tuple[int, bytes]:
    """Return status and body of an answer."""
    assert shaken is not None
    return shaken.response.status, shaken.response.body


def test_slack_and_twitch_get_their_challenge_back_as_text() -> None:
    answer = asked(sender(SLACK), body={"type": "url_verification", "challenge": "<3eZ>"})
    assert said(answer) == (200, b"<3eZ>")
    assert answer is not None
    assert ("Content-Type", "text/plain; charset=utf-8") in answer.response.headers
    assert ("X-Content-Type-Options", "nosniff") in answer.response.headers
    assert asked(sender(SLACK), body={"type": "event_callback"}) is None
    kind = {"Twitch-Eventsub-Message-Type": "webhook_callback_verification"}
    assert said(asked(sender(TWITCH), body={"challenge": "c"}, headers=kind)) == (200, b"c")
    assert asked(sender(TWITCH), body={"challenge": "c"}) is None


def test_meta_gets_its_challenge_back_only_with_the_verify_token() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "mine", "hub.challenge": "1158201444"}
    assert said(asked(sender(META), method="GET", query=query)) == (200, b"1158201444")
    for changed in ({"hub.verify_token": "other"}, {"hub.verify_token": ""}, {"hub.mode": "x"}):
        assert asked(sender(META), method="GET", query=query | changed) is None
    del query["hub.verify_token"]
    assert asked(sender(META), method="GET", query=query) is None


def test_dropbox_gets_its_challenge_back_and_nothing_without_one() -> None:
    assert said(asked(sender(DROPBOX), method="GET", query={"challenge": "abc"})) == (200, b"abc")
    assert asked(sender(DROPBOX), method="GET") is None
    assert asked(sender(DROPBOX), method="GET", query={"challenge": "a" * 4097}) is None


def test_zoom_and_the_likes_of_twitter_get_a_token_signed_with_the_secret() -> None:
    body = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    status, sent = said(asked(sender(ZOOM), body=body))
    signed = hmac.new(b"key", b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256)
    assert (status, json.loads(sent)) == (
        200,
        {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": signed.hexdigest()},
    )
    _, sent = said(asked(sender(CRC), method="GET", query={"crc_token": "qgg8vlvZRS6UYooatFL8Aw"}))
    assert json.loads(sent) == {"response_token": "sha256=" + b64encode(signed.digest()).decode()}


@pytest.mark.parametrize("body", ['{"id": 1}', "a=b", "1.{}", "v0:1:x", "", "a b", "a" * 300])
def test_nobody_gets_a_body_of_their_own_signed(body: str) -> None:
    assert asked(sender(CRC), method="GET", query={"crc_token": body}) is None


def test_discord_is_answered_its_ping() -> None:
    assert said(asked(sender(DISCORD), body={"type": 1})) == (200, b'{"type": 1}')
    assert said(asked(sender(DISCORD_EVENTS), body={"type": 0})) == (204, b"")
    for other in (2, True, "1", None, {"a": 1}):
        assert asked(sender(DISCORD), body={"type": other}) is None


def test_cloudevents_gets_the_origin_that_it_asks_for() -> None:
    answer = asked(
        sender(CLOUDEVENTS), method="OPTIONS", headers={"WebHook-Request-Origin": "eventemitter.example"}
    )
    assert answer is not None
    assert ("WebHook-Allowed-Origin", "eventemitter.example") in answer.response.headers
    assert ("WebHook-Allowed-Rate", "*") in answer.response.headers
    assert asked(sender(CLOUDEVENTS), method="OPTIONS") is None
    odd = {"WebHook-Request-Origin": "a\u0130b"}
    assert asked(sender(CLOUDEVENTS), method="OPTIONS", headers=odd) is None


def test_notions_token_is_shown_and_not_sent_back() -> None:
    answer = asked(sender(NOTION), body={"verification_token": "secret_tM"}, verified=False)
    assert said(answer) == (200, b"")
    assert answer is not None
    assert answer.shown == "secret_tM"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff", b'{"type": ["url_verification"]}', b"a=b"])
def test_no_body_however_malformed_raises(body: bytes) -> None:
    for handshake in (SLACK, ZOOM, DISCORD):
        assert sender(handshake).handshake(request(body, {}), verified=True) is None


def test_a_source_without_handshakes_takes_posts_only() -> None:
    plain = source("s: {verify: none, id: $.id}")
    assert (plain.takes("POST"), plain.takes("GET"), sender(META).takes("GET")) == (True, False, True)


@pytest.mark.parametrize(
    ("handshakes", "code"),
    [
        ("{}", "wrong-type"),
        ("[{answer: {text: $.a}}]", "missing-key"),
        ("[{method: PUT, when: {$.a: 1}}]", "unknown-value"),
        ("[{method: GET, verify: true}]", "useless-key"),
        ("[{when: {a: 1}}]", "wrong-place"),
        ("[{when: {$.a: [1]}}]", "wrong-type"),
        ("[{when: {$.a: 1}, answer: {text: $.a, json: 1}}]", "useless-key"),
        ("[{when: {$.a: 1}, answer: {status: 401}}]", "out-of-range"),
        ("[{when: {$.a: 1}, answer: {json: {a: {hmac: $.a, encoding: b64}}}}]", "unknown-value"),
        ("[{when: {$.a: 1}, answer: {headers: {'a b': c}}}]", "wrong-header"),
        ("[{when: {$.a: 1}, token: $.t}]", "missing-key"),
        ("[{when: {$.a: 1}, challenge: $.t}]", "unknown-key"),
    ],
)
def test_a_mistake_is_told(handshakes: str, code: str) -> None:
    assert codes(f"s: {{verify: none, id: $.id, handshakes: {handshakes}}}") == [code]


def test_the_tokens_of_handshakes_are_as_secret_as_the_secrets() -> None:
    assert sender(META).confidential == {"key", "mine"}
    assert "mine" not in repr(sender(META))
