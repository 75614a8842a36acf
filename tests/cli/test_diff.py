"""`router diff`: what a new file would send differently, on a real journal."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main
from router.journal.journal import Journal
from router.journal.postgres.journal import PostgresJournal
from router.journal.sqlite import SqliteJournal
from router.model import Event, EventState, Plan
from router.running import utc_now

ROUTES = """
sources:
  app: {verify: none, id: $.id, type: $.type, data: $.data}
  clerk: {provider: clerk, secret: "${CLERK_SECRET}"}
destinations:
  slack: {webhook_url: "${SLACK_URL}"}
  web: {type: http, base_url: "https://app.example/x", auth: {bearer: "${WEB_TOKEN}"}}
routes:
  - name: tell
    source: app
    where: {data.plan: pro}
    actions: [{slack: {text: "{{ data.name }} is here"}}]
  - name: hand-on
    source: app
    actions: [{http: {path: "/in", json: {n: "{{ data.n }}"}}, destination: web}]
  - name: welcome
    source: clerk
    event: user.created
    actions: [{slack: {text: "new: {{ full_name }}"}}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with routes, and a journal with ten events, the fifth of the plan `free`."""
    (tmp_path / "routes.yaml").write_text(ROUTES)
    monkeypatch.chdir(tmp_path)
    asyncio.run(fill(SqliteJournal(tmp_path / "router.db", clock=utc_now, min_free=0), 10))
    return tmp_path


async def fill(journal: Journal, events: int) -> None:
    """Store events, a second apart, the last one just now."""
    await journal.open()
    for number in range(1, events + 1):
        at = utc_now() - timedelta(seconds=events - number)
        data = {"n": number, "name": f"N{number}", "plan": "free" if number == 5 else "pro"}
        body = json.dumps({"id": f"msg_{number}", "type": "greeting", "data": data}).encode()
        event = Event(f"evt_{number:03}", "app", f"msg_{number}", "greeting", at, at, body, None, None)
        await journal.append(Plan(event, EventState.UNMATCHED))
    await journal.close()


def changed(folder: Path, *edits: tuple[str, str]) -> str:
    """Write a new file, and return its name."""
    text = ROUTES
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "new.yaml").write_text(text)
    return "new.yaml"


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """Run the command, and return what it printed as JSON."""
    assert main(["diff", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run the command, and return what it printed."""
    assert main(["diff", *arguments]) == code
    return capsys.readouterr().out


def test_the_same_file_differs_in_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "routes.yaml", "--fail-on-change")
    assert "10 stored events" in out
    assert "deliveries: 19 as before" in out
    assert "nothing differs" in out


def test_each_difference_is_told_by_route_with_examples(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = changed(
        folder,
        ("data.plan: pro", "data.plan: [pro, free]"),
        ("is here", "has come"),
        ("- name: hand-on", "- name: pass-on"),
    )
    out = told(capsys, new, "--examples", "1")
    assert "deliveries: 0 as before, 1 new, 9 different, 10 renamed" in out
    assert (
        "route hand-on\n  http: 10 renamed to pass-on/http, with the same effect\n"
        "\n"
        "route tell\n"
        "  slack: 1 new\n"
        "    evt_005 app/greeting msg_5\n"
        '      today: where: data.plan: "pro": is the text `free`, not the text `pro`\n'
        "      + destination: slack\n"
        "      + text: N5 has come\n"
        "  slack: 9 different (text 9)\n"
        "    evt_010 app/greeting msg_10\n"
        "      - text: N10 is here\n"
        "      + text: N10 has come\n"
    ) in out
    assert "10 of 10 events would be treated differently" in out


def test_it_fails_on_a_change_only_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = changed(folder, ("is here", "has come"))
    assert said(capsys, new)["differs"] is True
    assert said(capsys, new, "--fail-on-change", code=1)["deliveries"]["different"] == 9


def test_a_setting_that_no_delivery_shows_is_a_change_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = changed(folder, ("https://app.example/x", "https://app.example/y"))
    found = said(capsys, new, "--fail-on-change", code=1)
    assert found["settings"] == [
        {
            "of": "destination web",
            "path": "base_url",
            "before": "https://app.example/x",
            "after": "https://app.example/y",
        }
    ]
    assert found["events_differing"] == 0


def test_secrets_are_never_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_TOKEN", "first-secret-value")
    monkeypatch.setenv("OTHER_TOKEN", "second-secret-value")
    new = changed(folder, ("${WEB_TOKEN}", "${OTHER_TOKEN}"), ("is here", "is first-secret-value"))
    for out in (told(capsys, new), json.dumps(said(capsys, new))):
        assert "secret-value" not in out
        assert "***" in out
    assert "auth.bearer: another value" in told(capsys, new)


def test_events_that_a_file_cannot_read_are_counted_with_the_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "new.yaml").write_text(
        ROUTES.replace("  app: {verify", "  web: {verify").replace("source: app", "source: web")
    )
    out = told(capsys, "new.yaml", "--examples", "1")
    assert "10 events fail with the new file: there is no source `app`\n  such as evt_010\n" in out
    assert "source app: not in the new file" in out


def test_a_delivery_that_would_die_says_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = changed(folder, ("{{ data.name }} is", "{{ data.nam }} is"))
    (group,) = said(capsys, new, "--route", "tell", "--examples", "1")["groups"]
    (difference,) = group["examples"][0]["differences"]
    assert difference["path"] == "state"
    assert difference["after"].startswith("dead: ")
    assert "`data.nam` is missing" in difference["after"]


@pytest.mark.parametrize(
    ("arguments", "events"),
    [
        (["--limit", "3"], 3),
        (["--event", "evt_002", "--event", "msg_3"], 2),
        (["--source", "clerk"], 0),
        (["--type", "greet*"], 10),
        (["--until", "1d"], 0),
        (["--since", "1h", "--source", "app"], 10),
    ],
)
def test_which_events_are_compared(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], events: int
) -> None:
    assert said(capsys, "routes.yaml", *arguments)["events"] == events


def test_one_event_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "routes.yaml", "--event", "evt_002").startswith("1 stored event: routes.yaml -> ")


def test_the_pages_of_a_journal_are_gone_through_once(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.cli.diff_walk.PAGE", 3)
    monkeypatch.setattr("router.cli.diff_walk.BYTES", 150)
    found = said(capsys, changed(folder, ("is here", "has come")), "--examples", "20")
    (group,) = found["groups"]
    numbers = [example["event"] for example in group["examples"]]
    assert numbers == [f"evt_{n:03}" for n in range(10, 0, -1) if n != 5]


def test_samples_need_no_journal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "router.db").unlink()
    new = changed(folder, ("new: {{", "hello {{"))
    found = said(capsys, "routes.yaml", new, "--samples", "--fail-on-change", code=1)
    assert found["of"] == "samples"
    assert [(g["route"], g["kind"], g["count"]) for g in found["groups"]] == [("welcome", "different", 1)]
    assert main(["diff", new]) == 3
    assert "there is no journal" in capsys.readouterr().err


def test_nothing_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "router.db").read_bytes()
    told(capsys, changed(folder, ("is here", "has come")))
    assert (folder / "router.db").read_bytes() == before


def test_problems_of_both_files_are_told_as_check_tells_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "routes.yaml").write_text(ROUTES.replace("where:", "were:"))
    (folder / "new.yaml").write_text(ROUTES.replace("slack: {text", "slak: {text"))
    assert main(["diff", "new.yaml"]) == 1
    err = capsys.readouterr().err
    assert "routes.yaml:11:5: error" in err
    assert "new.yaml:12:16: error" in err
    assert "nothing was compared" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["routes.yaml", "--event", "no"], 1, "no stored event has one of these ids"),
        (["routes.yaml", "--route", "tel"], 1, "did you mean `tell`?"),
        (["routes.yaml", "--samples", "--since", "1d"], 2, "leave --since out"),
        (["missing.yaml"], 1, "missing.yaml"),
    ],
)
def test_wrong_input_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert main(["diff", *arguments]) == code
    assert message in capsys.readouterr().err


def test_an_interrupt_shows_what_was_found_so_far(folder: Path) -> None:
    asyncio.run(fill_many(folder))
    new = changed(folder, ("is here", "has come"))
    program = (
        "import os, signal, sys\n"
        "from router.cli import diff_walk\n"
        "from router.cli.main import main\n"
        "diff_walk.PAGE = 50\n"
        "first = diff_walk.Walk._show\n"
        "def show(walk):\n"
        "    first(walk)\n"
        "    if walk.tally.events == 100: os.kill(os.getpid(), signal.SIGINT)\n"
        "diff_walk.Walk._show = show\n"
        f"sys.exit(main(['diff', '{new}', '--examples', '0']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 130, done.stderr
    assert "stopped: this is what was found so far" in done.stdout
    assert "of 1,000 stored events" in done.stdout
    assert "Traceback" not in done.stderr


async def fill_many(folder: Path) -> None:
    """Store a thousand events instead."""
    (folder / "router.db").unlink()
    await fill(SqliteJournal(folder / "router.db", clock=utc_now, min_free=0), 1000)


def test_a_journal_in_postgresql_is_compared_too(
    folder: Path, capsys: pytest.CaptureFixture[str], postgres_url: str
) -> None:
    asyncio.run(fill(PostgresJournal(postgres_url, clock=utc_now), 10))
    new = changed(folder, ("is here", "has come"))
    assert said(capsys, new, "--journal", postgres_url)["deliveries"]["different"] == 9
