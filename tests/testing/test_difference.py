"""How values are compared."""

from __future__ import annotations

import json

import pytest

from router.comparison.difference import MISSING
from router.config.problem import Problems
from router.config.yaml import parse
from router.testing.difference import differences


def found(expected: str, actual: object, *, whole: bool = False) -> list[tuple[object, ...]]:
    node = parse(f"v: {expected}\n", "t", problems := Problems())
    assert node is not None
    assert not len(problems), [problem.message for problem in problems]
    value = node.get("v")  # type: ignore[union-attr]
    assert value is not None
    hidden = {"a secret": "***"}
    return [
        (".".join(map(str, d.path)), d.expected, d.actual)
        for d in differences(value, actual, lambda text: hidden.get(text, text), whole=whole)
    ]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("{a: 1}", {"a": 1.0, "b": 2}),
        ("{a: {b: x}}", {"a": {"b": "x", "c": 1}}),
        ("[1, {a: b}]", [1, {"a": "b", "c": 1}]),
        ("null", None),
        ("'***'", "a secret"),
        ("a secret", "a secret"),
        ("{}", {"a": 1}),
    ],
)
def test_what_is_named_fits(expected: str, actual: object) -> None:
    assert found(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "difference"),
    [
        ("1", True, ("", 1, True)),
        ("'1'", 1, ("", "1", 1)),
        ("null", 0, ("", None, 0)),
        ("false", None, ("", False, None)),
        ("{a: null}", {}, ("a", None, MISSING)),
        ("[1]", [1, 2], ("", [1], [1, 2])),
        ("{a: [{b: x}]}", {"a": [{"b": "y"}]}, ("a.0.b", "x", "y")),
        ("{a: {}}", {"a": 1}, ("a", {}, 1)),
        ("text", ["text"], ("", "text", ["text"])),
    ],
)
def test_what_differs_is_told_with_its_path(expected: str, actual: object, difference: tuple[object, ...]) -> None:
    assert found(expected, actual) == [difference], json.dumps(actual)


def test_the_whole_has_no_more_than_is_named() -> None:
    assert found("{a: {b: 1}}", {"a": {"b": 1, "c": 2}}, whole=True) == [("a.c", MISSING, 2)]
