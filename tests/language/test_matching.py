"""LANGUAGE.md, "Matching"."""

from __future__ import annotations

from typing import Any

import pytest

from router.config.report import render
from tests.language.town import clerk, faults, happened, load, made, note, plan, routes, taken, verdicts


@pytest.mark.parametrize(
    ("event", "type_", "fits"),
    [
        ("user.created", "user.created", True),
        ("user.created", "User.created", False),
        ("[user.created, user.deleted]", "user.deleted", True),
        ("user.*", "user.created", True),
        ("user.*", "user.created.now", True),
        ("user.*", "user", False),
        ("user.*", "users.created", False),
        ("orders/*", "orders/paid/late", True),
        ("'*.created'", "a.b/c.created", True),
        ("'*'", "anything", True),
        ("[a, 'b.*.c']", "b.x.y.c", True),
        ("[a, 'b.*.c']", "b.c", False),
    ],
)
def test_an_event_is_exact_a_list_or_a_glob(event: str, type_: str, fits: bool) -> None:
    assert taken(f"event: {event}", happened({}, type_)) is fits


def test_a_source_is_a_name_a_list_or_absent_for_all() -> None:
    for keys, fits in (("source: app", True), ("source: [clerk, app]", True), ("source: clerk", False)):
        assert taken(keys, happened({})) is fits
    assert taken("enabled: true", happened({}))


def test_a_route_that_is_switched_off_says_what_it_would_have_done() -> None:
    assert not taken("enabled: false", happened({}))
    assert (
        verdicts(note("enabled: false"), happened({}))["r"].reason == "switched off; it would have taken the event"
    )
    assert plan(note("enabled: false"), happened({})).reason == "no route took it; switched off: `r`"


def test_every_route_that_takes_an_event_runs() -> None:
    two = "- {name: a, actions: [{http: {path: /x}}]}\n- {name: b, actions: [{http: {path: /x}}]}\n"
    assert made(two, happened({})) == ["a/http", "b/http"]


FALLBACK = """
- {name: rest, fallback: true, actions: [{http: {path: /rest}}]}
- name: a
  event: thing.*
  if: data.go
  actions: [{http: {path: /x}, if: data.act}]
"""


@pytest.mark.parametrize(
    ("data", "type_", "expected"),
    [
        ({"go": True, "act": True}, "thing.made", ["a/http"]),
        ({"go": True, "act": False}, "thing.made", []),  # taken, and its action explains itself
        ({"go": False}, "thing.made", ["rest/http"]),
        ({"go": True}, "other", ["rest/http"]),
        ({}, "thing.made", ["a/http"]),  # `if` raised: that is dead, and nothing falls back
    ],
)
def test_fallback_runs_when_no_route_took_the_event(data: Any, type_: str, expected: list[str]) -> None:
    assert made(FALLBACK, happened(data, type_)) == expected


def test_an_if_that_fails_makes_the_deliveries_dead_and_runs_no_else() -> None:
    text = "- name: r\n  if: data.go\n  actions: [{name: 'yes', http: {path: /a}}]\n"
    text += "  else: [{name: no, http: {path: /b}}]\n"
    (only,) = plan(text, happened({})).deliveries
    assert (only.action, only.state) == ("yes", "dead")
    assert "`data` has no `go`" in (only.reason or "")
    assert made(text, happened({"go": False})) == ["r/no"]


def test_else_takes_the_events_of_the_types_that_where_or_if_leave_over() -> None:
    text = (
        "- name: r\n  event: thing.*\n  where: {data.a: 1}\n  if: data.b\n"
        "  actions: [{name: 'yes', http: {path: /a}}]\n  else: [{name: no, http: {path: /b}}]\n"
        "- {name: rest, fallback: true, actions: [{http: {path: /rest}}]}\n"
    )
    assert made(text, happened({"a": 1, "b": 1})) == ["r/yes"]
    assert made(text, happened({"a": 2, "b": 1})) == ["r/no"]
    assert made(text, happened({"a": 1, "b": 0})) == ["r/no"]
    assert made(text, happened({"a": 2}, "other")) == ["rest/http"]


def test_an_action_whose_if_is_false_makes_no_delivery_only_an_explanation() -> None:
    text = "- name: r\n  actions: [{http: {path: /x}, if: data.x == 1}]\n"
    (action,) = verdicts(text, happened({"x": 2}))["r"].actions
    assert (action.made, action.reason) == (False, "`if` is false")
    assert plan(text, happened({"x": 2})).reason == "nothing to do: `r/http`: `if` is false"


def test_an_action_narrows_the_events_of_its_route() -> None:
    text = "- name: r\n  event: [a, b]\n  actions: [{http: {path: /x}, event: b}]\n"
    assert made(text, happened({}, "b")) == ["r/http"]
    assert made(text, happened({}, "a")) == []
    (said,) = faults(text.replace("event: b}", "event: c}"))
    assert "never happens" in said


def test_an_unknown_type_of_a_known_provider_is_a_warning() -> None:
    loaded = load(routes(note("source: clerk\nevent: [user.creatd, users.*, user.*]")))
    assert loaded.ruleset is not None, render(loaded.problems)
    first, second = loaded.problems
    assert (first.severity, first.code, first.hint) == ("warning", "unknown-event", "did you mean `user.created`?")
    assert second.hint == "did you mean `user.*`?"
    assert not faults(note("event: whatever"))


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("data.total | number > 100", True),
        ("'{{ data.total | number > 100 }}'", True),
        ("data.total | number > 100 and not data.zero", True),
        ("data.zero", False),
        ("data.empty", False),
        ("data.name == 'Bob'", True),
        ("data.nothing is defined", False),
        ("data.nothing.at.all | default(false)", False),
        ("true", True),
    ],
)
def test_if_is_an_expression_with_or_without_braces(written: str, holds: bool) -> None:
    data = {"total": "101.50", "zero": 0, "empty": [], "name": "Bob"}
    assert taken(f"if: {written}", happened(data)) is holds


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("data.role = 'admin'", "2:19 template-syntax: the template is faulty: `=` compares nothing (write `==`)"),
        ("data.x === 3", "2:16 template-syntax: the template is faulty: there is no `===` here (write `==`)"),
        ("data.x && data.y", "2:16 template-syntax: the template is faulty: there is no `&&` here (write `and`)"),
        ("data.x || data.y", "2:16 template-syntax: the template is faulty: there is no `||` here (write `or`)"),
        ("'!data.x'", "2:10 template-syntax: the template is faulty: `!` cannot stand here (write `not`)"),
        ("data.x ? 1", "2:16 template-syntax: the template is faulty: `?` cannot stand here"),
        (
            "$.data.x",
            "2:9 template-syntax: the template is faulty: `$` cannot stand here (a JSONPath is for `where`",
        ),
        ("data.x ==", "2:9 template-syntax: the template is faulty: the expression is not complete"),
        ("'{{ data.x }} == 3'", "2:9 template-syntax: this takes one expression"),
        (
            "{data.x: 3}",
            "2:9 wrong-type: `if` must be an expression, not a mapping (conditions on values stand in",
        ),
        (
            "data.name == Bob",
            "2:22 unknown-name: `Bob` is not defined here (a member of the event is `data.Bob`, a",
        ),
    ],
)
def test_a_mistake_in_an_if_is_told_at_its_place(written: str, found: str) -> None:
    (said,) = faults(note(f"if: {written}"))
    assert said.startswith(found), said


def test_a_place_counts_the_indentation_of_the_file() -> None:
    (said,) = faults(
        "- name: r\n  source: clrek\n  actions: [{slack: {text: '{{ primary_email }}'}, destination: slack}]\n"
    )
    assert said == "2:13 unknown-source: there is no source `clrek` (did you mean `clerk`?)"
    assert made(note("source: clerk"), clerk(), "clerk") == ["r/slack"]
