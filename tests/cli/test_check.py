"""`router check`: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from router.cli.main import main
from router.config.codes import CODES

FINE = 'routes:\n  - name: a\n    actions: [http: {url: "https://app.example/"}]\n'
WARNED = FINE + "sources: {clerk: {provider: clerk, secret: whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB}}\n"
WARNED = WARNED.replace("name: a", "name: a\n    source: clerk\n    event: user.create")
WRONG = FINE.replace("name: a", "name: a\n    sorce: x")
UNSET = FINE + 'journal: "${JOURNAL}"\ndestinations: {slack: {webhook_url: "${SLACK_WEBHOOK_URL}"}}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("JOURNAL", "SLACK_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)


def check(text: str, *options: str) -> int:
    Path("routes.yaml").write_text(text)
    return main(["check", *options])


def test_problems_end_with_how_to_read_more_about_their_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(WRONG) == 1
    *_, more, count = capsys.readouterr().out.splitlines()
    assert more == "more about a code: router check --explain unknown-key"
    assert count == "1 error, 0 warnings"
    assert check(FINE) == 0
    assert capsys.readouterr().out == "routes.yaml is fine: 0 sources, 1 route\n"


def test_a_warning_is_fine_unless_it_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(WARNED) == 0
    assert capsys.readouterr().out.endswith("routes.yaml is fine: 1 source, 1 route, 1 warning\n")
    assert check(WARNED, "--strict") == 1
    assert capsys.readouterr().out.endswith("\n0 errors, 1 warning; with --strict a warning is an error\n")
    assert check(WARNED, "--strict", "--json") == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert check(FINE, "--strict") == 0


def test_variables_that_are_not_set_are_made_up_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check(UNSET) == 1
    assert capsys.readouterr().out.count("[unset-variable]") == 2
    assert check(UNSET, "--made-up") == 0
    said = capsys.readouterr().out
    assert "[unused]" in said
    assert said.endswith("routes.yaml is fine: 0 sources, 1 route, 1 warning (2 variables made up)\n")
    assert check(UNSET, "--made-up", "--json") == 0
    assert json.loads(capsys.readouterr().out)["made_up"] == ["JOURNAL", "SLACK_WEBHOOK_URL"]


def test_what_is_set_is_not_made_up(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL", "sqlite:///x.db")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "no address")
    assert check(UNSET, "--made-up") == 1
    out = capsys.readouterr().out
    assert "[wrong-value]" in out
    assert "no address" not in out
    assert "made up" not in out


def test_json_names_the_page_of_each_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(WRONG, "--format", "json") == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["page"]) == ("unknown-key", "problems/unknown-key.md")
    assert (problem["line"], problem["column"], problem["length"]) == (3, 5, 5)


def test_annotations_for_github_escape_what_would_end_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(WRONG.replace("sorce: x", "'so%rce:,': x"), "--format", "github") == 1
    said, count = capsys.readouterr().out.splitlines()
    assert said.startswith("::error file=routes.yaml,line=3,col=5,endColumn=15,title=unknown-key::")
    assert "no key `so%25rce:,`%0Ahint: did you mean `source`?" in said
    assert count == "1 error, 0 warnings"
    Path("a,b%c.yaml").write_text(WARNED)
    assert main(["check", "a,b%c.yaml", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::warning file=a%2Cb%25c.yaml,line=4,col=12,")


def test_a_code_is_explained_without_any_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    for code in ("unknown-key", "[unknown-key]", "Unknown-Key"):
        assert main(["check", "--explain", code]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"unknown-key: {CODES['unknown-key']}\n")
        assert "\n    events: user.created\n" in out.replace("        ", "    ")
        assert "hint: did you mean `event`?" in out
        assert "<!--" not in out
        assert "```" not in out


def test_an_explanation_names_the_files_and_pages_that_it_speaks_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "broken-plugin"]) == 0
    out = capsys.readouterr().out
    assert "plugins (docs/plugins.md)" in out
    assert '\nplugins/pager.py:\n    """Pages' in out


def test_an_unknown_code_is_led_to_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "unknown-kee"]) == 2
    assert "there is no code `unknown-kee`; did you mean `unknown-key`" in capsys.readouterr().err
    assert main(["check", "--explain", "zzzzzzz"]) == 2
    assert "these are: yaml-syntax, " in capsys.readouterr().err


def test_a_missing_file_is_a_problem_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"none{os.sep}routes.yaml", "--made-up", "--format", "github"]) == 1
    assert "::error file=none/routes.yaml,line=1,col=1," in capsys.readouterr().out


UNTOLD = """version: 1
sources: {clerk: {provider: clerk, secret: "${S}"}}
destinations:
  slack: {webhook_url: "${HOOK_OF_THIS_TEST}"}
  sql: {url: "${PG_OF_THIS_TEST}"}
  app: {type: http, base_url: "https://${TENANT_OF_THIS_TEST}.acme.dev", auth: {bearer: "${APP_OF_THIS_TEST}"}}
routes: []
"""


def test_the_names_of_variables_need_not_tell_what_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(UNTOLD, "--made-up") == 0, capsys.readouterr().out


def test_a_made_up_value_that_does_not_fit_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    text = UNTOLD.replace("{webhook_url:", '{concurrency: "${MANY_OF_THIS_TEST}", webhook_url:')
    assert check(text, "--made-up") == 1
    said = capsys.readouterr().out
    assert "hint: this value was made up, as `MANY_OF_THIS_TEST` is not set: set it, to anything that fits" in said


def test_a_number_may_come_from_a_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = UNTOLD.replace("{webhook_url:", '{concurrency: "${MANY_OF_THIS_TEST:-8}", webhook_url:')
    assert check(text, "--made-up") == 0, capsys.readouterr().out
    monkeypatch.setenv("MANY_OF_THIS_TEST", "0")
    assert check(text, "--made-up") == 1
    assert "must be at least 1" in capsys.readouterr().out
