"""Each provider takes what its vendor signs, made here from the vendor's description and without the router."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from router.errors import Rejected
from router.sources.source import Source
from tests.sources.build import FILLED, NOW, SECRET, preset, request, source

KEY = "a-key-of-this-test"
BODY = b'{"id": "evt_1", "type": "thing.made"}'
S = str(int(NOW.timestamp()))
MS = S + "000"
URL = FILLED["public_url"]
RFC3339 = "2026-03-01T12:00:00.634234626Z"


def sha256(*parts: bytes | str, key: bytes = KEY.encode()) -> bytes:
    content = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hmac.new(key, content, hashlib.sha256).digest()


def sha1(body: bytes) -> str:
    return hmac.new(KEY.encode(), body, hashlib.sha1).hexdigest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def basic(user: str) -> str:
    return "Basic " + b64(f"{user}:{KEY}".encode())


#: The headers of a vendor for a body, at NOW, with KEY.
SENT: dict[str, Callable[[bytes], dict[str, str]]] = {
    "bitbucket": lambda b: {"X-Hub-Signature": "sha256=" + sha256(b).hex()},
    "calendly": lambda b: {"Calendly-Webhook-Signature": f"t={S},v1={sha256(S, '.', b).hex()}"},
    "chargebee": lambda b: {"Authorization": basic("chargebee")},
    "cloudevents": lambda b: {"Authorization": f"Bearer {KEY}"},
    "docusign": lambda b: {"X-DocuSign-Signature-1": b64(sha256(b))},
    "dropbox": lambda b: {"X-Dropbox-Signature": sha256(b).hex()},
    "gitea": lambda b: {"X-Gitea-Signature": sha256(b).hex()},
    "github": lambda b: {"X-Hub-Signature-256": "sha256=" + sha256(b).hex()},
    "gitlab": lambda b: {"X-Gitlab-Token": KEY},
    "gocardless": lambda b: {"Webhook-Signature": sha256(b).hex()},
    "hubspot": lambda b: {
        "X-HubSpot-Signature-v3": b64(sha256("POST", URL, b, MS)),
        "X-HubSpot-Request-Timestamp": MS,
    },
    "intercom": lambda b: {"X-Hub-Signature": "sha1=" + sha1(b)},
    "jira": lambda b: {"X-Hub-Signature": "sha256=" + sha256(b).hex()},
    "lemonsqueezy": lambda b: {"X-Signature": sha256(b).hex()},
    "meta": lambda b: {"X-Hub-Signature-256": "sha256=" + sha256(b).hex()},
    "mux": lambda b: {"mux-signature": f"t={S},v1={sha256(S, '.', b).hex()}"},
    "notion": lambda b: {"X-Notion-Signature": "sha256=" + sha256(b).hex()},
    "paddle": lambda b: {"Paddle-Signature": f"ts={S};h1={'0' * 64};h1={sha256(S, ':', b).hex()}"},
    "pagerduty": lambda b: {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={sha256(b).hex()}"},
    "polar": lambda b: {
        "webhook-id": "m1",
        "webhook-timestamp": S,
        "webhook-signature": f"v1,{b64(bytes(32))} v1,{b64(sha256('m1.', S, '.', b))}",
    },
    "postmark": lambda b: {"Authorization": basic("postmark")},
    "pusher": lambda b: {"X-Pusher-Key": "app", "X-Pusher-Signature": sha256(b).hex()},
    "razorpay": lambda b: {"X-Razorpay-Signature": sha256(b).hex()},
    "sanity": lambda b: {"sanity-webhook-signature": f"t={MS},v1={b64url(sha256(MS, '.', b))}"},
    "sentry": lambda b: {"Sentry-Hook-Signature": sha256(b).hex()},
    "shopify": lambda b: {"X-Shopify-Hmac-Sha256": b64(sha256(b))},
    "slack": lambda b: {
        "X-Slack-Signature": "v0=" + sha256("v0:", S, ":", b).hex(),
        "X-Slack-Request-Timestamp": S,
    },
    "square": lambda b: {"x-square-hmacsha256-signature": b64(sha256(URL, b))},
    "stripe": lambda b: {"Stripe-Signature": f"t={S},v1={'0' * 64},v1={sha256(S, '.', b).hex()},v0=abc"},
    "supabase": lambda b: {"Authorization": f"Bearer {KEY}"},
    "telegram": lambda b: {"X-Telegram-Bot-Api-Secret-Token": KEY},
    "twitch": lambda b: {
        "Twitch-Eventsub-Message-Id": "m1",
        "Twitch-Eventsub-Message-Timestamp": RFC3339,
        "Twitch-Eventsub-Message-Signature": "sha256=" + sha256("m1", RFC3339, b).hex(),
    },
    "typeform": lambda b: {"Typeform-Signature": "sha256=" + b64(sha256(b))},
    "vercel": lambda b: {"x-vercel-signature": sha1(b)},
    "whatsapp": lambda b: {"X-Hub-Signature-256": "sha256=" + sha256(b).hex()},
    "workos": lambda b: {"WorkOS-Signature": f"t={MS}, v1={sha256(MS, '.', b).hex()}"},
    "zendesk": lambda b: {
        "X-Zendesk-Webhook-Signature": b64(sha256("2026-03-01T12:00:00Z", b)),
        "X-Zendesk-Webhook-Signature-Timestamp": "2026-03-01T12:00:00Z",
    },
    "zoom": lambda b: {"x-zm-signature": "v0=" + sha256("v0:", S, ":", b).hex(), "x-zm-request-timestamp": S},
}
TOKENS = {"chargebee", "cloudevents", "gitlab", "postmark", "supabase", "telegram"}


def sender(name: str) -> Source:
    return source(f"s: {preset(name, **({} if 'public_key' in preset(name) else {'secret': KEY}))}")


@pytest.mark.parametrize("name", SENT)
def test_what_the_vendor_signs_is_taken_and_what_is_changed_is_not(name: str) -> None:
    found = sender(name)
    assert found.verify(request(BODY, SENT[name](BODY))) == 1
    if name not in TOKENS:
        with pytest.raises(Rejected, match="fit"):
            found.verify(request(BODY.replace(b"made", b"mads"), SENT[name](BODY)))
    for header in SENT[name](BODY):
        if header not in ("X-Pusher-Key",):
            with pytest.raises(Rejected):
                found.verify(request(BODY, {**SENT[name](BODY), header: "nonsense"}))


@pytest.mark.parametrize("name", [name for name in SENT if sender(name).scheme.tolerance is not None])
def test_what_was_signed_too_long_ago_or_too_far_ahead_is_refused(name: str) -> None:
    found = sender(name)
    tolerance = found.scheme.tolerance or 0
    headers = SENT[name](BODY)
    assert found.verify(request(BODY, headers, at=NOW + timedelta(seconds=tolerance - 1))) == 1
    for seconds in (tolerance + 2, -tolerance - 2):
        with pytest.raises(Rejected, match=r" s (old|in the future)"):
            found.verify(request(BODY, headers, at=NOW + timedelta(seconds=seconds)))


def test_linear_checks_the_time_in_the_body() -> None:
    body = json.dumps({"type": "Issue", "action": "create", "webhookTimestamp": int(MS)}).encode()
    sent = request(body, {"Linear-Signature": sha256(body).hex()})
    assert sender("linear").verify(sent) == 1
    with pytest.raises(Rejected, match="s old"):
        sender("linear").verify(replace(sent, received_at=NOW + timedelta(seconds=61)))


def test_adyens_key_is_written_in_hex() -> None:
    key = bytes(range(32))
    found = source(f"s: {preset('adyen-platform', secret=key.hex())}")
    assert found.verify(request(BODY, {"HmacSignature": b64(sha256(BODY, key=key))})) == 1


@pytest.mark.parametrize("name", ["openai", "supabase-auth"])
def test_senders_by_standard_webhooks_have_its_headers_and_its_secret(name: str) -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = "v1," + b64(sha256("m1.", S, ".", BODY, key=key))
    headers = {"webhook-id": "m1", "webhook-timestamp": S, "webhook-signature": signature}
    assert source(f"s: {preset(name)}").verify(request(BODY, headers)) == 1


@pytest.mark.parametrize("name", ["discord", "discord-interactions"])
def test_discord_signs_with_ed25519_and_its_key_is_written_in_hex(name: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    found = source(f"s: {preset(name, public_key=private.public_key().public_bytes_raw().hex())}")
    headers = {"X-Signature-Ed25519": private.sign(S.encode() + BODY).hex(), "X-Signature-Timestamp": S}
    assert found.verify(request(BODY, headers)) == 1
    with pytest.raises(Rejected):
        found.verify(request(BODY + b" ", headers))
    assert not found.signable


def test_sendgrid_signs_with_ecdsa_and_shows_its_key_as_base64_of_der() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    private = ec.generate_private_key(ec.SECP256R1())
    shown = b64(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    found = source(f"s: {preset('sendgrid', public_key=shown)}")
    body = b'[{"event": "open", "sg_event_id": "x"}]\r\n'  # the line's end is signed, too
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": b64(private.sign(S.encode() + body, ec.ECDSA(hashes.SHA256()))),
        "X-Twilio-Email-Event-Webhook-Timestamp": S,
    }
    assert found.verify(request(body, headers)) == 1
    with pytest.raises(Rejected):
        found.verify(request(body.strip(), headers))


def test_githubs_published_signature_is_taken() -> None:
    """docs.github.com, "Validating webhook deliveries", testing the validation."""
    found = source("""s: {provider: github, secret: "It's a Secret to Everybody"}""")
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert found.verify(request(b"Hello, World!", {"X-Hub-Signature-256": f"sha256={digest}"})) == 1


@pytest.mark.parametrize("name", ["slack", "slack-commands", "slack-interactivity"])
def test_slacks_own_sdk_takes_what_the_router_signs(name: str) -> None:
    found = sender(name)
    headers = found.request_headers("m1", "message", NOW, BODY)
    verifier = SignatureVerifier(KEY, clock=_Clock())
    given = (headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"])
    assert verifier.is_valid(BODY.decode(), *given)
    assert not verifier.is_valid(BODY.decode() + " ", *given)


class _Clock(Clock):
    def now(self) -> float:
        return NOW.timestamp()


def shaken(name: str, body: Any = None, *, method: str = "POST", query: Any = (), headers: Any = ()) -> Any:
    """Return status, body and headers of the answer to a handshake, whether it is verified first or not."""
    sent = request(b"" if body is None else json.dumps(body).encode(), dict(headers), query=query)
    sent = replace(sent, method=method)
    found = sender(name)
    answer = found.handshake(sent, verified=False) or found.handshake(sent, verified=True)
    if answer is None:
        return None
    return answer.response.status, answer.response.body, dict(answer.response.headers), answer.shown


def test_every_sender_that_tries_the_address_is_answered() -> None:
    assert shaken("slack", {"type": "url_verification", "challenge": "c1"})[:2] == (200, b"c1")
    asked = {"hub.mode": "subscribe", "hub.verify_token": FILLED["verify_token"], "hub.challenge": "c2"}
    for name in ("meta", "whatsapp"):
        assert shaken(name, method="GET", query=asked.items())[:2] == (200, b"c2")
        assert shaken(name, method="GET", query={**asked, "hub.verify_token": "x"}.items()) is None
    assert shaken("dropbox", method="GET", query=[("challenge", "c3")])[:2] == (200, b"c3")
    kind = {"Twitch-Eventsub-Message-Type": "webhook_callback_verification"}
    assert shaken("twitch", {"challenge": "c4"}, headers=kind)[:2] == (200, b"c4")
    gone = {"Twitch-Eventsub-Message-Type": "revocation"}
    said = shaken("twitch", {"subscription": {"status": "user_removed"}}, headers=gone)
    assert (said[0], said[3]) == (204, "user_removed")
    said = shaken("zoom", {"event": "endpoint.url_validation", "payload": {"plainToken": "p"}})
    assert json.loads(said[1]) == {"plainToken": "p", "encryptedToken": sha256("p").hex()}
    assert shaken("discord", {"type": 0})[:2] == (204, b"")
    assert shaken("discord", {"type": 1, "event": {"type": "ENTITLEMENT_CREATE"}}) is None
    assert json.loads(shaken("discord-interactions", {"type": 1})[1]) == {"type": 1}
    assert shaken("notion", {"verification_token": "t1"})[3] == "t1"
    origin = {"WebHook-Request-Origin": "shop.example.com"}
    for name in ("cloudevents", "cloudevents-binary"):
        said = shaken(name, method="OPTIONS", headers=origin)
        assert said[2]["WebHook-Allowed-Origin"] == "shop.example.com"


def events(name: str, body: Any, headers: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Return type and id of the events in a request."""
    found = sender(name).identify_all(request(json.dumps(body).encode(), headers or {}), lambda _: "evt_1")
    return [(event.type, event.id) for event in found]


def test_senders_of_several_events_in_one_request_are_taken_apart() -> None:
    mails = [{"event": "open", "sg_event_id": "a"}, {"event": "click", "sg_event_id": "b"}]
    assert events("sendgrid", mails) == [("open", "a"), ("click", "b")]
    contacts = [{"subscriptionType": "contact.creation", "eventId": number} for number in (1, 2)]
    assert events("hubspot", contacts) == [("contact.creation", "1"), ("contact.creation", "2")]
    paid = {"events": [{"id": "EV1", "resource_type": "payments", "action": "paid_out"}, {"id": "EV2"}]}
    assert events("gocardless", paid) == [("payments.paid_out", "EV1"), ("", "EV2")]
    changes = [{"field": "feed", "value": {"post_id": number}} for number in (1, 2)]
    feed = {"object": "page", "entry": [{"id": "1", "time": 1, "changes": changes}]}
    (one, first), (other, second) = events("meta", feed)
    assert (one, other) == ("page.feed", "page.feed")
    assert first != second
    rooms = {"time_ms": 1, "events": [{"name": "member_added", "user_id": user} for user in ("1", "2")]}
    assert len({id_ for _, id_ in events("pusher", rooms)}) == 2


def test_events_of_senders_without_ids_are_told_apart_by_all_that_differs() -> None:
    started = {"event": "meeting.started", "event_ts": 1, "payload": {"object": {"uuid": "a"}}}
    assert events("zoom", started) == events("zoom", started)
    assert events("zoom", started) != events("zoom", {**started, "event_ts": 2})
    created = {"type": "t", "source": "/a", "id": "1"}
    assert events("cloudevents", created) == events("cloudevents", {**created, "data": 1})
    assert events("cloudevents", created) != events("cloudevents", {**created, "source": "/b"})


def real(folder: str) -> list[tuple[str, Any]]:
    root = os.environ.get("ROUTER_SHARED_SAMPLES")
    if not root:
        pytest.skip("set ROUTER_SHARED_SAMPLES to a folder of real payloads")
    found = [json.loads(file.read_text()) for file in sorted((Path(root) / folder).glob("*.json"))]
    return [(one["event"], one["payload"]) for one in found if isinstance(one.get("payload"), dict)]


def test_real_payloads_of_stripe_have_their_type_and_id() -> None:
    whole = [(type_, payload) for type_, payload in real("stripe") if payload.get("object") == "event"]
    assert len(whole) > 40
    for type_, payload in whole:
        assert events("stripe", payload) == [(type_, payload["id"])]


def test_real_payloads_of_slack_have_their_type_and_id() -> None:
    told = [payload for _, payload in real("slack") if payload.get("type") == "event_callback"]
    assert len(told) > 20
    for payload in told:
        assert events("slack", payload) == [(payload["event"]["type"], payload.get("event_id", "evt_1"))]
    for type_ in ("block_actions", "view_submission", "shortcut"):
        asked = next(payload for _, payload in real("slack") if payload.get("type") == type_)
        form = sender("slack-interactivity").reads.sent(json.dumps(asked).encode())
        sent = request(form, {"Content-Type": "application/x-www-form-urlencoded"})
        event = sender("slack-interactivity").identify(sent, "evt_1")
        assert (event.type, event.id) == (type_, asked["trigger_id"])
