"""Mistakes that people make in a whole file: each is told once, where it stands, with what was meant."""

from __future__ import annotations

import pytest

from router.config.report import render
from tests.language.town import faults, file_faults, load, routes

DOES = "  actions: [{http: {path: /x}}]\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            f"- name: r\n  events: x\n{DOES}",
            "2:5 unknown-key: the route `r` has no key `events` (did you mean `event`?)",
        ),
        (
            f"- name: r\n  sorce: app\n{DOES}",
            "2:5 unknown-key: the route `r` has no key `sorce` (did you mean `source`",
        ),
        (
            f"- name: r\n  when: {{data.x: 1}}\n{DOES}",
            "2:5 unknown-key: the route `r` has no key `when` (did you mean",
        ),
        (
            f"- name: r\n  timeout: 5s\n{DOES}",
            "2:5 unknown-key: the route `r` has no key `timeout` (it belongs to an ac",
        ),
        (
            "- name: r\n  action: [{http: {path: /x}}]\n",
            "2:5 unknown-key: the route `r` has no key `action` (did you",
        ),
        (f"- nme: r\n{DOES}", "1:5 unknown-key: a route has no key `nme` (did you mean `name`?)"),
        (
            f"- name: r\n  source: 7\n{DOES}",
            "2:13 wrong-type: `source` must be a text or a list of texts, not a numb",
        ),
        (f"- name: r\n  source: []\n{DOES}", "2:13 empty-list: `source` is empty: leave it out for all"),
        (
            f"- name: r\n  enabled: yes\n{DOES}",
            "2:14 wrong-type: `enabled` must be true or false, not a text (write tr",
        ),
        (f"- name: '{{{{ x }}}}'\n{DOES}", "1:11 constant: `name` is a constant: a template cannot stand here"),
        (f"- name: r\n  source: '{{{{ x }}}}'\n{DOES}", "2:13 constant: `source` is a constant"),
        (f"- name: r\n  event: '{{{{ x }}}}'\n{DOES}", "2:12 constant: `event` is a constant"),
        (
            "- name: r\n  actions: [{http: {path: /x}, destination: '{{ x }}'}]\n",
            "2:47 constant: `destination` is a con",
        ),
        (
            "- name: r\n  actions: [{http: {path: /x}, where: {a: 1}}]\n",
            "2:34 unknown-key: an action of the route `r` has",
        ),
        (
            "- name: r\n  actions: [{http: {path: /x}, rate: 1/s}]\n",
            "2:34 unknown-key: an action of the route `r` has no",
        ),
        ("- hello\n", "1:5 wrong-type: a route must be a mapping, not a text"),
        (f"- name:r\n{DOES}", "1:3 yaml-syntax: this key has no value (put a blank behind the colon: - name: r)"),
        (
            "-name: r\n actions: []\n",
            "1:3 yaml-syntax: this is no item of a list (put a blank behind the dash: - name: r)",
        ),
        (
            f"- name: r\n  <<: *base\n{DOES}",
            "2:9 unknown-alias: `*base` is an alias in YAML, and no `&base` stands before it",
        ),
        (f"- name: r\n   source: app\n{DOES}", "2:6 indentation: this line is indented deeper than the one above"),
        (f'- name: "r\n{DOES}', '1:11 unclosed: this text is never closed by another `"` (close the quote)'),
        (f"- name: r\n  event: [a, b\n{DOES}", "2:12 unclosed: this `[` is not closed by `]` (close it with `]`)"),
        (
            "- name: r\n  actions:\n    - resend:\n        to: a@b.c\n        subject: A: b\n        text: x\n",
            "5:20 needs-quotes: a `:` and a blank insid",
        ),
    ],
)
def test_a_mistake_in_a_route(text: str, found: str) -> None:
    said = faults(text)
    assert said[0].startswith(found), said
    assert len(said) == 1, said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("source: {}\n", "1:1 unknown-key: the file has no key `source` (did you mean `sources`?)"),
        ("route: []\n", "1:1 unknown-key: the file has no key `route` (did you mean `routes`?)"),
        (
            "routes: {a: {event: x}}\n",
            "1:9 wrong-type: `routes` must be a list, not a mapping (begin each route with",
        ),
        ("routes:\n", "1:1 empty-value: `routes` has no value"),
        ("sources: [clerk]\n", "1:10 wrong-type: `sources` must be a mapping of names, not a list"),
        (
            "destinations: {slack: {webhok_url: x}}\n",
            "1:24 unknown-key: the destination `slack` has no key `webhok_url`",
        ),
        (
            "destinations: {slack: {webhook_url: 5}}\n",
            "1:37 wrong-type: `webhook_url` must be a text, not a number",
        ),
        (
            "destinations: {a: {type: http, base_url: 'localhost:1'}}\n",
            "1:42 wrong-value: `base_url`: must be an addr",
        ),
        (
            "destinations: {a: {type: http}, a: {type: http}}\n",
            "1:33 duplicate-key: the key `a` stands twice (it stand",
        ),
        (
            "destinations: {a: {type: http, auth: {}}}\n",
            "1:32 wrong-value: `auth`: give one of `bearer`, `basic`, `header` and",
        ),
        (
            "destinations: {a: {type: http, concurrency: 0}}\n",
            "1:45 out-of-range: `concurrency` must be at least 1",
        ),
        ("plugins: [nowhere]\n", "1:11 unreadable-file: there is no folder `nowhere`"),
        ("include: [nowhere.yaml]\n", "1:11 unreadable-file: `nowhere.yaml` does not exist"),
        (
            "x-mine: {anything: [goes]}\nversion: '1'\n",
            "2:10 unknown-version: this router reads version 1 of the language",
        ),
    ],
)
def test_a_mistake_in_another_section(text: str, found: str) -> None:
    (said,) = file_faults(text)
    assert said.startswith(found), said


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    text = (
        "- {name: a, source: clrek, event: x, actions: [{slak: {text: hi}}]}\n"
        "- {name: a, where: {role: 1, data.x: {gt: []}},\n"
        "   actions: [{http: {path: x, jsn: 1, body: '{{ nme }}'}}]}\n"
    )
    codes = [said.split()[1].rstrip(":") for said in faults(text)]
    assert codes == [
        *("unknown-source", "unknown-action", "duplicate-name", "bad-path"),
        *("wrong-type", "wrong-value", "unknown-key", "unknown-name"),
    ]


def test_a_mistake_is_shown_with_its_line_and_carets() -> None:
    loaded = load(routes("- name: r\n  actions: [{slak: {text: hi}}]\n"))
    assert render(loaded.problems, loaded.texts).splitlines() == [
        "routes.yaml:15:16: error: there is no action `slak` [unknown-action]",
        "        actions: [{slak: {text: hi}}]",
        "                   ^^^^",
        "    hint: did you mean `slack`?",
    ]


def test_a_faulty_destination_is_not_taken_for_another_one_of_its_type() -> None:
    text = routes("- name: r\n  source: app\n  actions: [slack: {text: hi}]\n")
    broken = text.replace('"https://hooks', '"hooks')
    assert [(p.code, p.mark.line) for p in load(broken).problems] == [("wrong-value", 8)]


def test_a_faulty_source_and_a_faulty_destination_can_be_meant() -> None:
    text = routes("- name: r\n  source: clrk\n  actions: [{slack: {text: hi}, destination: slak}]\n")
    broken = text.replace('"https://hooks', '"hooks').replace("provider: clerk,", "provider: clerk, pth: 1,")
    hints = {problem.code: problem.hint for problem in load(broken).problems}
    assert hints["unknown-source"] == "did you mean `clerk`?"
    assert hints["unknown-destination"] == "did you mean `slack`?"
