"""What `router dev` shows of an event and its deliveries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from router.cli.capture import Captured
from router.cli.terminal import Terminal
from router.model import (
    Attempt,
    DeliveryState,
    Event,
    EventState,
    Outcome,
    Plan,
    PlannedDelivery,
    StoredDelivery,
)
from router.redaction import Redactor
from router.routing.explain import Explanation

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECRET_URL = "https://hooks.slack.invalid/services/T/B/secret"
EVENT = Event(
    uid="evt_1",
    source="clerk",
    id="msg_1",
    type="user.created",
    time=NOW,
    received_at=NOW,
    body=b'{"data": {}}',
    payload={"data": {}},
    data={},
)


def delivery(params: bytes = b'{"upsert": "users"}') -> StoredDelivery:
    """Return a stored delivery."""
    return StoredDelivery(
        id="dlv_1",
        event_uid="evt_1",
        source="clerk",
        route="users",
        action="save",
        index=None,
        plugin="sql",
        plugin_version="1",
        destination="db",
        params=params,
        state=DeliveryState.RUNNING,
        reason=None,
        attempts=1,
        max_attempts=20,
        created_at=NOW,
        due_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def attempt(state: DeliveryState, outcome: Outcome, reason: str | None = None) -> Attempt:
    """Return an attempt that ended so."""
    return Attempt("dlv_1", 1, 1, NOW, NOW, outcome, state, reason, facts={"rows": 1})


class Screen:
    """A terminal whose lines are kept."""

    def __init__(self, sent: Sequence[Captured] = (), scheme: str = "svix") -> None:
        self.lines: list[str] = []
        self.terminal = Terminal(
            explain=lambda event: Explanation(routes=(), reason=""),
            scheme=lambda source: scheme,
            captured=lambda task: list(sent) if task == "delivery dlv_1" else [],
            clean=Redactor([SECRET_URL]).text,
            color=False,
            write=self.lines.append,
        )

    @property
    def text(self) -> str:
        """Everything that was shown."""
        return "\n".join(self.lines)


def test_an_event_is_shown_with_how_it_was_verified_and_stored() -> None:
    screen = Screen()
    screen.terminal.accepted(
        EVENT, Plan(EVENT, EventState.UNMATCHED, reason="no route wants it"), duplicate=False, differs=False
    )
    assert "received clerk/user.created msg_1, 12 bytes, verified (svix)" in screen.text
    assert "stored as evt_1 with 0 deliveries" in screen.text
    assert "unmatched: no route wants it" in screen.text


def test_a_source_that_is_not_verified_says_so() -> None:
    screen = Screen(scheme="none")
    screen.terminal.accepted(EVENT, Plan(EVENT, EventState.PLANNED), duplicate=False, differs=False)
    assert "not verified (verify: none)" in screen.text


def test_a_duplicate_says_that_it_is_not_run_twice_and_when_it_differs() -> None:
    screen = Screen()
    screen.terminal.accepted(EVENT, Plan(EVENT, EventState.PLANNED), duplicate=True, differs=True)
    assert "not run twice; its body differs" in screen.text


def test_a_delivery_that_died_while_it_was_planned_is_shown_with_its_reason() -> None:
    screen = Screen()
    planned = PlannedDelivery(
        "dlv_1", "users", "save", "sql", "1", "db", b"null", 20, NOW, DeliveryState.DEAD, "`nme` is undefined"
    )
    screen.terminal.accepted(EVENT, Plan(EVENT, EventState.PLANNED, (planned,)), duplicate=False, differs=False)
    assert "dead users/save: `nme` is undefined" in screen.text


def test_a_delivery_that_waits_for_its_time_is_shown_with_it_and_one_that_is_too_old_with_the_reason() -> None:
    screen = Screen()
    base = PlannedDelivery(
        "dlv_1", "users", "save", "sql", "1", "db", b"{}", 20, NOW, due_at=NOW + timedelta(hours=1)
    )
    old = replace(base, action="mail", state=DeliveryState.SKIPPED, reason="too old: 2d", due_at=None)
    screen.terminal.accepted(EVENT, Plan(EVENT, EventState.PLANNED, (base, old)), duplicate=False, differs=False)
    assert "waiting users/save: due at 2026-11-23 11:00:00 UTC" in screen.text
    assert "skipped users/mail: too old: 2d" in screen.text


def test_a_captured_request_is_shown_without_its_secrets() -> None:
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json", "Accept": "*/*"}
    screen = Screen([Captured("POST", SECRET_URL, headers, b'{"text": "hi"}')])
    screen.terminal.attempted(delivery(), attempt(DeliveryState.DELIVERED, Outcome.DELIVERED))
    assert "delivered users/save (sql to db; captured, not sent)" in screen.text
    assert "POST https://hooks.slack.invalid/***" in screen.text
    assert "authorization: ***" in screen.text
    assert "accept" not in screen.text
    assert '"text": "hi"' in screen.text
    assert "secret" not in screen.text


def test_a_body_that_is_only_forwarded_is_not_shown_again() -> None:
    screen = Screen([Captured("POST", "https://app.invalid/", {}, EVENT.body)])
    screen.terminal.accepted(EVENT, Plan(EVENT, EventState.PLANNED), duplicate=False, differs=False)
    screen.terminal.attempted(delivery(), attempt(DeliveryState.DELIVERED, Outcome.DELIVERED))
    assert "the event's body as it came, 12 bytes" in screen.text


def test_what_sends_nothing_is_shown_by_its_parameters_and_its_result() -> None:
    screen = Screen()
    screen.terminal.attempted(delivery(), attempt(DeliveryState.DELIVERED, Outcome.DELIVERED))
    assert '"upsert": "users"' in screen.text
    assert f"result {json.dumps({'rows': 1})}" in screen.text


def test_a_failed_attempt_says_why_and_that_it_is_tried_again() -> None:
    screen = Screen()
    screen.terminal.attempted(delivery(), attempt(DeliveryState.READY, Outcome.RETRY, "HTTP 500"))
    assert "again later users/save" in screen.text
    assert "HTTP 500" in screen.text


def test_hostile_text_cannot_move_the_cursor() -> None:
    screen = Screen()
    screen.terminal.refused(None, "clerk\x1b[2J", 401, "the header is\r\nodd")
    assert "\x1b" not in screen.text
    assert all("\r" not in line and "\n" not in line for line in screen.lines)


def test_a_reload_and_a_refused_reload_are_told() -> None:
    screen = Screen()
    screen.terminal.reloaded("abcdef0123456789", 0)
    screen.terminal.reloaded("abcdef0123456789", 2)
    assert "reloaded (configuration abcdef012345)" in screen.text
    assert "2 error(s): the old ones stay in force" in screen.text
