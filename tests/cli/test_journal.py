"""`router journal`, and `retry` and `discard` of what it holds, on a journal that no process owns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main
from router.journal.journal import DeliveryFilter
from router.journal.lock import Lock
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState
from router.running import utc_now
from tests.journal.values import attempt, begun, plan

S = DeliveryState
Work = Callable[[SqliteJournal], Awaitable[Any]]


def within(path: Path, work: Work) -> Any:
    """Do something with the open journal."""

    async def do() -> Any:
        journal = SqliteJournal(path, clock=utc_now, min_free=0)
        await journal.open()
        try:
            return await work(journal)
        finally:
            await journal.close()

    return asyncio.run(do())


async def states(journal: SqliteJournal) -> dict[str, str]:
    """Return the state of each event's delivery."""
    found = await journal.deliveries(DeliveryFilter())
    return {delivery.event_uid.removeprefix("evt_"): delivery.state.value for delivery in found}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with one delivery ready, one dead, one delivered."""

    async def fill(journal: SqliteJournal) -> None:
        await journal.append(plan("ready"))
        for name, state in (("dead", S.DEAD), ("done", S.DELIVERED)):
            await journal.record(attempt(await begun(journal, name), state))

    within(tmp_path / "router.db", fill)
    return tmp_path / "router.db"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run a command that prints JSON."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_status_tells_size_counts_and_owner(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "journal", "status", "--journal", str(path))
    assert (told["journal"], told["owner"], told["events"]["planned"]) == (str(path), None, 3)
    assert {state: n for state, n in told["deliveries"].items() if n} == {"ready": 1, "dead": 1, "delivered": 1}
    assert told["bytes"] >= path.stat().st_size > 0
    assert told["oldest_due"] == "2026-03-01T12:00:00.123456Z"
    lock = Lock(path)
    lock.acquire()
    lock.publish("http://127.0.0.1:1", "secret-token")
    assert main(["journal", "status", "--journal", str(path)]) == 0
    lock.release()
    out = capsys.readouterr().out
    assert "http://127.0.0.1:1" in out
    assert "1 ready" in out
    assert "secret-token" not in out


def test_a_backup_is_restored_held_released_and_discarded(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = path.with_name("copy.db")
    told = said(capsys, "journal", "backup", str(copy), "--journal", str(path))
    assert (told["file"], told["events"], told["deliveries"], told["unsettled"]) == (str(copy), 3, 3, 1)
    assert told["bytes"] == copy.stat().st_size
    assert main(["journal", "backup", str(copy), "--journal", str(path)]) == 1
    assert "overwrites nothing" in capsys.readouterr().err

    journal = ("--journal", str(copy))
    assert said(capsys, "retry", "--state", "held", "--dry-run", *journal) == {"would_retry": 1}
    assert within(copy, states) == {"ready": "held", "dead": "dead", "done": "delivered"}
    assert main(["journal", "status", *journal]) == 0
    assert "1 deliveries are held" in capsys.readouterr().out
    assert main(["discard", "--state", "held", "--note", "n", "--dry-run", *journal]) == 0
    assert capsys.readouterr().out == "1 held deliveries would be discarded\n"
    assert main(["retry", "--state", "held", *journal]) == 0
    assert capsys.readouterr().out == "1 held deliveries are due again\n"
    assert within(copy, states)["ready"] == "ready"
    assert within(path, states)["ready"] == "ready"


def test_a_journal_is_held_by_hand(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = ("--journal", str(path))
    assert said(capsys, "journal", "hold", "--reason", "a dump of yesterday", *journal) == {"held": 1}
    assert within(path, states) == {"ready": "held", "dead": "dead", "done": "delivered"}
    (held,) = within(path, lambda j: j.deliveries(DeliveryFilter(state=S.HELD)))
    assert held.reason == "a dump of yesterday"
    assert main(["journal", "hold", *journal]) == 0
    assert "0 deliveries are held" in capsys.readouterr().out


def test_a_journal_that_a_router_owns_is_not_held(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = Lock(path)
    lock.acquire()
    assert main(["journal", "hold", "--journal", str(path)]) == 3
    lock.release()
    assert "owned by process" in capsys.readouterr().err
    assert within(path, states)["ready"] == "ready"


def test_dead_deliveries_are_discarded_with_their_note(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = ("--journal", str(path))
    assert said(capsys, "discard", "--all", "--note", "n", "--dry-run", *journal) == {"would_discard": 1}
    assert within(path, states)["dead"] == "dead"
    assert said(capsys, "discard", "--event", "msg_dead", "--note", "left us", *journal) == {"discarded": 1}
    assert within(path, states) == {"ready": "ready", "dead": "discarded", "done": "delivered"}
    (ended,) = within(path, lambda j: j.deliveries(DeliveryFilter(state=S.DISCARDED)))
    assert ended.reason == "discarded: left us"
    assert main(["discard", ended.id, "--note", "n", *journal]) == 1
    assert "none of these is a dead delivery" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--note", "n"], "say which"),
        (["--all", "--note", " "], "say why with --note"),
        (["--all"], "--note"),
        (["--all", "--note", "n", "--state", "ready"], "--state"),
    ],
)
def test_a_discard_that_does_not_say_which_or_why_is_wrong_usage(
    path: Path, arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: Any = main(["discard", *arguments, "--journal", str(path)])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert what in capsys.readouterr().err
    assert within(path, states)["dead"] == "dead"


def test_what_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.db")
    copy = str(tmp_path / "copy.db")
    for command in (
        ["journal", "status"],
        ["journal", "hold"],
        ["journal", "backup", copy],
        ["discard", "--all", "--note", "n"],
    ):
        assert main([*command, "--journal", missing]) == 3
        assert "there is no journal" in capsys.readouterr().err
    assert not Path(copy).exists()
    assert not Path(missing).exists()
