"""Why one of two files does not make a delivery that the other one makes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.comparison.sides import Sides
from router.model import RawRequest
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


def rules(folder: Path, routes: str) -> Ruleset:
    """Return the rules of some routes."""
    file = folder / "routes.yaml"
    file.write_text(HEAD + routes)
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
    old, new = sides.read(request, "evt_1")
    changes = sides.comparer.changes(*sides.outcomes(old, new), at)
    gone = [change for change in changes if change.after is None]
    assert why in sides.why(gone[-1], old, new)
