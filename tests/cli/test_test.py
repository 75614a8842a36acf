"""`router test` as people use it, in a process of its own folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from router.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
ROUTES = """version: 1
sources: {clerk: {provider: clerk, secret: "${CLERK_SECRET}"}}
destinations: {slack: {webhook_url: "${SLACK_URL}"}}
routes:
  - name: welcome
    source: clerk
    event: user.created
    where: {data.first_name: Ada}
    actions: [slack: {text: "Hello {{ data.first_name }}"}]
"""
TESTS = """tests:
  - {name: Ada is greeted, event: clerk/user.created, expect: {actions: {welcome/slack: {text: Hello Ada}}}}
  - {name: Bob is not, event: clerk/user.created, set: {data.first_name: Bob}, expect: {routes: []}}
"""
FAILING = TESTS.replace("Hello Ada", "Hello Eve").replace("routes: []", "routes: [welcome]")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CLERK_SECRET", "SLACK_URL"):
        monkeypatch.delenv(name, raising=False)
    Path("routes.yaml").write_text(ROUTES)
    Path("routes.test.yaml").write_text(TESTS)


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["test", *arguments])
    out, err = capsys.readouterr()
    return code, out + err


def test_a_line_a_test_the_coverage_and_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = ran(capsys)
    assert code == 0
    lines = out.splitlines()
    assert lines[:3] == ["routes.test.yaml", "  passed  Ada is greeted", "  passed  Bob is not"]
    assert "coverage  100%: 1 of 1 routes taken, 1 of 1 actions made, 2 of 2 outcomes of conditions seen" in lines
    assert lines[-1].startswith("2 passed in ")


def test_a_failure_shows_what_differs_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").write_text(FAILING)
    code, out = ran(capsys)
    assert code == 1
    assert (
        """
FAILED Ada is greeted
  event  clerk/user.created msg_test at 2026-01-15T12:00:00Z, verified (svix)
  routes.test.yaml:2:96  welcome/slack.text: it differs
    expected  "Hello Eve"
                     ^^^
    actual    "Hello Ada"
                     ^^^

FAILED Bob is not
  event  clerk/user.created msg_test at 2026-01-15T12:00:00Z, verified (svix)
  routes.test.yaml:3:97  routes: `welcome` did not take it
    expected  ["welcome"]
    actual    []
    `welcome` did not take it, because of its `where`  (routes.yaml:5:5)
    data.first_name: "Ada": is the text `Bob`, not the text `Ada`  (routes.yaml:8:13)
"""
        in out
    )
    assert "\n2 failed in " in out


def test_what_to_run_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").write_text(FAILING)
    assert "FAILED  Bob is not" not in ran(capsys, "-k", "GREETED")[1]
    assert "FAILED  Ada is greeted" not in ran(capsys, "-k", "not greeted")[1]
    code, out = ran(capsys, "-x")
    assert code == 1
    assert "1 failed, 1 not run in " in out
    assert "coverage" not in out
    code = main(["test", "-k", "nobody"])
    assert code == 2
    assert "no test has `nobody` in its name" in capsys.readouterr().err


def test_quiet_shows_dots_and_verbose_what_came_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "-q")[1].startswith("..\n")
    out = ran(capsys, "-v")[1]
    assert 'welcome/slack  {"text": "Hello Ada"}' in out
    assert "clerk/user.created msg_test at 2026-01-15T12:00:00Z, verified (svix)" in out


def test_files_can_be_named_and_those_of_tests_know_their_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("sub").mkdir()
    for name in ("routes.yaml", "routes.test.yaml"):
        shutil.move(name, "sub")
    for arguments in (
        ["sub/routes.yaml"],
        ["sub/routes.test.yaml"],
        ["sub/routes.yaml", "sub"],
        ["sub/routes.yaml", "sub/*.test.yaml"],
    ):
        assert ran(capsys, *arguments)[0] == 0, arguments
    code, out = ran(capsys, "sub/routes.yaml", "none.yaml")
    assert (code, out) == (1, "router: there is no file `none.yaml`\n")


def test_without_tests_it_says_where_they_are_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").unlink()
    code, out = ran(capsys)
    assert code == 2
    assert "write `routes.test.yaml`, or `tests/*.yaml` beside `routes.yaml`" in out
    Path("routes.test.yaml").write_text("tests: []\n")
    assert ran(capsys) == (2, "router: the files hold no test\n")


def test_mistakes_are_told_as_check_tells_them_and_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").write_text(TESTS.replace("routes: []", "routes: [welcom]"))
    code, out = ran(capsys)
    assert code == 1
    assert "routes.test.yaml:3:98: error: there is no route `welcom` [unknown-route]" in out
    assert "hint: did you mean `welcome`?" in out
    assert out.endswith("1 error: no test is run\n")
    found = json.loads(ran(capsys, "--json")[1])
    assert (found["ok"], found["problems"][0]["code"]) == (False, "unknown-route")
    Path("routes.yaml").write_text(ROUTES.replace("source: clerk", "source: klerk"))
    assert "there is no source `klerk`" in ran(capsys)[1]
    Path("routes.yaml").unlink()
    assert ran(capsys)[0] == 1


def test_update_shows_what_it_changes_and_then_everything_passes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").write_text("# mine\n" + FAILING)
    code, out = ran(capsys, "--update")
    assert code == 0
    assert "-  - {name: Bob is not" in out
    assert "2 passed" in out
    assert Path("routes.test.yaml").read_text() == "# mine\n" + TESTS
    assert "---" not in ran(capsys, "--update")[1]


def test_update_of_what_is_shared_ends_with_1_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shared = "x-a: &a {routes: []}\ntests: [{event: clerk/user.created, expect: *a}]\n"
    Path("routes.test.yaml").write_text(shared)
    code, out = ran(capsys, "--update")
    assert code == 1
    assert "routes.test.yaml is not changed: it cannot be changed without changing more" in out
    assert Path("routes.test.yaml").read_text() == shared


def test_too_little_coverage_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "--cov-fail-under", "100")[0] == 0
    code, out = ran(capsys, "-k", "bob", "--cov-fail-under", "50%")
    assert code == 1
    assert "25% is covered, and 50% is asked for" in out
    with pytest.raises(SystemExit):
        main(["test", "--cov-fail-under", "lots"])


def test_the_results_can_be_read_by_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").write_text(FAILING)
    code, out = ran(capsys, "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["failed"], found["passed"]) == (1, False, 2, 0)
    first, second = found["tests"]
    assert first["actions"] == {"welcome/slack": {"text": "Hello Ada"}}
    assert first["failures"][0]["subject"] == "welcome/slack.text"
    assert (first["failures"][0]["expected"], first["failures"][0]["actual"]) == ("Hello Eve", "Hello Ada")
    assert second["failures"][0]["line"] == 3
    assert found["coverage"]["percent"] == 100


def test_the_report_for_ci_is_that_of_junit(capsys: pytest.CaptureFixture[str]) -> None:
    Path("routes.test.yaml").write_text(FAILING.replace("Bob is not", '"Bob \\x1b is <not>"'))
    assert ran(capsys, "--junit", "out/junit.xml")[0] == 1
    suites = Xml.parse("out/junit.xml").getroot()
    suite = suites[0]
    assert (suites.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "routes.test.yaml")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["2", "2", "0", "0"]
    assert [case.get("name") for case in suite] == ["Ada is greeted", "Bob \ufffd is <not>"]
    failure = suite[0][0]
    assert (failure.tag, failure.get("message")) == ("failure", "welcome/slack.text: it differs")
    assert "Hello Eve" in (failure.text or "")
    Path("file").touch()
    code, out = ran(capsys, "--junit", "file/junit.xml")
    assert code == 1
    assert "file/junit.xml cannot be written" in out


def test_no_secret_is_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERK_SECRET", "whsec_" + "QUFB" * 8)
    monkeypatch.setenv("KEY", "hush-hush")
    Path("routes.yaml").write_text('vars: {key: "${KEY}"}\n' + ROUTES.replace("Hello {{", "{{ key }} {{"))
    Path("routes.test.yaml").write_text(FAILING)
    for arguments in ([], ["-v"], ["--json"], ["--update"]):
        out = ran(capsys, *arguments, "--junit", "j.xml")[1]
        assert "hush" not in out
        assert "*** Ada" in out
    assert "hush" not in Path("j.xml").read_text() + Path("routes.test.yaml").read_text()


def test_the_shipped_example_is_tested_whole(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("routes.example.yaml", "routes.example.test.yaml", "routes.example.sql"):
        shutil.copy(ROOT / name, name)
    code, out = ran(capsys, "routes.example.yaml", "--cov-fail-under", "100")
    assert code == 0, out
