"""LANGUAGE.md, "Matching": what stands in a `where`."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.language.town import faults, happened, made, note, taken, verdicts


def where(condition: str, data: Any, **more: Any) -> bool:
    """Tell whether a `where` holds for an event of these data."""
    return taken(f"where: {condition}", happened(data, **more))


def where_faults(condition: str) -> list[str]:
    """Return what is wrong with a `where`, which stands on line 2 from column 12 on."""
    return faults(note(f"where: {condition}"))


USER = {
    "role": "org:admin",
    "n": 18,
    "t": "18",
    "null": None,
    "tags": ["bug", "x"],
    "a.b": 1,
    "deep": [{"n": 1}, {"n": 5}],
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{data.role: org:admin}", True),
        ("{data.role: org:member}", False),
        ("{data.role: [org:admin, org:owner]}", True),
        ("{data.role: org:admin, data.n: 18}", True),
        ("{data.role: org:admin, data.n: 19}", False),
        ("[{data.role: org:admin}, {data.n: 19}]", False),
        ("{payload.data.n: 18}", True),
        ("{event.type: thing.made, event.source: app}", True),
        ("{event.type: {ne: thing.made}}", False),
        ("{event.time: '2026-11-23T12:00:00.000Z'}", True),
        ("{event.time: {lt: '2026-11-23T12:00:00.001Z'}}", True),
        ("{data.deep.*.n: 5}", True),
        ("{data.deep.1.n: 5}", True),
        ("{'data.deep[1].n': 5, 'data.deep[*].n': 1}", True),
        ("{\"data['a.b']\": 1}", True),
        ("{$.data.n: 18}", True),
        ("{$.type: thing.made}", True),
        ("{'$.data.deep[?(@.n > 4)].n': 5}", True),
        ("['$.data.deep[?(@.n > 4)]']", True),
        ("['$.data.deep[?(@.n > 5)]']", False),
        ("{any: [{data.n: 1}, {data.n: 18}]}", True),
        ("{none: [{data.n: 1}, {data.n: 18}]}", False),
        ("{none: [{data.n: 1}, {any: [{data.n: 2}]}]}", True),
        ("{data.role: {eq: org:admin}}", True),
        ("{data.role: {in: [org:admin]}}", True),
        ("{data.role: {not_in: [org:admin]}}", False),
        ("{data.n: {gt: 17, lte: 18}}", True),
        ("{data.n: {gte: 18, lt: 18}}", False),
        ("{data.role: {contains: adm}}", True),
        ("{data.tags: {contains: bug}}", True),
        ("{data.tags: {contains: bu}}", False),
        ("{data.role: {starts_with: 'org:', ends_with: min}}", True),
        ("{data.role: {matches: 'org:.*'}}", True),
        ("{data.role: {matches: 'admin'}}", False),
        ("{data.role: {search: 'adm'}}", True),
        # several selected values
        ("{data.tags.*: bug}", True),
        ("{data.deep.*.n: {gt: 0, lt: 2}}", True),
        ("{data.deep.*.n: {gt: 1, lt: 5}}", False),  # not the same value
        ("[{data.deep.*.n: {gt: 1}}, {data.deep.*.n: {lt: 5}}]", True),  # separate keys, different values
        ("{data.tags.*: {ne: bug}}", False),
        ("{data.tags.*: {ne: c}}", True),
        ("{data.tags.*: {not_in: [a, c]}}", True),
        # nothing selected
        ("{data.none: {ne: 1}}", False),
        ("{data.none: {not_in: [1]}}", False),
        ("{data.none: {exists: false}}", True),
        ("{data.none: {empty: true}}", True),
        ("{data.none: null}", False),
        ("{data.null: {exists: true}}", True),
        ("{data.null: null}", True),
        ("{data.null: {empty: true}}", True),
        ("{data.n: {empty: false}}", True),
        # no type juggling
        ("{data.t: 18}", False),
        ("{data.n: '18'}", False),
        ("{data.n: 18.0}", True),
        ("{data.n: true}", False),
        ("{data.t: {gt: 1}}", False),
        ("{data.n: {gt: '1'}}", False),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert where(condition, USER) is holds


def test_true_is_no_number() -> None:
    assert not where("{data.x: 1}", {"x": True})
    assert not where("{data.x: true}", {"x": 1})


@pytest.mark.parametrize("value", ["", [], {}])
def test_empty_is_missing_null_and_nothing_in_it(value: Any) -> None:
    assert where("{data.x: {empty: true}}", {"x": value})
    assert not where("{data.x: {empty: true}}", {"x": 0})
    assert not where("{data.x: {empty: true}}", {"x": False})


def test_headers_and_query_in_any_case() -> None:
    text = note("where: {headers.content-type: application/json, headers.Content-Type: {exists: true}}")
    assert made(text, happened({}), headers=[("CONTENT-TYPE", "application/json")]) == ["r/slack"]


def test_explain_tells_the_value_and_its_type() -> None:
    verdict = verdicts(note("where: {data.age: 18, data.role: admin}"), happened({"age": "18", "role": "admin"}))[
        "r"
    ]
    assert not verdict.taken
    assert verdict.where is not None
    age, role = verdict.where.children
    assert (age.held, role.held) == (False, True)
    assert age.reason == "is the text `18`, not the number 18"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("{}", "2:12 empty-where"),
        ("[]", "2:12 empty-where"),
        ("{any: []}", "2:18 empty-where"),
        ("{data.x: {}}", "2:21 empty-where"),
        ("{data.x: '{{ data.y }}'}", "2:21 template-in-where"),
        (
            "data.x == 1",
            "2:12 wrong-type: `where` must be a mapping or a list of mappings, not a text",
        ),
        ("[[data.x, 1]]", "2:13 wrong-type: an item of `where` is a mapping or a JSONPath"),
        ("{role: admin}", "2:13 bad-path: a path begins with one of"),
        ("{user.id: 1}", "2:13 bad-path: a path begins with one of"),
        ("{event.typ: x}", "2:13 unknown-name: `event` has no `typ` (did you mean `type`?)"),
        ("{data.x: {equals: 1}}", "2:22 unknown-operator: `equals` is not an operator (did you mean `eq`?)"),
        ("{data.x: {greater: 1}}", "2:22 unknown-operator: `greater` is not an operator (did you mean `gt`?)"),
        ("{data.x: {matches: '('}}", "2:31 "),
        ("{data.x: {exists: 'yes'}}", "2:30 wrong-type: `exists` takes true or false"),
        ("{data.x: {in: a}}", "2:26 wrong-type: `in` takes a list"),
        ("{data.x: {gt: [1]}}", "2:26 wrong-type: `gt` takes a number or a text"),
        ("[$.data.x]", "2:13 bare-path: a JSONPath without a filter cannot stand alone"),
        ("[data.x]", "2:13 bare-path: only a JSONPath with a filter can stand alone"),
        ("{'$.data[?(@.x =~ 1)]': 1}", "2:"),
        ("{all: [{data.x: 1}]}", "2:13 bad-path"),
        ("{any: {data.x: 1}}", "2:18 wrong-type: `any` takes a list of conditions"),
    ],
)
def test_a_mistake_in_a_where_is_told_at_its_place(condition: str, found: str) -> None:
    said = where_faults(condition)
    assert len(said) == 1, said
    assert said[0].startswith(found), said


@pytest.mark.parametrize(
    "step", ["$.where", "$['a b']", "$.a[0]", "$.a[0:2]", "$.*", "$..a", "$.a[?(@.b && !@.c)]"]
)
def test_the_steps_of_a_jsonpath(step: str) -> None:
    assert not [said for said in where_faults(f'{{"{step}": 1}}') if "deep-path" not in said]


def test_a_reserved_word_is_a_name_like_any_other() -> None:
    assert where("{$.where: 1}", {}, where=1)


@pytest.mark.parametrize("step", ["$.a[?(@.b)][?(@.c)][(1)]", "$.a.length()", "$[?(@.a ~ 1)]", "$.a[", "$x"])
def test_any_other_jsonpath_is_an_error_that_says_so(step: str) -> None:
    (said,) = where_faults(f'{{"{step}": 1}}')
    assert said.split()[1] == "bad-path:"


def test_a_pattern_cannot_hang() -> None:
    started = time.process_time()
    assert not where("{data.x: {matches: '(a+)+b'}}", {"x": "a" * 50_000})
    assert time.process_time() - started < 5
