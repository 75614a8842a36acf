"""A configuration as a whole: everything is told at once and nothing twice, and what it came from is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.ruleset import Loaded, load_ruleset

SECRET = "whsec_" + "QUFB" * 8
GOOD = f"""
sources:
  clerk: {{provider: clerk, secret: {SECRET}}}
destinations:
  slack: {{webhook_url: "https://hooks.slack.com/services/T/B/x"}}
routes:
  - name: a
    source: clerk
    actions:
      - slack: {{text: "{{{{ primary_email }}}}"}}
"""
ROUTE = """
routes:
  - name: a
    source: clerk
    event: user.created
    actions:
      - slack: {text: "{{ primary_email or vip }}"}
      - shout: {text: "x"}
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str) -> Loaded:
    """Load a file of this text in the working directory."""
    Path("routes.yaml").write_text(text)
    return load_ruleset(Path("routes.yaml"), {})


def told(text: str) -> list[str]:
    """Return the problems of a text as `line code`."""
    return [f"{problem.mark.line} {problem.code}" for problem in load(text).problems]


def test_a_good_file_is_a_ruleset_without_problems() -> None:
    loaded = load(GOOD)
    assert not len(loaded.problems)
    assert loaded.ruleset is not None
    assert list(loaded.ruleset.sources) == ["clerk"]
    assert "slack" in loaded.ruleset.destinations


def test_a_file_with_an_error_is_no_ruleset_and_one_with_a_warning_is() -> None:
    assert load(GOOD.replace("primary_email", "primary_emial")).ruleset is None
    warned = load(GOOD.replace("source: clerk", "source: clerk\n    event: user.creatd"))
    assert warned.ruleset is not None
    assert len(warned.problems) == 1


def test_a_fault_of_each_section_is_told_at_once() -> None:
    text = """
server: {listen: nowhere}
sources: {clerk: {provider: clrek, secret: x}}
destinations: {slack: {webhok_url: x}}
routes: [{name: a, evnt: x, actions: [{slack: {txt: hi}}]}]
"""
    assert [line.split()[0] for line in told(text)] == ["2", "3", "4", "5", "5"]


@pytest.mark.parametrize(
    ("faulty", "code"),
    [
        ("{provider: clerk}", "missing-key"),
        ("{provider: clrek, secret: x, vars: {vip: true}}", "unknown-provider"),
        ("{provider: clerk, secret: 'no secret', vars: {vip: true}}", "wrong-secret"),
        ("{provider: twilio, secret: x, vars: {vip: true}}", "not-yet"),
    ],
)
def test_a_faulty_source_is_told_and_its_routes_are_not_blamed(faulty: str, code: str) -> None:
    faulty = faulty.replace("clerk}", "clerk, vars: {vip: true}}")
    text = f"""
sources:
  clerk: {faulty}
destinations:
  slack: {{webhook_url: "https://hooks.slack.com/services/T/B/x"}}
"""
    assert told(text + ROUTE.replace('      - shout: {text: "x"}\n', "")) == [f"3 {code}"]


def test_the_types_of_a_faulty_source_are_not_judged() -> None:
    text = GOOD.replace(SECRET, "short").replace("sources:", "sources:\n  github: {provider: github, secret: abc}")
    text = text.replace("source: clerk", "source: [clerk, github]\n    event: user.created")
    assert told(text) == ["4 wrong-secret"]


def test_a_name_that_no_source_has_is_unknown_in_spite_of_a_faulty_source() -> None:
    text = GOOD.replace(SECRET, "short").replace("primary_email", "primary_emial")
    assert told(text) == ["3 wrong-secret", "10 unknown-name"]


def test_a_source_that_is_misspelled_in_a_route_is_told_and_nothing_that_follows_from_it() -> None:
    assert told(GOOD.replace("source: clerk", "source: clrek")) == ["8 unknown-source"]


@pytest.mark.parametrize(
    "destinations",
    ["slack: {webhook: x}", "eng: {type: slack, tokn: x}", "slack: {webhook_url: nothing}", "slack: [x]"],
)
def test_a_faulty_destination_is_told_and_its_actions_are_not_blamed(destinations: str) -> None:
    text = GOOD.replace('slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}', destinations)
    assert [line.split()[0] for line in told(text)] == ["5"]


def test_an_action_that_names_a_faulty_destination_is_not_blamed() -> None:
    text = GOOD.replace("destinations:", "destinations:\n  eng: {type: slack, tokn: x}")
    text = text.rstrip() + "\n        destination: eng\n"
    assert told(text) == ["5 unknown-key"]


def test_the_action_of_a_plugin_that_cannot_be_loaded_is_not_blamed() -> None:
    Path("plugins").mkdir()
    Path("plugins/shout.py").write_text("import router\n1/0\n")
    text = GOOD.replace("slack: {text", "shout: {text") + "plugins: [plugins]\n"
    (problem,) = load(text).problems
    assert (problem.code, Path(problem.mark.file).name, problem.mark.line) == ("broken-plugin", "shout.py", 2)
    assert "ZeroDivisionError" in problem.message


def test_what_a_configuration_came_from_is_watched() -> None:
    for folder in ("routes.d", "plugins/loud"):
        Path(folder).mkdir(parents=True)
    for name in ("routes.d/x.yaml", "plugins/one.py", "plugins/loud/__init__.py", "plugins/loud/words.py"):
        Path(name).write_text("x-nothing: 1\n" if name.endswith("yaml") else "")
    Path("body.txt").write_text("hello")
    Path("key").write_text(SECRET)
    text = GOOD.replace(SECRET, '"${file:key}"') + "include: [routes.d/*.yaml]\nplugins: [plugins]\n"
    text = text.replace(
        'slack: {text: "{{ primary_email }}"}', "http: {url: 'https://x.dev', body: {file: body.txt}}"
    )
    watched = {str(path) for path in load(text).watched}
    assert watched == {
        *("routes.yaml", "routes.d", "routes.d/x.yaml", "key", "body.txt"),
        *("plugins", "plugins/one.py", "plugins/loud/__init__.py", "plugins/loud/words.py"),
    }


def test_a_file_that_cannot_be_parsed_and_one_that_is_missing_are_watched_too() -> None:
    Path("broken.yaml").write_text("routes: [")
    loaded = load("include: [broken.yaml, missing.yaml]\n")
    assert loaded.document is None
    assert {str(path) for path in loaded.watched} == {"routes.yaml", "broken.yaml", "missing.yaml"}


def test_secrets_of_sources_and_destinations_are_redacted() -> None:
    ruleset = load(GOOD).ruleset
    assert ruleset is not None
    shown = ruleset.redactor.text(f"{SECRET} https://hooks.slack.com/services/T/B/x")
    assert SECRET not in shown
    assert "/T/B/x" not in shown
