"""Rendered actions, as expected or not."""

from __future__ import annotations

from pathlib import Path

from tests.testing.course import HEAD, failures, read, said, write

EACH = """
- name: lines
  source: app
  actions:
    - name: slack
      slack: {text: "{{ item.n }}"}
      for_each: data.lines
      if: item.n != 'skip'
    - name: strict
      slack: {text: "{{ data.missing }}"}
"""
TWO = "event: app/x, payload: {type: x, data: {lines: [{n: a}, {n: b}]}}"


def test_a_field_that_differs_is_told_with_its_path_and_both_values() -> None:
    first, second = failures(
        """
        - event: clerk/user.created
          expect:
            actions:
              welcome/slack: {text: Hello Bob, channel: "#x"}
              welcome/mail: {json: {tags: [new, user_ada000000000000000000sample]}}
        """
    )
    assert (first.subject, first.expected, first.actual) == ("welcome/slack.text", "Hello Bob", "Hello Ada")
    assert str(first.mark) == "routes.test.yaml:6:31"
    assert (second.subject, second.message) == ("welcome/slack.channel", "it is missing")


def test_a_number_that_is_a_text_is_told_as_that() -> None:
    routes = "- {name: r, actions: [http: {path: /x, json: {n: '{{ data.n }}'}}]}"
    assert said(
        "- {event: app/x, payload: {type: x, data: {n: 5}}, expect: {actions: {r/http: {json: {n: '5'}}}}}\n",
        routes,
    ) == ["r/http.json.n: it is a number, not a text"]


def test_an_action_that_is_not_made_says_why() -> None:
    (failure,) = failures(
        """
        - event: clerk/user.created
          set: {data.email_addresses: [], data.primary_email_address_id: null}
          expect: {actions: {welcome/mail: {}}}
        """
    )
    assert failure.message == "it is not made"
    assert [reason.text for reason in failure.reasons] == ["`if` is false"]


def test_an_action_must_not_be_made() -> None:
    for absent in ("null", "false", "[]"):
        assert said(f"- {{event: clerk/user.created, expect: {{actions: {{welcome/mail: {absent}}}}}}}\n") == [
            "welcome/mail: it is made, and should not be"
        ]
    assert (
        said("- {event: clerk/user.created, expect: {actions: {welcome/mail: true, welcome/slack: {}}}}\n") == []
    )


def test_a_dead_delivery_fails_its_test_unless_it_is_expected() -> None:
    dead = "it is dead: routes.yaml:18: `text`: `data.missing` is missing: `data` has no `missing`"
    for value in ("{}", "true", "{text: x}"):
        assert said(f"- {{{TWO}, expect: {{actions: {{lines/strict: {value}}}}}}}\n", EACH) == [
            f"lines/strict: {dead}"
        ]
    for value in ("{state: dead}", "{state: dead, reason: has no `missing`}"):
        assert said(f"- {{{TWO}, expect: {{actions: {{lines/strict: {value}}}}}}}\n", EACH) == []
    assert said(f"- {{{TWO}, expect: {{actions: {{lines/strict: {{state: skipped}}}}}}}}\n", EACH) == [
        f"lines/strict.state: {dead}"
    ]
    assert said(f"- {{{TWO}, expect: {{actions: {{lines/strict: {{state: dead, reason: old}}}}}}}}\n", EACH) == [
        "lines/strict.reason: it is dead for another reason"
    ]


def test_a_dead_delivery_of_which_a_test_does_not_speak_fails_it_too() -> None:
    dead = "lines/strict: it is dead: routes.yaml:18: `text`: `data.missing` is missing: `data` has no `missing`"
    for expect in ("{verify: ok}", "{routes: [lines]}", "{actions: {lines/slack: [{text: a}, {text: b}]}}"):
        assert said(f"- {{{TWO}, expect: {expect}}}\n", EACH) == [dead]


def test_each_item_has_its_own_expectation() -> None:
    def of_slack(value: str) -> list[str]:
        actions = f"{{lines/slack: {value}, lines/strict: {{state: dead}}}}"
        return said(f"- {{{TWO}, expect: {{actions: {actions}}}}}\n", EACH)

    assert of_slack("[{text: a}, {text: b}]") == []
    assert of_slack("[{text: a}, {text: c}]") == ["lines/slack[1].text: it differs"]
    for value in ("[{text: a}]", "{text: a}"):
        assert of_slack(value) == ["lines/slack: it is made twice, and should be made once"]


def test_exactly_is_the_whole_set_of_actions_and_the_whole_of_each() -> None:
    whole = """
        - event: clerk/user.created
          expect:
            exactly:
              welcome/slack: {text: Hello Ada}
              welcome/mail:
                path: /mail
                json: {to: ada@example.com, tags: [new, user_ada000000000000000000sample]}
        """
    assert said(whole) == []
    assert said(whole.replace("path: /mail\n", "method: POST\n")) == [
        "welcome/mail.method: it is missing",
        "welcome/mail.path: it is there, and should not be",
    ]
    assert said("- {event: clerk/user.created, expect: {exactly: {welcome/slack: {text: Hello Ada}}}}\n") == [
        "welcome/mail: it is made, and should not be"
    ]


def test_one_action_may_be_compared_whole() -> None:
    assert said(
        "- {event: clerk/user.created, expect: {actions: {welcome/mail: {exactly: {path: /mail}}}}}\n"
    ) == ["welcome/mail.json: it is there, and should not be"]


def test_when_and_where_a_delivery_starts_can_be_expected() -> None:
    routes = "- {name: r, actions: [{slack: {text: a}, delay: 1h, lane: '{{ data.id }}'}]}"
    event = "event: clerk/user.created, set: {data.id: u}"
    facts = "state: ready, destination: slack, due_at: 2026-01-15T13:00:00Z, lane: u"
    assert said(f"- {{{event}, expect: {{actions: {{r/slack: {{{facts}}}}}}}}}\n", routes) == []
    other = facts.replace("13:00", "12:00").replace("lane: u", "lane: null")
    assert said(f"- {{{event}, expect: {{actions: {{r/slack: {{{other}}}}}}}}}\n", routes) == [
        "r/slack.due_at: it differs",
        "r/slack.lane: it differs",
    ]


def test_of_a_failed_for_each_the_death_is_told_not_the_number() -> None:
    routes = "- {name: r, actions: [{slack: {text: a}, for_each: data.nothing}]}"
    (only,) = said("- {event: clerk/user.created, expect: {actions: {r/slack: [{}, {}]}}}\n", routes)
    assert only.startswith("r/slack: it is dead: routes.yaml:10: `for_each`: ")


def test_a_variable_of_the_tests_own_is_shown_and_one_of_the_environment_is_not() -> None:
    text = "- {name: r, source: app, actions: [slack: {text: '{{ key }}'}]}\nvars: {key: '${KEY}'}\n"
    path = write(
        "- {event: app/x, payload: {type: x}, env: {KEY: in-the-test}, expect: {actions: {r/slack: {}}}}\n"
    )
    Path("routes.yaml").write_text(HEAD + text)
    for env, shown in (("env: {KEY: in-the-test}, ", "in-the-test"), ("", "***")):
        path.write_text(path.read_text().replace("env: {KEY: in-the-test}, ", env))
        cases, problems = read(path, {"KEY": "from-outside"})
        assert not problems.errors
        assert cases[0].known.redactor.text("from-outside in-the-test").split()[-1 if env else 0] == shown
