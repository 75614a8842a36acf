"""What the language has and the router has not yet: refused as that, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.town import faults, file_faults


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- {name: r, order_by: {}, actions: [{http: {path: /x}}]}", "1:15 not-yet: `order_by`"),
        ("- {name: r, actions: [{http: {path: /x}, final: true}]}", "1:44 not-yet: `final`"),
        ("- {name: r, actions: [{sql: {insert: a, values: {b: 1}, once: true}}]}", "1:59 not-yet: `once`"),
        ("- {name: r, actions: [{sql: {insert: a, values: {b: 1}, unless_newer: b}}]}", "1:59 not-yet: `unless_n"),
        ("- {name: r, actions: [{sql: {insert: a, values: {b: 1}, on_insert: {}}}]}", "1:59 not-yet: `on_insert`"),
        ("- {name: r, actions: [{sql: {insert: a, values: {b: 1}, on_conflict: x}}]}", "1:59 not-yet: `on_confl"),
    ],
)
def test_what_routes_do_not_do_yet_is_refused_at_its_place(text: str, found: str) -> None:
    (said,) = faults(text)
    assert said.startswith(found), said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("journal: {order_retention: 30d}", "1:11 not-yet: `order_retention`"),
    ],
)
def test_what_files_do_not_do_yet_is_refused_at_its_place(text: str, found: str) -> None:
    (said,) = file_faults(text + "\n")
    assert said.startswith(found), said
    assert "u:p" not in said


def test_nothing_else_of_the_example_is_refused() -> None:
    example = Path(__file__).parent.parent.parent / "routes.example.yaml"
    Path("routes.example.sql").write_text(example.with_suffix(".sql").read_text())
    environ = {
        "CLERK_WEBHOOK_SIGNING_SECRET": "whsec_" + "QUFB" * 8,
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x",
        "RESEND_API_KEY": "re_123456",
        "APP_URL": "http://localhost:3000",
    }
    assert not file_faults(example.read_text(), environ)
