"""What came out, written into the files."""

from __future__ import annotations

from pathlib import Path

from router.testing.runner import run
from router.testing.update import edits_of, update
from tests.testing.course import outcomes, read, write

TESTS = """
- name: nothing yet
  event: clerk/user.created
- name: dead
  event: app/x
  payload: {type: x, data: {}}
  expect: {actions: {each/strict: {text: x}}}
- name: items
  event: app/x
  payload: {type: x, data: {lines: [a, b], name: n}}
  expect: {exactly: {each/slack: [{text: a}]}}
- name: refused
  event: clerk/user.created
  headers: {svix-signature: null}
  expect: {routes: [each]}
- name: fine
  event: clerk/email.created   # as it is
  expect: {routes: []}
"""
ROUTES = """
- name: each
  source: app
  actions:
    - {name: slack, slack: {text: "{{ item }}"}, for_each: "{{ data.lines | default([]) }}"}
    - {name: strict, slack: {text: "{{ data.name }}"}}
- name: told
  event: user.created
  actions: [{slack: {text: "{{ data.first_name }}\\n{{ data.last_name }}\\n"}}]
"""


def test_every_failing_test_passes_once_it_is_updated() -> None:
    failing = outcomes(TESTS, ROUTES)
    assert [outcome.passed for outcome in failing] == [False, False, False, False, True]
    done = update(Path("routes.test.yaml"), "routes.test.yaml", edits_of(failing)["routes.test.yaml"])
    assert done.fault is None
    text = Path("routes.test.yaml").read_text()
    assert (done.before, done.after) != (text, text)
    assert done.after == text
    cases, problems = read(Path("routes.test.yaml"))
    assert not problems.errors
    assert all(run(case).passed for case in cases)
    for written in (
        "each/strict: {state: dead, reason: ",
        'exactly: {each/slack: [{text: a}, {text: b}], each/strict: {text: "n"}}',
        'expect:\n      verify: {status: 401, reason: "the header `svix-signature` is missing"}\n',
        "told/slack:\n          text: |\n            Ada\n            Byron\n",
    ):
        assert written in text


def test_a_secret_is_not_written_and_its_test_passes_all_the_same() -> None:
    path = write("- {name: a, event: app/x, payload: {type: x, data: {}}}\n", "- {name: r, actions: []}")
    config = Path("routes.yaml").read_text().split("routes:")[0]
    routes = 'routes: [{name: r, source: app, actions: [slack: {text: "{{ key }}!"}]}]'
    Path("routes.yaml").write_text(f'{config}vars: {{key: "${{KEY}}"}}\n{routes}\n')
    for _ in range(2):
        cases, problems = read(path, {"KEY": "hush-hush"})
        assert not problems.errors
        edits = edits_of(run(case) for case in cases)
        if edits:
            update(path, "t", edits["routes.test.yaml"])
    assert edits == {}
    assert "hush" not in path.read_text()
    assert 'text: "***!"' in path.read_text()


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    (failing,) = outcomes("- {name: a, event: clerk/user.created}\n")
    Path("routes.test.yaml").rename(real)
    real.chmod(0o640)
    Path("routes.test.yaml").symlink_to(real)
    update(Path("routes.test.yaml"), "t", edits_of([failing])["routes.test.yaml"])
    assert Path("routes.test.yaml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "routes: [welcome]" in real.read_text()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["real.yaml", "routes.test.yaml", "routes.yaml"]


def test_a_file_that_cannot_be_changed_is_told() -> None:
    (failing,) = outcomes("- {name: a, event: clerk/user.created}\n")
    edits = edits_of([failing])["routes.test.yaml"]
    Path("routes.test.yaml").write_text("tests: []\n")
    assert update(Path("routes.test.yaml"), "t", edits).fault == "it was changed meanwhile: change it by hand"
    assert update(Path("none.yaml"), "t", edits).fault == "No such file or directory"
