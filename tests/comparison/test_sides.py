"""Why one of two files does not make a delivery that the other one makes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.comparison.sides import Sides
from router.explaining.account import Subject, account
from router.explaining.verification import Verification
from router.journal.answers import StoredEvent
from router.model import EventState, RawRequest
from router.ruleset import Ruleset, load_ruleset

HEAD = """
sources: {app: {verify: none, id: $.id, type: $.type}}
destinations: {slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}}
routes:
"""
FULL = """
  - name: tell
    event: a
    actions:
      - slack: {text: "hi {{ item }}"}
        for_each: payload.names
"""


SPLIT = HEAD.replace("id: $.id, type: $.type", "id: 'header:X-Id', split: $.all")
NONE = Verification("none", "verified", "")


def rules(folder: Path, routes: str, head: str = HEAD) -> Ruleset:
    """Return the rules of some routes."""
    file = folder / "routes.yaml"
    file.write_text(head + routes)
    loaded = load_ruleset(file, {})
    assert loaded.ruleset is not None, list(loaded.problems)
    return loaded.ruleset


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        (FULL.replace("name: tell", "name: say").replace("hi", "ho"), "there is no route `tell`"),
        (FULL.replace("event: a", "event: b"), "event is `a`, the route wants"),
        (FULL.replace("event: a", "event: a\n    enabled: false"), "switched off"),
        (FULL.replace("event: a", "where: {payload.n: 2}"), "payload.n: 2"),
        (
            FULL.replace("- slack:", "- name: b\n        slack:").replace("hi", "ho"),
            "the route has no action `slack`",
        ),
        (FULL.replace("for_each: payload.names", "for_each: payload.none"), "`for_each` has no items"),
        (FULL.replace("- slack:", "- if: payload.n == 2\n        slack:"), "`if` is false"),
        (FULL.replace("for_each: payload.names", "for_each: payload.names[:1]"), "there is no such item"),
    ],
)
def test_the_reason_is_that_of_the_other_file(tmp_path: Path, routes: str, why: str) -> None:
    before, after = rules(tmp_path, FULL), rules(tmp_path, routes)
    sides = Sides(before, after)
    payload = {"id": "1", "type": "a", "n": 1, "names": ["x", "y"], "none": []}
    at = datetime(2026, 1, 15, tzinfo=UTC)
    request = RawRequest("app", "POST", "/webhooks/app", (), (), json.dumps(payload).encode(), at)
    old, new = sides.read(request, "evt_1", "msg_1")
    changes = sides.comparer.changes(*sides.outcomes(old, new), at)
    gone = [change for change in changes if change.after is None]
    assert why in sides.why(gone[-1], old, new)


def test_one_event_of_many_keeps_the_id_that_it_had_when_it_came(tmp_path: Path) -> None:
    of_many = "  - {name: tell, actions: [{slack: {text: 'is {{ event.id }}'}}]}\n"
    ruleset = rules(tmp_path, of_many, SPLIT)
    body = b'{"all": [{"n": 1}]}'
    request = RawRequest(
        "app", "POST", "/webhooks/app", (), (("x-id", "m"),), body, datetime(2026, 1, 15, tzinfo=UTC)
    )
    sides = Sides(ruleset, ruleset)
    old, _ = sides.read(request, "evt_1", "m/7")
    (delivery,) = sides.outcomes(old, old)[0].deliveries
    assert json.loads(delivery.params)["text"] == "is m/7"
    source = ruleset.sources["app"]
    told = account(ruleset, Subject("stored", "it", source, request, "evt_1", NONE, stored=stored(request)), {})
    assert told["event"]["id"] == "m/7"
    assert "is m/7" in json.dumps(told["routes"])


def stored(request: RawRequest) -> StoredEvent:
    """Return the event that was stored of a request, the eighth of its events."""
    planned, at = EventState.PLANNED, request.received_at
    return StoredEvent("evt_1", "app", "m/7", "", at, at, planned, None, len(request.body), 0, body=request.body)
