"""The configuration in force: stored events read and signed as it says today."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.errors import Permanent, Rejected
from router.journal.journal import StoredEvent
from router.live import Live
from router.model import EventState, PlannedDelivery, RetryPolicy
from router.ruleset import Ruleset, load_ruleset
from tests.delivery.house import stored

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_dGhlIHNlY3JldCBvZiBhIHRlc3QgdGhhdCBpcyBsb25n"
TEXT = """
sources:
  clerk: {provider: clerk, secret: SECRET}
  open: {verify: none, id: $.id, type: $.type}
destinations:
  app: {type: http, base_url: "https://app.example", timeout: 7s, retry: {max_attempts: 3}}
routes:
  - name: hand-on
    source: open
    event: greeting
    actions:
      - http: {path: "/{{ payload.name }}"}
        destination: app
        retry: {max_attempts: 9}
"""


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(rules(tmp_path, TEXT))


def rules(folder: Path, text: str) -> Ruleset:
    (folder / "routes.yaml").write_text(text.replace("SECRET", SECRET))
    loaded = load_ruleset(folder / "routes.yaml", {})
    assert loaded.ruleset is not None, [problem.message for problem in loaded.problems]
    return loaded.ruleset


def kept(source: str = "open", body: bytes = b'{"id": "1", "type": "greeting", "name": "ada"}') -> StoredEvent:
    return StoredEvent(
        uid="evt_a",
        source=source,
        id="1",
        type="of another day",
        time=NOW,
        received_at=NOW,
        state=EventState.UNMATCHED,
        reason=None,
        size=len(body),
        duplicates=0,
        body=body,
    )


def test_a_stored_event_is_read_as_todays_configuration_reads_it(live: Live) -> None:
    event = live.reread(kept())
    assert (event.uid, event.id, event.type, event.received_at) == ("evt_a", "1", "greeting", NOW)


def test_a_replay_plans_by_todays_routes_with_ids_of_its_own(live: Live, tmp_path: Path) -> None:
    [first] = live.replan(kept(), "").deliveries
    [again] = live.replan(kept(), "rpl_1").deliveries
    assert first.id != again.id
    assert json.loads(again.params)["path"] == "/ada"
    live.swap(rules(tmp_path, TEXT.replace("event: greeting", "event: farewell")))
    assert live.replan(kept(), "rpl_2").deliveries == ()


def test_an_event_of_a_source_that_has_gone_is_refused_by_its_name(live: Live) -> None:
    with pytest.raises(Rejected, match="no source `gone`"):
        live.replan(kept("gone"), "rpl_1")
    with pytest.raises(Rejected, match="not JSON"):
        live.replan(kept(body=b"{"), "rpl_1")


def test_a_delivery_is_retried_as_its_action_says_today_else_its_destination_else_the_default(live: Live) -> None:
    known = stored(route="hand-on", action="http", destination="app")
    assert live.policy(known).retry.max_attempts == 9
    lost = stored(route="gone", action="gone", destination="app")
    assert (live.policy(lost).retry.max_attempts, live.policy(lost).timeout) == (3, 7.0)
    stranded = stored(route="gone", action="gone", destination="gone")
    assert live.policy(stranded).retry == RetryPolicy()


def test_a_body_is_signed_anew_with_the_secret_of_its_source(live: Live) -> None:
    headers = live.sign("clerk", "msg_1", b"{}", NOW)
    assert headers["svix-id"] == "msg_1"
    assert headers["svix-timestamp"] == str(int(NOW.timestamp()))


@pytest.mark.parametrize("source", ["open", "gone"])
def test_a_source_without_a_secret_signs_nothing_and_says_so(live: Live, source: str) -> None:
    with pytest.raises(Permanent, match=f"the source `{source}` holds no secret"):
        live.sign(source, "msg_1", b"{}", NOW)


DEATHS = (
    TEXT
    + """    on_dead:
      - http: {path: "/dead/{{ payload.name }}/{{ delivery.attempts }}", json: "{{ delivery.reason }}"}
on_dead:
  - http: {path: "/dead/{{ data.name }}", json: {route: "{{ route }}", type: "{{ event.type }}"}}
"""
)


def path(deliveries: tuple[PlannedDelivery, ...]) -> str:
    [made] = deliveries
    return str(json.loads(made.params)["path"])


def test_a_death_is_told_by_todays_routes_of_the_event_as_it_is_read_today(live: Live, tmp_path: Path) -> None:
    live.swap(rules(tmp_path, DEATHS))
    dead = stored(route="hand-on", reason="410", attempts=3, lease=7, settled_at=NOW)
    assert path(live.on_dead(kept(), dead)) == "/dead/ada/3"
    assert path(live.on_dead(kept(), replace(dead, route="gone"))) == "/dead/ada"
    assert live.on_dead(kept(), dead) == live.on_dead(kept(), dead)
    assert live.on_dead(kept(), dead)[0].id != live.on_dead(kept(), replace(dead, lease=9))[0].id


def test_an_event_whose_source_has_gone_is_told_of_as_it_is_stored(live: Live, tmp_path: Path) -> None:
    live.swap(rules(tmp_path, DEATHS))
    [made] = live.on_dead(kept("gone"), stored(route="hand-on"))
    assert json.loads(made.params) == {
        "path": "/dead/ada",
        "json": {"route": "hand-on", "type": "of another day"},
    }
    assert live.ruleset.policy(stored(route="gone", action=made.action)).retry.max_attempts == 3


@pytest.mark.parametrize("source", ["open", "gone"])
def test_an_event_that_cannot_be_read_is_logged_and_nobody_is_told(
    live: Live, tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str
) -> None:
    live.swap(rules(tmp_path, DEATHS))
    assert live.on_dead(kept(source, body=b"{"), stored(route="hand-on")) == ()
    [line] = caplog.messages
    assert line.startswith("the death of dlv_")
    assert "its event evt_a cannot be read: " in line
