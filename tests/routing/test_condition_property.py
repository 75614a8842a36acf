"""`holds` and `explain` never disagree, and both follow the rules as written down a second time."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from router.config.node import Mapping, Mark, Node, Scalar, Sequence
from router.config.problem import Problems
from router.routing.condition import compile_where

HERE = Mark("routes.yaml")
CONSTANTS = st.sampled_from([None, True, False, 0, 1, 1.0, 2, -1, "", "a", "A", "ab", "1", "b "])
VALUES = st.recursive(
    CONSTANTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=5,
)
DATA = st.dictionaries(st.sampled_from(["a", "b", "l"]), VALUES, max_size=3)
PATHS = st.sampled_from(
    [
        "data.a",
        "data.b",
        "data.l.*",
        "data.l[0]",
        "data.*.a",
        "$.data.a",
        "$.data.l[*]",
        "$.data.l[?@ == 1]",
        "$.*[?@.a]",
    ]
)
OPERATORS: dict[str, st.SearchStrategy[Any]] = {
    "eq": CONSTANTS,
    "ne": CONSTANTS,
    "in": st.lists(CONSTANTS, min_size=1, max_size=3),
    "not_in": st.lists(CONSTANTS, min_size=1, max_size=3),
    "gt": st.sampled_from([0, 1.5, "a"]),
    "gte": st.sampled_from([0, 1, "a"]),
    "lt": st.sampled_from([0, 1.5, "b"]),
    "lte": st.sampled_from([1, "a"]),
    "contains": CONSTANTS,
    "starts_with": st.sampled_from(["a", ""]),
    "ends_with": st.sampled_from(["b", ""]),
    "matches": st.sampled_from(["a+", "[ab]*"]),
    "search": st.sampled_from(["a", "^b"]),
    "exists": st.just(True),
    "empty": st.booleans(),
}
OPERATED = st.sets(st.sampled_from(sorted(OPERATORS)), min_size=1, max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: OPERATORS[name] for name in names})
)
EXPECTED = CONSTANTS | st.lists(CONSTANTS, min_size=1, max_size=3) | OPERATED | st.just({"exists": False})
CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    st.dictionaries(PATHS, EXPECTED, min_size=1, max_size=2) | st.just("$.data.l[?@.a == 1]"),
    lambda inner: st.dictionaries(
        st.sampled_from(["any", "none"]), st.lists(inner, min_size=1, max_size=2), min_size=1
    ),
    max_leaves=4,
)


def node(value: Any) -> Node:
    if isinstance(value, dict):
        return Mapping(tuple((Scalar(key, HERE, key), node(inner)) for key, inner in value.items()), HERE)
    if isinstance(value, list):
        return Sequence(tuple(node(inner) for inner in value), HERE)
    return Scalar(value, HERE, str(value))


@settings(max_examples=400, deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=3), data=DATA)
def test_an_explanation_gives_the_verdict_that_counts(conditions: list[Any], data: dict[str, Any]) -> None:
    problems = Problems()
    condition = compile_where(node(conditions), problems)
    assert condition is not None, list(problems)
    payload = {"data": data}
    names = {"data": data, "payload": payload}
    result = condition.explain(names, payload)
    assert result.held is condition.holds(names, payload)
    assert result.reason


def same(left: Any, right: Any) -> bool:
    return (isinstance(left, bool) == isinstance(right, bool)) and bool(left == right)


def satisfied(name: str, value: Any, operand: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match name:
        case "eq":
            return same(value, operand)
        case "in":
            return any(same(value, each) for each in operand)
        case "contains":
            if isinstance(value, str):
                return isinstance(operand, str) and operand in value
            return isinstance(value, list) and any(same(each, operand) for each in value)
        case "exists":
            return True
        case "empty":
            empties: list[Any] = [None, "", [], {}]
            return any(value is empty or value == empty for empty in empties) is operand
        case "starts_with":
            return isinstance(value, str) and value[: len(operand)] == operand
        case "ends_with":
            return isinstance(value, str) and value.endswith(operand)
        case "matches":
            allowed = "a" if operand == "a+" else "ab"
            return isinstance(value, str) and set(value) <= set(allowed) and (operand != "a+" or value != "")
        case "search":
            return isinstance(value, str) and ("a" in value if operand == "a" else value.startswith("b"))
    if not (number and not isinstance(operand, str)) and not (isinstance(value, str) and isinstance(operand, str)):
        return False
    verdicts = {"gt": value > operand, "gte": value >= operand, "lt": value < operand, "lte": value <= operand}
    return bool(verdicts[name])


@settings(max_examples=400, deadline=None)
@given(values=st.lists(VALUES, max_size=3), operators=OPERATED)
def test_several_values_and_operators_are_judged_by_the_rules(
    values: list[Any], operators: dict[str, Any]
) -> None:
    condition = compile_where(node({"data.l.*": operators}), Problems())
    assert condition is not None
    if values:
        equal = {"ne": "eq", "not_in": "in"}
        expected = not any(
            satisfied(equal[name], value, operators[name])
            for name in equal
            if name in operators
            for value in values
        ) and any(
            all(satisfied(name, value, operand) for name, operand in operators.items() if name not in equal)
            for value in values
        )
    else:
        expected = operators == {"empty": True}
    assert condition.holds({"data": {"l": values}}, None) is expected
