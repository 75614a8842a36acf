"""What a test expects, and the mistakes that can be made in saying so."""

from __future__ import annotations

from tests.testing.course import read, said, told, write


def test_an_expectation_of_what_does_not_exist_is_told_with_what_was_meant() -> None:
    found = told(
        """
        - event: clerk/user.created
          expect:
            route: [welcome]
            routes: [welcom, 5]
            actions:
              welcome: {}
              mail: {}
              welcome/slak: {}
              welcome/slack: {txt: hi}
              welcome/mail: {state: died, text: x}
        """
    )
    assert [line.split(" ", 1)[1] for line in found] == [
        "unknown-key: `expect` has no key `route` (did you mean `routes`?)",
        "unknown-route: there is no route `welcom` (did you mean `welcome`?)",
        "wrong-type: `routes` must be a list of routes, not a number (`routes: []` for none)",
        "unknown-route: there is no action `welcome` (write ROUTE/ACTION: welcome/slack, welcome/mail)",
        "unknown-route: there is no action `mail` (known: welcome/mail)",
        "unknown-route: there is no action `welcome/slak` (did you mean `welcome/slack`?)",
        "unknown-key: `slack` has no parameter `txt` (did you mean `text`?)",
        "unknown-value: `died` is no state of a planned delivery (did you mean `dead`?)",
        "unknown-key: beside `state` no `text` can stand (known: reason, destination, due_at, lane)",
    ]
    assert found[1].startswith("4:14 ")


def test_parts_of_the_wrong_type_are_told() -> None:
    found = told(
        """
        - {event: clerk/user.created, expect: {verify: 5, exactly: [1]}}
        - {name: b, event: clerk/user.created, expect: {actions: {welcome/slack: text}}}
        - {name: c, event: clerk/user.created, expect: [routes]}
        """
    )
    assert [line.split(" ", 1)[1].split(":")[0] for line in found] == ["wrong-type"] * 4


def test_an_empty_expectation_is_no_mistake_but_fails() -> None:
    for empty in ("", "  expect:\n", "  expect: # later\n", "  expect: {}\n"):
        assert said(f"- event: clerk/user.created\n{empty}") == [
            "expect: nothing is expected yet: write `expect`, or let `--update` write what came out"
        ]


def test_the_file_itself_is_checked() -> None:
    path = write("- {nme: a, event: clerk/user.created}\n- {name: x, event: clerk/user.created}\n")
    text = path.read_text() + "  - {name: x, event: app/y, payload: {}}\n  - text\ntets: []\nenv: {A: [b]}\n"
    path.write_text(text)
    _, problems = read(path)
    assert [problem.message for problem in problems] == [
        "a test has no key `nme`",
        "the test `x` is defined at routes.test.yaml:3:12 as well",
        "a test must be a mapping, not a text",
        "a file of tests has no key `tets`",
        "the variable `A` must be a text, not a list",
    ]
    for text, message in (
        ("tests: {a: b}\n", "`tests` must be a list, not a mapping"),
        ("x-a: 1\n", "`routes.test.yaml` has no `tests`"),
        ("- a\n", "`routes.test.yaml` must be a mapping with `tests`, not a list"),
        ("tests: [\n", "the file ends before a bracket or quote is closed"),
    ):
        path.write_text(text)
        assert [problem.message for problem in read(path)[1]] == [message]
