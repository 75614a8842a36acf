"""`$...` paths against an evaluator written from RFC 9535, on random documents."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from router.jsonpath import compile_path
from router.jsonpath import query as q
from router.jsonpath.grammar import parse
from tests.jsonpath.reference import evaluate

NAMES = st.sampled_from(["a", "b", "where", "*", "x y", "null"])
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, -1, 2.5, "", "a", "1", "b"])
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)
SMALL = st.integers(-3, 3)
BOUND = st.none() | SMALL


def steps(
    deep: st.SearchStrategy[bool], selectors: st.SearchStrategy[Any]
) -> st.SearchStrategy[tuple[q.Step, ...]]:
    return st.lists(st.builds(q.Step, selectors, deep), max_size=3).map(tuple)


SINGULAR = st.builds(
    q.Query, st.booleans(), steps(st.just(False), st.builds(q.Name, NAMES) | st.builds(q.Index, SMALL))
)
PLAIN = (
    st.builds(q.Name, NAMES)
    | st.builds(q.Index, SMALL)
    | st.builds(q.Slice, BOUND, BOUND, BOUND)
    | st.just(q.Wildcard())
)
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def about_the_value(test: q.Comparison) -> bool:
    return any(isinstance(side, q.Query) and side.relative for side in (test.left, test.right)) or any(
        isinstance(side, q.Literal) for side in (test.left, test.right)
    )


COMPARISONS = (
    st.builds(q.Comparison, SINGULAR, OPERATORS, st.builds(q.Literal, SCALARS))
    | st.builds(q.Comparison, st.builds(q.Literal, SCALARS), OPERATORS, SINGULAR)
    | st.builds(q.Comparison, SINGULAR, OPERATORS, SINGULAR).filter(about_the_value)
)


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    exists = st.builds(
        q.Exists, st.builds(q.Query, st.booleans(), steps(st.booleans(), PLAIN | st.builds(q.Filter, inner)))
    )
    return exists | st.builds(q.Not, inner) | st.builds(q.And, several) | st.builds(q.Or, several)


TESTS = st.recursive(COMPARISONS, compound, max_leaves=4)
QUERIES = st.builds(q.Query, st.just(False), steps(st.booleans(), PLAIN | st.builds(q.Filter, TESTS)))


def written(query: q.Query) -> str:
    """Return the query as a person would write it."""
    return ("@" if query.relative else "$") + "".join(
        (".." if step.deep else "") + f"[{_selector(step.selector)}]" for step in query.steps
    )


def _selector(selector: Any) -> str:
    match selector:
        case q.Name(name):
            return f"'{name}'"
        case q.Index(index):
            return str(index)
        case q.Slice():
            start, end, step = (
                "" if part is None else str(part) for part in (selector.start, selector.end, selector.step)
            )
            return f"{start}:{end}" + (f":{step}" if step else "")
        case q.Filter(test):
            return f"?{_test(test)}"
    return "*"


def _test(test: Any) -> str:
    match test:
        case q.Comparison(left, operator, right):
            return f"{_test(left)} {operator} {_test(right)}"
        case q.Literal(value):
            return json.dumps(value)
        case q.Query():
            return written(test)
        case q.Exists(query):
            return written(query)
        case q.Not(inner):
            return f"!({_test(inner)})"
        case q.And(tests):
            return " && ".join(f"({_test(inner)})" for inner in tests)
        case _:
            return " || ".join(f"({_test(inner)})" for inner in test.tests)


def typed(value: Any) -> Any:
    """Return something that tells 1 from true and from 1.0, however deep."""
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    return type(value), value


@settings(max_examples=400, deadline=None)
@given(query=QUERIES, document=DOCUMENTS)
def test_any_path_selects_what_an_evaluator_written_from_the_rfc_selects(query: q.Query, document: Any) -> None:
    found, reason = compile_path(written(query)).attempt(document)
    assert reason is None
    assert typed(found) == typed(evaluate(query, document))


@settings(max_examples=200, deadline=None)
@given(query=QUERIES)
def test_what_is_written_is_read_as_it_was_meant(query: q.Query) -> None:
    assert written(parse(written(query))) == written(query)
