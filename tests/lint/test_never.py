"""Routes, conditions and actions that no event can reach."""

from __future__ import annotations

import pytest

from tests.language.town import FIRST
from tests.lint.asked import told, where

CODE = "never"
ACTIONS = "  actions: [{slack: {text: hello}, destination: slack}]\n"


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (["data.a: {gt: 5, lt: 3}"], "cannot be greater than 5 and less than 3"),
        (["data.a: {gt: 5, lt: 5}"], "cannot be greater than 5 and less than 5"),
        (["data.a: {eq: 1, in: [2, 3]}"], "cannot be 1 and one of [2, 3]"),
        (["data.a: {eq: 1, gt: 5}"], "cannot be 1 and greater than 5"),
        (["data.a: {gt: 5, starts_with: x}"], "cannot be a number and a text"),
        (["data.a: {gt: 5, lt: b}"], "cannot be a number and a text"),
        (["any: [{data.a: {eq: 1, ne: 1}}]"], "cannot be 1 and not 1"),
        (["data.*: {gt: 5, lt: 3}"], "one value cannot be greater than 5 and less than 3"),
        (["event.type: thing.gone"], 'the route takes `thing.made`, not "thing.gone"'),
    ],
)
def test_what_no_value_can_be_is_told(conditions: list[str], reason: str) -> None:
    (line,) = told(where(*conditions, event="thing.made", source="app"), CODE)
    assert "never: this never holds: " in line
    assert line.endswith(reason)


@pytest.mark.parametrize(
    ("second", "reason"), [("2", "cannot be 1 and 2"), ("{exists: false}", "cannot be missing and have a value")]
)
def test_conditions_that_contradict_each_other_are_told_at_the_second(second: str, reason: str) -> None:
    (line,) = told(where("data.a: 1", f"data.a: {second}", event="thing.made", source="app"), CODE)
    assert f"6 `data.a` never: this never holds, together with routes.yaml:{FIRST + 4}:9: " in line
    assert reason in line


def test_constants_that_differ_in_case_only_get_that_hint() -> None:
    (line,) = told(where("data.a: Bug", "data.a: bug", event="thing.made", source="app"))
    assert line.endswith("(they differ in case only: upper and lower case count)")


@pytest.mark.parametrize(
    "conditions",
    [
        ["data.a.*: 1", "data.a.*: 2"],
        ["data.a: {gt: 3, lt: 5}"],
        ["data.a: {gte: 5, lte: 5}"],
        ["data.a: {in: [1, 2], ne: 1}"],
        ["any: [{data.a: 1}, {data.a: 2}]"],
        ["data.a: 1", "none: [{data.a: 2}]"],
        ["data.a: {contains: x, starts_with: y}"],
        ["event.type: thing.made"],
    ],
)
def test_conditions_that_may_hold_are_not_told(conditions: list[str]) -> None:
    assert told(where(*conditions, event="thing.made", source="app")) == []


def test_a_fallback_after_a_route_that_takes_everything_never_runs() -> None:
    text = f"- name: all\n  source: app\n{ACTIONS}- name: rest\n  source: app\n  fallback: true\n{ACTIONS}"
    assert told(text) == ["6 `true` never: this fallback never runs: `all` takes every event of `app`"]
    assert told(text.replace("source: app\n  actions", "source: app\n  event: thing.*\n  actions", 1)) == []
    assert told(text.replace("- name: all", "- name: all\n  where: {data.a: 1}")) == []
    assert told(text.replace("- name: all", "- name: all\n  enabled: false")) == []
    assert told(text.replace("source: app\n  fallback", "fallback")) == []


def test_an_if_that_is_constant_is_told() -> None:
    assert told(f"- name: r\n  source: app\n  if: false\n{ACTIONS}") == [
        "3 `false` never: this route never runs: its `if` is always false "
        "(to switch a route off write `enabled: false`)"
    ]
    named = ACTIONS.replace("[{", "[{name: a, ")
    otherwise = ACTIONS.replace("actions: [{", "else: [{name: b, ")
    assert told(f"- name: r\n  source: app\n  if: true\n{named}{otherwise}") == [
        "5 `else` never: `else` never happens: the `if` is always true"
    ]


def test_an_action_whose_globs_no_type_of_the_route_fits_is_told() -> None:
    text = """
        - name: r
          source: clerk
          event: session.*
          actions:
            - slack: {text: hello}
              destination: slack
              event: user.*
    """
    assert told(text) == [
        "8 `user.*` never: this never happens: no type fits both `user.*` and the route's `session.*`"
    ]


def test_a_source_that_the_route_does_not_take_is_told() -> None:
    text = f"- name: r\n  source: clerk\n  event: user.created\n  where: {{event.source: github}}\n{ACTIONS}"
    assert told(text) == [
        '4 `event.source` never: this never holds: the route takes events of `clerk`, not of "github"'
    ]
    assert told(text.replace("event.source: github", "event.source: [clerk, github]")) == []
    assert told(text.replace("event.source: github", "event.source: {ne: github}")) == []


def test_of_a_list_of_types_only_that_one_is_said_never_to_come() -> None:
    where = "where: {event.type: [user.created, user.deleted]}"
    assert told(f"- name: r\n  source: clerk\n  event: user.created\n  {where}\n{ACTIONS}") == [
        '4 `event.type` never: "user.deleted" never comes here: the route takes `user.created`, not "user.deleted"'
    ]
