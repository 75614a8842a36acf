"""What an `if` and a route had before them: the names that they use, and the vars that were computed."""

from __future__ import annotations

from typing import Any

from router.routing.explain import explain
from router.routing.verdict import RouteVerdict
from tests.routing.rules import event, rules


def told(route: str, data: Any, head: str = "") -> RouteVerdict:
    """Return the verdict of one route."""
    return explain(rules(f"{head}routes:\n  - {route}\n"), event(data)).routes[0]


def test_an_if_that_fails_tells_its_error_and_the_values() -> None:
    found = told("{name: r, if: data.age > 5 and data.plan > 1, actions: [{shout: {text: a}}]}", {"age": 7})
    assert found.taken  # its deliveries are dead
    assert found.condition is not None
    assert "`data.plan` is missing" in (found.condition.error or "")
    assert (found.condition.names, found.condition.missing) == ((("data.age", 7),), ("data.plan",))


def test_an_if_that_is_false_tells_what_is_there_and_what_is_not() -> None:
    expression = "data.first == 'ada' and data.gone | default(1) == 1"
    found = told(f'{{name: r, if: "{expression}", actions: [{{shout: {{text: a}}}}]}}', {"first": "Ada"}).condition
    assert found is not None
    assert (found.held, found.error) == (False, None)
    assert (found.names, found.missing) == ((("data.first", "Ada"),), ("data.gone",))
    assert found.text == expression


def test_the_if_of_an_action_is_told_too() -> None:
    found = told("{name: r, actions: [{shout: {text: a}, if: data.x}]}", {"x": 0}).actions[0]
    assert found.reason == "`if` is false"
    assert found.condition is not None
    assert found.condition.names == (("data.x", 0),)


VARS = """{name: r, vars: {a: "{{ data.x }}", b: "{{ a }}!", c: "{{ data.y }}", d: "{{ 1 }}"},
     actions: [{name: one, shout: {text: "{{ b }} {{ size }}"}}, {name: two, shout: {text: "{{ c }}"}}]}"""


def test_the_vars_that_were_used_are_told_with_whose_they_are() -> None:
    found = told(VARS, {"x": "A"}, head="vars: {size: 7, unused: 8}\n").vars
    assert [(var.name, var.owner, var.value) for var in found if var.error is None] == [
        ("b", "route", "A!"),
        ("size", "file", 7),
        ("a", "route", "A"),
    ]
    (failed,) = [var for var in found if var.error is not None]
    assert failed.name == "c"
    assert "`data.y` is missing" in (failed.error or "")


def test_a_route_that_is_not_taken_has_used_no_vars() -> None:
    route = '{name: r, event: other, vars: {a: "{{ data.x }}"}, actions: [{shout: {text: "{{ a }}"}}]}'
    found = told(route, {"x": "A"})
    assert (found.misfit, found.vars) == ("type", ())


def test_an_if_tells_the_value_of_a_var_that_it_uses() -> None:
    route = '{name: r, vars: {size: "{{ data.x * 2 }}"}, if: size > 5, actions: [{shout: {text: a}}]}'
    found = told(route, {"x": 2})
    assert found.condition is not None
    assert found.condition.names == (("size", 4),)
    assert [(var.name, var.value) for var in found.vars] == [("size", 4)]
