"""`router events export`: stored events as tests that pass at once, and as they came."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main
from router.config import yaml
from router.config.made_up import made_up
from router.config.node import plain
from router.config.problem import Problems
from router.journal.sqlite import SqliteJournal
from router.ruleset import Ruleset, load_ruleset
from router.running import utc_now
from router.sources.samples import sample, sample_types
from router.specimen import received, signed_request
from router.testing.exported import by_name

AT = datetime(2026, 1, 15, 12, 0, 3, 250_000, tzinfo=UTC)
ROUTES = """
sources:
  clerk: {provider: clerk, secret: "${CLERK_SECRET}"}
  github: {provider: github, secret: "${GITHUB_SECRET}", headers: [X-Team]}
  app: {verify: none, id: $.id, type: $.type, data: $.data}
destinations:
  slack: {webhook_url: "${SLACK_URL}"}
routes:
  - name: welcome
    source: clerk
    event: user.created
    where: {data.email_addresses.*.email_address: {ends_with: "@example.com"}}
    actions: [{slack: {text: "{{ full_name }} <{{ primary_email }}>"}}]
  - name: people
    source: app
    where: {data.plan: {in: [pro, team]}}
    actions:
      - name: each
        slack: {text: "{{ item.name }} ({{ event.id }})"}
        for_each: data.people
      - name: note
        slack: {text: "{{ data.note.missing }}"}
  - name: vip
    source: app
    if: data.note | length > 20
    actions: [{slack: {text: "long"}}]
  - name: pulls
    source: github
    event: pull_request.opened
    actions: [{slack: {text: "{{ headers['X-Team'] }}: {{ data.pull_request.title }}"}}]
"""


def rules(folder: Path) -> Ruleset:
    """Return the rules of the folder."""
    loaded = load_ruleset(folder / "routes.yaml", {}, made_up=made_up)
    assert loaded.ruleset is not None, list(loaded.problems)
    return loaded.ruleset


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with routes."""
    (tmp_path / "routes.yaml").write_text(ROUTES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def store(folder: Path, source: str, type_: str, payload: Any, **headers: str) -> None:
    """Store an event as the listener does, with the sender's id msg_1."""
    ruleset = rules(folder)
    found = ruleset.sources[source]
    request = signed_request(found, type_, json.dumps(payload).encode(), "msg_1", AT)
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    event = received(found, replace(request, headers=(*request.headers, *more)), "evt_1").event
    assert event is not None
    plan = ruleset.plan(event)

    async def write() -> None:
        journal = SqliteJournal(folder / "router.db", clock=utc_now, min_free=0)
        await journal.open()
        await journal.append(plan)
        await journal.close()

    asyncio.run(write())


def exported(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, str]:
    """Export the event as a test; return the test, and what was told about it."""
    assert main(["events", "export", "evt_1", "--as-test", *arguments]) == 0
    out, err = capsys.readouterr()
    problems = Problems()
    node = yaml.parse(out, "tests", problems)
    assert node is not None
    assert not list(problems)
    (case,) = plain(node)["tests"]
    Path("routes.test.yaml").write_text(out)
    assert main(["test", "routes.yaml", "routes.test.yaml"]) == 0
    capsys.readouterr()
    return case, err


@pytest.mark.parametrize("type_", sample_types("clerk"))
def test_every_sample_of_clerk_makes_a_test_that_passes_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str], type_: str
) -> None:
    store(folder, "clerk", type_, sample("clerk", type_, AT))
    case, _ = exported(capsys)
    assert case["event"] == f"clerk/{type_}"
    assert case["at"] == "2026-01-15T12:00:03.250000Z"


def test_a_person_is_nowhere_in_the_test(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(folder, "clerk", "user.created", sample("clerk", "user.created", AT))
    case, err = exported(capsys)
    text = json.dumps(case)
    for personal in ("Ada", "Byron", "ada@", "lovelace@", "203.0.113"):
        assert personal not in text, personal
    assert case["expect"]["routes"] == ["welcome"]
    assert case["expect"]["actions"]["welcome/slack"]["text"] == "Name1 Name2 <user2@example.com>"
    assert "  2 name: data.first_name, data.last_name\n" in err


def test_items_and_dead_deliveries_are_expected_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = [{"name": "Ada"}, {"name": "Bob"}]
    store(folder, "app", "x", {"id": "1", "type": "x", "data": {"plan": "pro", "people": people, "note": ""}})
    case, _ = exported(capsys)
    assert case["expect"]["actions"]["people/each"] == [{"text": "Name1 (1)"}, {"text": "Name2 (1)"}]
    assert case["expect"]["actions"]["people/note"]["state"] == "dead"


def test_headers_that_the_source_lists_are_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payload = {"action": "opened", "pull_request": {"title": "Mend it"}, "sender": {"login": "ada"}}
    store(folder, "github", "pull_request.opened", payload, X_Team="core")
    case, _ = exported(capsys)
    assert case["event"] == "github/pull_request.opened"
    assert {name.lower(): value for name, value in case["headers"].items()} == {"x-team": "core"}
    assert case["payload"]["sender"] == {"login": "Name1"}
    assert case["expect"]["actions"]["pulls/slack"]["text"] == "core: Mend it"


def test_places_are_kept_and_masked_on_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {"plan": "free", "name": "Ada", "note": "a word"}
    store(folder, "app", "x", {"id": "1", "type": "x", "data": data})
    case, _ = exported(capsys, "--keep", "data.name", "--mask", "data.note")
    assert case["payload"]["data"] == {"plan": "free", "name": "Ada", "note": "masked1"}


def test_what_the_masking_changes_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {"plan": "free", "note": "a long, long word indeed"}
    store(folder, "app", "x", {"id": "1", "type": "x", "data": data})
    case, err = exported(capsys, "--mask", "data.note")
    assert case["expect"]["routes"] == []
    assert "note: the route `vip` no longer takes the masked event: `if` is false\n" in err
    assert "--keep PATH" in err


def test_a_test_is_appended_and_the_file_is_otherwise_as_it_was(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(folder, "clerk", "user.deleted", sample("clerk", "user.deleted", AT))
    file = folder / "mine.test.yaml"
    file.write_text(
        "# mine\ntests:\n  - name: first  # one\n    event: clerk/user.deleted\n    expect: {routes: []}\n"
    )
    file.chmod(0o640)
    before = file.read_text()
    for _ in range(2):
        assert main(["events", "export", "msg_1", "--as-test", "--append", str(file)]) == 0
    assert file.read_text().startswith(before)
    assert file.stat().st_mode & 0o777 == 0o640
    assert main(["test", "routes.yaml", str(file)]) == 0
    assert "3 passed" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir() if "mine" in path.name) == ["mine.test.yaml"]


def test_a_captured_request_is_as_it_came(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payload = sample("clerk", "user.deleted", AT)
    store(folder, "clerk", "user.deleted", payload)
    assert main(["events", "export", "evt_1", "--request"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads(found["body"]) == payload
    assert found["source"] == "clerk"
    assert found["at"] == "2026-01-15T12:00:03.250000Z"
    test = {"name": "as it came", "request": found, "expect": {"verify": "ok"}}
    Path("request.test.yaml").write_text(json.dumps({"tests": [test]}))
    assert main(["test", "routes.yaml", "request.test.yaml"]) == 0


def test_half_of_a_character_is_spelled_out_and_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(folder, "clerk", "user.created", sample("clerk", "user.created", AT) | {"odd": "a\ud800"})
    case, err = exported(capsys)
    assert case["payload"]["odd"] == r"a\ud800"
    assert "half of a character" in err


def test_a_header_that_came_twice_comes_twice_again() -> None:
    assert by_name((("a", "1"), ("b", "2"), ("a", "3"), ("a", "4"))) == {"a": ["1", "3", "4"], "b": "2"}


def test_without_more_the_event_is_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(folder, "clerk", "user.deleted", sample("clerk", "user.deleted", AT))
    assert main(["events", "export", "evt_1", "--out", "event.json"]) == 0
    assert json.loads(Path("event.json").read_text())["payload"]["type"] == "user.deleted"
    assert main(["events", "export", "evt_1", "--out", "event.json"]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no", "--as-test"], 1, "no event has the id `no`"),
        (["evt_1", "--as-test", "--keep", "data.nme"], 1, "`data.nme` is not in the payload"),
        (["evt_1", "--as-test", "--keep", "email"], 1, "write `data.email`"),
        (["evt_1", "--keep", "data.id"], 2, "go with --as-test"),
        (["evt_1", "--as-test", "--config", "bad.yaml", "--journal", "router.db"], 1, "bad.yaml has errors"),
    ],
)
def test_wrong_input_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    store(folder, "clerk", "user.deleted", sample("clerk", "user.deleted", AT))
    (folder / "bad.yaml").write_text("routes: 5\n")
    assert main(["events", "export", *arguments]) == code
    assert message in capsys.readouterr().err
