"""What two files set differently, whatever events there are."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from router.comparison.difference import MISSING
from router.comparison.settings import names_of, settings
from router.ruleset import Ruleset, load_ruleset

BASE = """
sources:
  app: {verify: none, id: $.id, type: $.type}
  clerk: {provider: clerk, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw2s"}
destinations:
  slack: {webhook_url: "https://hooks.slack.com/services/T/B/first"}
  web: {type: http, base_url: "https://app.example", auth: {bearer: first-token-value}}
routes:
  - name: tell
    source: app
    actions: [{slack: {text: hi}}, {http: {path: /x}, destination: web}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def rules(text: str) -> Ruleset:
    """Return the rules of a file."""
    Path("routes.yaml").write_text(dedent(text))
    loaded = load_ruleset(Path("routes.yaml"), {})
    assert loaded.ruleset is not None, list(loaded.problems)
    return loaded.ruleset


def told(*edits: tuple[str, str]) -> list[str]:
    """Return what differs after edits, each as `of path: before -> after`."""
    new = BASE
    for before, after in edits:
        assert before in new
        new = new.replace(before, after)
    found = settings(rules(BASE), rules(new))
    return [
        f"{s.of} {s.difference.path}: "
        + " -> ".join(
            "" if value is MISSING else str(value) for value in (s.difference.before, s.difference.after)
        )
        for s in found
    ]


def test_the_same_file_sets_nothing_differently() -> None:
    assert told() == []


def test_comments_and_blanks_are_no_settings() -> None:
    assert told(("sources:\n", "# who may send\nsources:\n\n")) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("https://app.example", "https://new.example"), ["destination web base_url: https://app.example -> https://new.example"]),
        (("first-token-value", "other-token-value"), ["destination web auth.bearer: *** -> ***"]),
        (("services/T/B/first", "services/T/B/other"), ["destination slack webhook_url: *** -> ***"]),
        (("PZIo2LaLw2s", "PZIo2LaLw2t"), ["source clerk secret: *** -> ***"]),
        (("name: tell\n", "name: tell\n    enabled: false\n"), ["route tell: True -> False"]),
        (("name: tell\n", "name: say\n"), ["route tell: tell -> ", "route say:  -> say"]),
        (("  slack: {", "  ops: {type: slack, "), ["destination slack: slack -> ", "destination ops:  -> ops"]),
        (("{slack: {text: hi}}", "{slack: {text: hi}, timeout: 5s}"), ["action tell/slack timeout: 30.0 -> 5.0"]),
    ],
)  # fmt: skip
def test_each_setting_is_told_and_a_secret_only_as_another_one(edit: tuple[str, str], expected: list[str]) -> None:
    assert told(edit) == expected


def test_what_a_destination_sets_for_all_its_actions_is_told_once() -> None:
    assert told(("{type: http,", "{type: http, retry: {max_attempts: 3},")) == [
        "destination web retry.max_attempts: 20 -> 3"
    ]


def test_a_rate_is_told_by_its_seconds_between_starts() -> None:
    assert told(("{type: http,", "{type: http, rate: 2/s,")) == ["destination web interval: None -> 0.5"]


def test_the_names_are_those_of_all_actions() -> None:
    assert names_of(rules(BASE)) == {("tell", "slack"), ("tell", "http")}
