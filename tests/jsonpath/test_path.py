"""`$...` paths: what they select, from tables and against an evaluator written from RFC 9535."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.jsonpath import compile_path
from router.jsonpath import query as q
from router.jsonpath.grammar import parse
from router.jsonpath.translation import LIMIT
from tests.jsonpath.reference import evaluate

DOCUMENT: dict[str, Any] = {
    "type": "user.created",
    "where": 1,
    "sub": 2,
    "len": 3,
    "null": 4,
    "true": 5,
    "wherenot": 6,
    "*": "star",
    "a.b": "dot",
    "it's": "one",
    'say "x"': "two",
    "größe": "umlaut",
    "": "empty",
    "$": "dollar",
    "@": "at",
    "data": {
        "id": "user_1",
        "nothing": None,
        "emails": [
            {"id": "e1", "address": "a@x.test", "verified": True, "rank": 1},
            {"id": "e2", "address": "b@x.test", "verified": False, "rank": 2},
            {"id": "e3", "address": "c@x.test", "verified": None, "rank": 10},
            {"id": "e4"},
        ],
        "primary": "e2",
        "mixed": [1, "1", True, 1.0, None, [], {}, 0, False, ""],
        "labels": {"one": {"name": "bug"}, "two": {"name": "security"}},
    },
}

SELECTIONS: list[tuple[str, list[Any]]] = [
    ("$.type", ["user.created"]),
    ("$['type']", ["user.created"]),
    ('$["type"]', ["user.created"]),
    ("$[ 'type' ]", ["user.created"]),
    ("$.where", [1]),
    ("$.sub", [2]),
    ("$.len", [3]),
    ("$.null", [4]),
    ("$.true", [5]),
    ("$.wherenot", [6]),
    ("$['*']", ["star"]),
    ("$['a.b']", ["dot"]),
    ('$["it\'s"]', ["one"]),
    ("$['say \"x\"']", ["two"]),
    ("$.größe", ["umlaut"]),
    ("$['']", ["empty"]),
    ("$['$']", ["dollar"]),
    ("$['@']", ["at"]),
    ("$.missing", []),
    ("$.type.length", []),
    ("$.type[0]", []),
    ("$.data.nothing", [None]),
    ("$.data.nothing.x", []),
    ("$.data.emails[0].id", ["e1"]),
    ("$.data.emails[-1].id", ["e4"]),
    ("$.data.emails[4].id", []),
    ("$.data.emails[-5].id", []),
    ("$.data.emails[1:3].id", ["e2", "e3"]),
    ("$.data.emails[::-1].id", ["e4", "e3", "e2", "e1"]),
    ("$.data.emails[:].id", ["e1", "e2", "e3", "e4"]),
    ("$.data.emails[::0].id", []),
    ("$.data.labels[:]", []),
    ("$.data.labels[0]", []),
    ("$.data.emails['id']", []),
    ("$.data.emails[*].rank", [1, 2, 10]),
    ("$.data.labels.*.name", ["bug", "security"]),
    ("$.data.labels[?@.name == 'bug'].name", ["bug"]),
    ("$.data.emails[?(@.rank > 1)].id", ["e2", "e3"]),
    ("$.data.emails[?@.rank >= 2 && @.rank < 10].id", ["e2"]),
    ("$.data.emails[?@.rank == 1 || @.rank == 10].id", ["e1", "e3"]),
    ("$.data.emails[?@.rank == 1 || @.rank == 2 && @.verified == true].id", ["e1"]),
    ("$.data.emails[?(@.rank == 1 || @.rank == 2) && @.verified == true].id", ["e1"]),
    ("$.data.emails[?@.verified].id", ["e1", "e2", "e3"]),
    ("$.data.emails[?!@.verified].id", ["e4"]),
    ("$.data.emails[?!(@.rank == 1)].id", ["e2", "e3", "e4"]),
    ("$.data.emails[?!(@.rank == 1 || !@.rank)].id", ["e2", "e3"]),
    ("$.data.emails[?@.verified == true].id", ["e1"]),
    ("$.data.emails[?@.verified == null].id", ["e3"]),
    ("$.data.emails[?@.verified != null].id", ["e1", "e2", "e4"]),
    ("$.data.emails[?@.rank != 1].id", ["e2", "e3", "e4"]),
    ("$.data.emails[?@.id == $.data.primary].address", ["b@x.test"]),
    ("$.data.emails[?$.data.primary == @.id].address", ["b@x.test"]),
    ("$.data.emails[?@.nope == $.nope].id", ["e1", "e2", "e3", "e4"]),
    ("$.data.emails[?@.rank == @.rank].id", ["e1", "e2", "e3", "e4"]),
    ("$.data.emails[?1 < @.rank].id", ["e2", "e3"]),
    ("$.data.emails[?'e2' == @.id].id", ["e2"]),
    ("$.data.emails[?@['id'] == 'e2'].id", ["e2"]),
    ("$.data.emails[?@.rank == 1.0].id", ["e1"]),
    ("$.data.emails[?@.rank == 1e1].id", ["e3"]),
    ("$.data.emails[?@.rank == '1'].id", []),
    ("$.data.emails[?$.type == 'user.created'].id", ["e1", "e2", "e3", "e4"]),
    ("$.data.mixed[?@ == 1]", [1, 1.0]),
    ("$.data.mixed[?@ == true]", [True]),
    ("$.data.mixed[?@ == 0]", [0]),
    ("$.data.mixed[?@ == false]", [False]),
    ("$.data.mixed[?@ == null]", [None]),
    ("$.data.mixed[?@ == '']", [""]),
    ("$.data.mixed[?@ > 0]", [1, 1.0]),
    ("$.data.mixed[?@ <= null]", [None]),
    ("$..id", ["user_1", "e1", "e2", "e3", "e4"]),
    ("$..emails[0].id", ["e1"]),
    ("$..['id']", ["user_1", "e1", "e2", "e3", "e4"]),
    ("$..[?@.name == 'bug'].name", ["bug"]),
    ("$[?@.emails[?@.rank == 10]].id", ["user_1"]),
    ("$.data.emails[?@..rank].id", ["e1", "e2", "e3"]),
    ("$.data .emails [0]\n.id", ["e1"]),
]


@pytest.mark.parametrize(("text", "expected"), SELECTIONS, ids=[text for text, _ in SELECTIONS])
def test_a_path_selects_what_rfc_9535_says(text: str, expected: list[Any]) -> None:
    found = compile_path(text).select(DOCUMENT)
    assert [(type(value), value) for value in found] == [(type(value), value) for value in expected]


def test_the_dollar_alone_is_the_payload() -> None:
    assert compile_path("$").select(DOCUMENT) == [DOCUMENT]
    assert compile_path("$").select(None) == [None]


@pytest.mark.parametrize(
    ("text", "filtered", "deep", "filters_root"),
    [
        ("$.a", False, False, False),
        ("$..a", False, True, False),
        ("$.a[?@.b]", True, False, False),
        ("$..[?@.b]", True, True, False),
        ("$[?@.b].c", True, False, True),
    ],
)
def test_a_path_tells_what_is_in_it(text: str, filtered: bool, deep: bool, filters_root: bool) -> None:
    path = compile_path(text)
    assert (path.text, path.filtered, path.deep, path.filters_root) == (text, filtered, deep, filters_root)


def chain(length: int, end: Any) -> Any:
    """Return lists and objects inside one another."""
    for n in range(length):
        end = {"next": end} if n % 2 else [end]
    return end


WIDE = {"list": [{"a": n} for n in range(3000)], "b": {"c": [1]}, "chain": chain(98, 1)}


@pytest.mark.parametrize(
    "text", ["$.list[?$.list[*].z]", "$..[?$..a]", "$.chain..*..*..*", "$..[?@..[?@..[?$..a]]]"]
)
def test_a_path_that_would_take_too_long_is_given_up(text: str) -> None:
    found, reason = compile_path(text).attempt(WIDE)
    assert found == []
    assert reason is not None
    assert f"{LIMIT:,}" in reason


def test_a_long_list_is_given_up_before_it_is_visited() -> None:
    path = compile_path("$.list[*]")
    assert len(path.select({"list": [0] * (LIMIT - 1)})) == LIMIT - 1
    assert path.select({"list": [0] * LIMIT}) == []
    assert len(path.select({"list": [0] * 10})) == 10, "each evaluation has its own limit"


def test_a_payload_a_hundred_deep_is_searched_to_the_bottom() -> None:
    payload = chain(99, {"bottom": 1})
    assert compile_path("$..bottom").select(payload) == [1]
    assert compile_path("$..[?@.bottom == 1].bottom").select(payload) == [1]


def test_the_longest_path_can_be_evaluated() -> None:
    payload: Any = 1
    for _ in range(64):
        payload = {"a": payload}
    assert compile_path("$" + ".a" * 64).select(payload) == [1]
    assert compile_path("$" + "[*]" * 64).select(payload) == [1]


def test_a_payload_that_breaks_the_evaluation_selects_nothing() -> None:
    class Hostile(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise RuntimeError("no")

    found, reason = compile_path("$.a").attempt(Hostile(a=1))
    assert found == []
    assert reason is not None
    assert "RuntimeError" in reason


def test_one_path_can_be_used_in_several_threads() -> None:
    path = compile_path("$..[?@.a >= 0].a")
    wrong: list[int] = []

    def work() -> None:
        for _ in range(5):
            if len(path.select(WIDE)) != 3000:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


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
