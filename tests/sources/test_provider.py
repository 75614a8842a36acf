"""Every provider's data file follows the schema and compiles; the vars of Clerk hold for every event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.config.problem import Problems
from router.errors import Rejected
from router.model import Event
from router.sources.provider import LATER, provider, provider_names, read_provider
from router.sources.renewal import renewed
from router.sources.samples import sample, sample_types
from router.sources.source import Source
from tests.sources.build import NOW, preset, request, source
from tests.sources.build import compiled as compiled_sources

WITHOUT_IDS = {"dropbox", "supabase"}
"""Their senders give nothing that tells repeats."""


@pytest.mark.parametrize("name", provider_names())
def test_a_providers_file_is_complete_and_compiles(name: str) -> None:
    found = provider(name)
    assert found.title
    assert found.link.startswith("https://")
    assert len(found.setup) > 40
    assert len(set(found.types)) == len(found.types)
    assert list(found.types) == sorted(found.types)
    compiled, problems = compiled_sources(f"s: {preset(name)}")
    assert [problem.message for problem in problems] == []
    assert compiled["s"].provable
    assert compiled["s"].known_types == (set() if found.partial else set(found.types))
    assert name not in LATER


def test_the_shipped_providers_are_these() -> None:
    wanted = """
    adyen-platform bitbucket calendly chargebee clerk cloudevents cloudevents-binary discord
    discord-interactions docusign dropbox gitea github gitlab gocardless hubspot intercom jira lemonsqueezy
    linear meta mux notion openai paddle pagerduty polar postmark pusher razorpay resend sanity sendgrid sentry
    shopify slack slack-commands slack-interactivity square standard-webhooks stripe supabase supabase-auth svix
    telegram twitch typeform vercel whatsapp workos zendesk zoom
    """
    assert provider_names() == tuple(wanted.split())


def test_an_unknown_provider_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        provider("nobody")


@pytest.mark.parametrize(
    "text",
    [
        "title: A\nlink: b\nverify: none",
        "title: A\nlink: b\nsetup: c",
        "title: A\nlink: b\nsetup: c\nverify: none\nsecret: x",
        "[]",
    ],
)
def test_a_file_that_does_not_follow_the_schema_is_told(text: str) -> None:
    problems = Problems()
    assert read_provider("p", text, problems) is None
    assert problems.errors


def test_clerk_sends_these_types() -> None:
    types = provider("clerk").types
    assert len(types) == 49
    assert {"user.created", "session.pending", "invitation.created", "subscriptionItem.freeTrialEnding"} <= set(
        types
    )


SAMPLES = [(name, type_) for name in provider_names() for type_ in sample_types(name)]


def received(name: str, type_: str, message_id: str) -> tuple[Source, Event]:
    """Send a sample as its provider would, with an id of its own, and return what comes of it."""
    found = source(f"s: {preset(name)}")
    body = found.reads.sent(json.dumps(renewed(found, sample(name, type_, NOW), message_id)).encode())
    asked = request(body, found.request_headers(message_id, type_, NOW, body))
    assert found.handshake(asked, verified=False) is None
    found.verify(asked)
    assert found.handshake(asked, verified=True) is None
    (event,) = found.identify_all(asked, lambda _: "evt_1")
    return found, event


@pytest.mark.parametrize(("name", "type_"), SAMPLES)
def test_every_sample_comes_back_as_the_event_that_it_is(name: str, type_: str) -> None:
    known = provider(name)
    found, event = received(name, type_, "m1")
    assert event.type == type_
    assert not known.types or type_ in known.types
    in_body = found.id_at is not None and found.id_at.path is not None
    assert event.deduplicable == (found.dedupe is not None or name not in WITHOUT_IDS)
    if found.dedupe is None and not in_body and event.deduplicable:
        assert event.id == "m1"
    assert abs((event.time - NOW).total_seconds()) < 60
    assert isinstance(event.data, dict)


@pytest.mark.parametrize(("name", "type_"), [pair for pair in SAMPLES if pair[0] not in WITHOUT_IDS])
def test_a_sample_that_is_sent_twice_is_two_events(name: str, type_: str) -> None:
    found, event = received(name, type_, "m1")
    _, other = received(name, type_, "m2")
    key = found.dedupe.key if found.dedupe else ()
    by_values = bool(key) and not any(place.header or (place.path and place.path.text == "$.id") for place in key)
    assert (event.id == other.id) == by_values  # there its time tells them apart, which `send` moves


@pytest.mark.parametrize(("name", "type_"), SAMPLES)
def test_a_sample_whose_body_is_changed_is_refused_where_it_is_signed(name: str, type_: str) -> None:
    found = source(f"s: {preset(name)}")
    body = found.reads.sent(json.dumps(sample(name, type_, NOW)).encode())
    headers = found.request_headers("m1", type_, NOW, body)
    changed = request(body + b" ", headers)
    if found.signable:
        with pytest.raises(Rejected, match="fit"):
            found.verify(changed)
    else:
        assert found.scheme.name in ("token", "basic")


def github_event(headers: dict[str, str], body: bytes) -> Any:
    return source("s: {provider: github, secret: abc}").identify(request(body, headers), "evt_1").type


def test_the_type_of_github_is_the_event_and_the_action_where_there_is_one() -> None:
    assert github_event({"X-GitHub-Event": "push"}, b"{}") == "push"
    assert github_event({"X-GitHub-Event": "pull_request"}, b'{"action": "opened"}') == "pull_request.opened"
    assert github_event({}, b"{}") == ""
