"""`router replay` where no router runs: it owns the journal, and does the work itself."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState, Event, EventState, Plan, PlannedDelivery
from tests.journal.values import NOW, attempt, planned

ROUTES = """
sources:
  open: {verify: none, id: $.id, type: $.type}
destinations:
  app: {type: http, base_url: "https://app.example:8443/x"}
routes:
  - name: hand-on
    source: open
    actions: [{http: {path: "/{{ payload.id }}"}, destination: app}]
  - name: tell
    source: open
    actions: [{http: {path: "/told"}, destination: app}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with routes, and a journal in which one of two deliveries of each event was made."""
    (tmp_path / "routes.yaml").write_text(ROUTES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder: Path, events: int, *, delivered: bool = True) -> None:
    """Store events, each with a delivery of the route `hand-on`."""

    async def store() -> None:
        journal = SqliteJournal(folder / "router.db", clock=lambda: NOW, min_free=0)
        await journal.open()
        await asyncio.gather(*(one(journal, number) for number in range(1, events + 1)))
        await journal.close()

    async def one(journal: SqliteJournal, number: int) -> None:
        uid, body = f"evt_{number:06}", json.dumps({"id": str(number), "type": "greeting"}).encode()
        received = NOW + timedelta(seconds=number)
        event = Event(uid, "open", str(number), "greeting", received, received, body, None, None)
        made: Sequence[PlannedDelivery] = ()
        if delivered:
            made = (planned(uid, "http", route="hand-on", destination="app"),)
        plan = Plan(event, EventState.PLANNED if made else EventState.UNMATCHED, tuple(made))
        for delivery in (await journal.append(plan, take=[d.id for d in made])).deliveries:
            await journal.record(attempt(delivery, DeliveryState.DELIVERED))

    asyncio.run(store())


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with closing(sqlite3.connect(folder / "router.db")) as connection:
        return connection.execute(query).fetchall()


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """Run a command, and return what it printed as JSON."""
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_it_replays_by_itself_and_tells_the_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder, 3)
    assert main(["replay", "--all", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "3 events would be replayed: 3 new deliveries",
        "  app (app.example:8443): 3",
        "3 would be left out: delivered before, or under way (--again sends them once more)",
    ]
    assert rows(folder, "select count(*) from deliveries") == [(3,)]
    assert main(["replay", "--all"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "3 events replayed: 3 new deliveries"
    assert rows(folder, "select count(*) from deliveries where priority = 2") == [(3,)]


def test_what_is_sent_twice_is_counted_by_destination(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder, 2)
    assert main(["replay", "--all", "--again", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 events would be replayed: 4 new deliveries",
        "  app (app.example:8443): 4, 2 of them for a second time",
        "2 would be sent a second time: they were delivered before, or are under way",
    ]


def test_one_route_or_action_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder, 2, delivered=False)
    counts = said(capsys, "replay", "--all", "--route", "tell", "--dry-run")
    assert (counts["events"], counts["deliveries"]) == (2, 2)
    assert said(capsys, "replay", "--all", "--action", "http", "--dry-run")["deliveries"] == 4
    said(capsys, "replay", "1", "--route", "tell", "--action", "http")
    assert rows(folder, "select route, action from deliveries") == [("tell", "http")]
    for wrong in (["--route", "tel"], ["--route", "tell", "--action", "htp"], ["--action", "htp"]):
        assert main(["replay", "--all", *wrong]) == 1
        assert "did you mean" in capsys.readouterr().err or "known: http" in capsys.readouterr().err
    assert rows(folder, "select count(*) from replays") == [(1,)]


def test_how_replays_stand_is_told_without_a_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(folder, 2)
    done = said(capsys, "replay", "--all")
    (folder / "routes.yaml").write_text("version: 1\nroutes: nonsense\n")
    journal = ["--journal", "router.db"]
    stands = said(capsys, "replay", "--status", done["replay"], *journal)
    assert (stands["state"], stands["events"], stands["deliveries"]) == ("done", 2, 2)
    assert [one["replay"] for one in said(capsys, "replay", "--status", *journal)] == [done["replay"]]
    assert main(["replay", "--status", *journal]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["REPLAY", "STARTED", "STATE", "EVENTS"]
    assert line.split()[2:] == ["done", "2", "of", "2", "2", "2"]
    assert said(capsys, "replay", "--cancel", done["replay"], *journal)["state"] == "done"
    assert said(capsys, "replay", "--follow", done["replay"], *journal)["state"] == "done"


def test_an_unknown_replay_and_a_filter_beside_one_are_mistakes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(folder, 1)
    for verb in ("--status", "--follow", "--resume", "--cancel"):
        assert main(["replay", verb, "rpl_nope"]) == 1
        assert "there is no replay `rpl_nope`" in capsys.readouterr().err
        assert main(["replay", verb, "rpl_nope", "--type", "x"]) == 2


def interrupted(folder: Path) -> str:
    """Leave a replay of everything half done, and return its id."""

    async def save() -> None:
        journal = SqliteJournal(folder / "router.db", clock=lambda: NOW, min_free=0)
        await journal.open()
        from router.journal.journal import StoredReplay

        await journal.save_replay(StoredReplay("rpl_x", {"filter": {}}, {}, None, "running", NOW))
        await journal.close()

    asyncio.run(save())
    return "rpl_x"


def test_one_that_was_interrupted_waits_and_is_gone_on_with(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(folder, 2)
    id_ = interrupted(folder)
    assert main(["replay", "--follow", id_]) == 1
    assert f"--resume {id_}" in capsys.readouterr().err
    assert said(capsys, "replay", "--resume", id_)["deliveries"] == 2
    assert rows(folder, "select state from replays") == [("done",)]


def test_one_that_was_interrupted_can_be_ended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder, 2)
    id_ = interrupted(folder)
    assert said(capsys, "replay", "--cancel", id_)["state"] == "cancelled"
    assert main(["replay", "--resume", id_]) == 1
    assert "cancelled" in capsys.readouterr().err
    assert rows(folder, "select count(*) from deliveries") == [(2,)]


def on_a_terminal(folder: Path, *arguments: str, answer: str) -> tuple[int, str]:
    """Run a command on a terminal, and answer what it asks; return its code and what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "router", *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # its end of the terminal is closed
            break
        shown += part
        if not part:
            break
    os.close(ours)
    return process.wait(timeout=60), shown.decode()


@pytest.mark.parametrize(
    ("arguments", "answer", "code", "asked", "made"),
    [
        (["--again"], "n\n", 1, True, 2),
        (["--again"], "\n", 1, True, 2),
        (["--again"], "y\n", 0, True, 6),
        (["--again", "--yes"], "", 0, False, 6),
        (["--again", "--route", "tell"], "", 0, False, 4),
        ([], "", 0, False, 4),
    ],
)
def test_a_terminal_is_asked_before_something_is_sent_twice(
    folder: Path, arguments: list[str], answer: str, code: int, asked: bool, made: int
) -> None:
    fill(folder, 2)
    ended, shown = on_a_terminal(folder, "replay", "--all", *arguments, answer=answer)
    assert ended == code, shown
    assert ("go on? [y/N]" in shown) is asked
    assert rows(folder, "select count(*) from deliveries") == [(made,)]


def test_an_interrupt_says_how_to_go_on_and_nothing_is_made_twice(folder: Path) -> None:
    fill(folder, 4000, delivered=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "router", "replay", "--all"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    while not (made := _made(folder)):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert made <= _made(folder) < 8000, "it was interrupted too late to prove anything"
    ((id_, state),) = rows(folder, "select id, state from replays")
    assert f"router replay --resume {id_}" in err
    assert "Traceback" not in err
    assert state == "running"
    assert main(["replay", "--resume", id_]) == 0
    assert rows(folder, "select count(*), count(distinct event || route) from deliveries") == [(8000, 8000)]
    (result,) = rows(folder, "select result from replays")[0]
    assert json.loads(result)["deliveries"] == 8000


def _made(folder: Path) -> int:
    return int(rows(folder, "select count(*) from deliveries")[0][0])
