"""Every provider's data file follows the schema and compiles; the vars of Clerk hold for every event."""

from __future__ import annotations

from typing import Any

import pytest

from router.config.problem import Problems
from router.sources.provider import LATER, provider, provider_names, read_provider
from router.sources.samples import sample, sample_types
from tests.sources.build import NOW, SECRET, request, source


@pytest.mark.parametrize("name", provider_names())
def test_a_providers_file_is_complete_and_compiles(name: str) -> None:
    found = provider(name)
    assert found.title
    assert found.link.startswith("https://")
    assert len(found.setup) > 40
    assert len(set(found.types)) == len(found.types)
    assert list(found.types) == sorted(found.types)
    compiled = source(f"s: {{provider: {name}, secret: {SECRET}}}")
    assert compiled.signable
    assert compiled.known_types == set(found.types)
    assert name not in LATER


def test_the_shipped_providers_are_these() -> None:
    wanted = {"clerk", "svix", "standard-webhooks", "resend", "github", "shopify"}
    assert wanted <= set(provider_names())


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


@pytest.mark.parametrize("name", provider_names())
def test_every_sample_comes_back_as_the_event_that_it_is(name: str) -> None:
    import json

    found = source(f"s: {{provider: {name}, secret: {SECRET}}}")
    for type_ in sample_types(name):
        assert not found.known_types or type_ in found.known_types
        body = json.dumps(sample(name, type_, NOW)).encode()
        asked = request(body, found.request_headers("m1", type_, NOW, body))
        found.verify(asked)
        event = found.identify(asked, "evt_1")
        assert (event.type, event.id, event.deduplicable) == (type_, "m1", True)
        assert abs((event.time - NOW).total_seconds()) < 60
        assert isinstance(event.data, dict)


def github_event(headers: dict[str, str], body: bytes) -> Any:
    return source("s: {provider: github, secret: abc}").identify(request(body, headers), "evt_1").type


def test_the_type_of_github_is_the_event_and_the_action_where_there_is_one() -> None:
    assert github_event({"X-GitHub-Event": "push"}, b"{}") == "push"
    assert github_event({"X-GitHub-Event": "pull_request"}, b'{"action": "opened"}') == "pull_request.opened"
    assert github_event({}, b"{}") == ""
