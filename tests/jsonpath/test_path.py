"""`$...` paths: what they select, and their limits."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from router.jsonpath import compile_path
from router.jsonpath.meter import LIMIT, Exhausted, Meter

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

    found, reason = compile_path("$.a[*]").attempt(Hostile(a=[1]))
    assert found == []
    assert reason is not None
    assert "RuntimeError" in reason


def test_each_thread_has_its_own_limit() -> None:
    meter = Meter()
    meter.spend(LIMIT - 1)
    thread = threading.Thread(target=meter.spend, args=(LIMIT,))
    thread.start()
    thread.join()
    meter.spend(1)
    with pytest.raises(Exhausted):
        meter.spend(1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$.data.nope.x", "nothing is selected by `$.data.nope`; up to `$.data` something is"),
        ("$['data'].emails[9].id",
         "nothing is selected by `$['data'].emails[9]`; up to `$['data'].emails` something is"),
        ("$.data.emails[?@.id == 'x'].id",
         "nothing fits the filter of `$.data.emails[?@.id == 'x']`; up to `$.data.emails` something is"),
        ("$.list[?$.list[*].z]", "the path was given up"),
    ],
)  # fmt: skip
def test_a_path_says_where_it_ends(text: str, reason: str) -> None:
    path = compile_path(text)
    document = DOCUMENT | WIDE
    assert path.select(document) == []
    assert path.stops_at(document).startswith(reason)
