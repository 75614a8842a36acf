"""Every sender with every action gives a configuration without a warning, and tests that pass."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path

import pytest

from router.cli.main import main
from router.registry import load_registry
from router.starting.origin import origin_names

ACTIONS = sorted(load_registry(entry_points=False).actions)
COMBINATIONS = [
    *(([sender], [action]) for sender in origin_names() for action in ACTIONS),
    *(([sender], ACTIONS) for sender in origin_names()),
    (["clerk", "github"], ["slack", "sql"]),
    (list(origin_names()), ACTIONS),
]


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def begun(senders: list[str], actions: list[str]) -> None:
    flags = [word for name in senders for word in ("--provider", name)]
    flags += [word for name in actions for word in ("--action", name)]
    assert main(["init", *flags]) == 0


@pytest.mark.parametrize(("senders", "actions"), COMBINATIONS, ids=lambda names: "+".join(names))
def test_what_is_written_is_fine_and_its_tests_pass(
    senders: list[str], actions: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    begun(senders, actions)
    assert main(["check", "--made-up", "--strict"]) == 0, capsys.readouterr().out
    assert main(["test"]) == 0, capsys.readouterr().out
    assert " passed in" in capsys.readouterr().out


@pytest.mark.parametrize("sender", origin_names())
def test_the_tests_of_a_sender_see_every_outcome_of_its_conditions(
    sender: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun([sender], ACTIONS)
    assert main(["test"]) == 0
    assert "never" not in capsys.readouterr().out


@pytest.mark.parametrize("sender", origin_names())
def test_every_variable_is_told_and_no_other(sender: str) -> None:
    begun([sender], ACTIONS)
    used = set(re.findall(r"\$\{(\w+)", Path("routes.yaml").read_text()))
    text = Path(".env.example").read_text()
    told = re.findall(r"(?m)^(?:# )?([A-Z0-9_]+)=$", text)
    assert sorted(told) == sorted(used)
    for name in told:
        assert re.search(rf"(?m)^# .+\n(?:# )?{name}=$", text), name


def test_the_tables_of_all_senders_can_be_made() -> None:
    begun(list(origin_names()), ["sql"])
    with sqlite3.connect(":memory:") as database:
        database.executescript(Path("routes.sql").read_text())
        (count,) = database.execute("select count(*) from sqlite_master where type = 'table'").fetchone()
    assert count == len(origin_names())


def test_with_its_variables_filled_in_it_passes_the_check_without_inventions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(["clerk", "github"], ACTIONS)
    filled = {
        "CLERK_WEBHOOK_SIGNING_SECRET": "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=",
        "GITHUB_WEBHOOK_SECRET": "5f0c9a7f0e4a4d6b8a3d2c1b0a9f8e7d",
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x1y2z3",
        "RESEND_API_KEY": "re_a1b2c3d4e5f6",
        "APP_URL": "http://localhost:3000",
        "TEAM_EMAIL": "team@acme.dev",
    }
    required = set(re.findall(r"(?m)^([A-Z0-9_]+)=$", Path(".env.example").read_text()))
    assert required == set(filled)
    for name, value in filled.items():
        monkeypatch.setenv(name, value)
    assert main(["check", "--strict"]) == 0, capsys.readouterr().out
    assert not os.path.exists("app.db")
