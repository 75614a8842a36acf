"""The mistakes that people make in a `where`: each is told with its place, its code and what to write."""

from __future__ import annotations

import pytest

from tests.routing.conditions import read

MISTAKES = [
    # text, code, line:column, part of the message, part of the hint
    ("{}", "empty-where", "1:1", "`where` is empty", "leave it out"),
    ("[]", "empty-where", "1:1", "`where` is empty", "leave it out"),
    ("[{}]", "empty-where", "1:2", "this item of `where` is empty", "leave it out"),
    ("any: []", "empty-where", "1:6", "`any` is empty", "leave it out"),
    ("none: [{}]", "empty-where", "1:8", "this item of `none` is empty", "leave it out"),
    ("data.x: {}", "empty-where", "1:9", "`data.x` is compared with nothing", "empty: true"),
    ("data.x: []", "empty-list", "1:9", "a list of nothing", "empty: true"),
    ("data.x: {in: []}", "empty-list", "1:14", "a list of nothing", "empty: true"),
    ("data.x", "wrong-type", "1:1", "`where` must be a mapping or a list", "use `if`"),
    ("$.a[?@.b]", "wrong-type", "1:1", "`where` must be a mapping or a list", "- $.a[?@.b]"),
    ("null", "wrong-type", "1:1", "not null", "use `if`"),
    ("[3]", "wrong-type", "1:2", "an item of `where`", "- data.x: value"),
    ("[[a]]", "wrong-type", "1:2", "not a list", "- data.x: value"),
    ("any: {data.x: 1}", "wrong-type", "1:6", "`any` takes a list of conditions, not a mapping", "with a `-`"),
    ("none: data.x", "wrong-type", "1:7", "`none` takes a list of conditions, not a text", "with a `-`"),
    ("data.x: '{{ data.y }}'", "template-in-where", "1:9", "holds no `{{ }}`", "use `if`"),
    ("data.x: [a, '{{ b }}']", "template-in-where", "1:13", "holds no `{{ }}`", "use `if`"),
    ("data.x: {eq: '{% if y %}'}", "template-in-where", "1:14", "holds no `{{ }}`", "use `if`"),
    ("'{{ data.x }}': 1", "template-in-where", "1:1", "holds no `{{ }}`", "use `if`"),
    ("['{{ data.x }}']", "template-in-where", "1:2", "holds no `{{ }}`", "use `if`"),
    ("data.x: {equals: 1}", "unknown-operator", "1:10", "`equals` is not an operator", "did you mean `eq`?"),
    ("data.x: {start_with: a}", "unknown-operator", "1:10", "`start_with`", "did you mean `starts_with`?"),
    ("data.x: {regex: a}", "unknown-operator", "1:10", "`regex`", "did you mean `matches`?"),
    ("data.x: {'>': 3}", "unknown-operator", "1:10", "`>`", "did you mean `gt`?"),
    ("data.x: {any: [1]}", "unknown-operator", "1:10", "`any`", "stands beside paths"),
    ("data.x: {city: Oslo}", "unknown-operator", "1:10", "`city`", "a member of the value is `data.x.city`"),
    ("role: admin", "bad-path", "1:1", "not with `role`", "`data.role`"),
    ("dta.role: admin", "bad-path", "1:1", "not with `dta`", "did you mean `data`?"),
    ("all: [{data.x: 1}]", "bad-path", "1:1", "not with `all`", "must hold anyway"),
    ("or: [{data.x: 1}]", "bad-path", "1:1", "not with `or`", "did you mean `any`?"),
    ("not: [{data.x: 1}]", "bad-path", "1:1", "not with `not`", "did you mean `none`?"),
    ("event.typ: x", "unknown-name", "1:1", "`event` has no `typ`", "did you mean `type`?"),
    ("event.type.x: x", "unknown-name", "1:1", "with nothing inside", "data"),
    ("data.a:b: 1", "bad-path", "1:7", "`:` cannot stand here", "['a:b']"),
    ("data.a == 1: 1", "bad-path", "1:7", "` ` cannot stand here", "write `data.a: 1`"),
    ("'data.a b': 1", "bad-path", "1:8", "` ` cannot stand here", "no blanks"),
    ("$.a.b-c: 1", "bad-path", "1:6", "must be quoted", "['b-c']"),
    ("[$.a.b-c]", "bad-path", "1:7", "must be quoted", "['b-c']"),
    ("- \"$.a[?@.b === 'x']\"", "bad-path", "1:13", "`===`", "write `==`"),
    ("- '$.a[?@.b == ''x'' && @.c = 1]'", "bad-path", "1:29", "a single `=`", "write `==`"),
    ('- "$.a[?@.b == \\"x\\" && @.c = 1]"', "bad-path", "1:29", "a single `=`", "write `==`"),
    ("- >-\n  $.a[?@.b = 1]", "bad-path", "1:3", "a single `=`", "write `==`"),
    ("- $.a.b", "bare-path", "1:3", "without a filter cannot stand alone", "`$.a.b: {exists: true}`"),
    ("- data.a.b", "bare-path", "1:3", "only a JSONPath with a filter", "`data.a.b: {exists: true}`"),
    ("- some text", "bare-path", "1:3", "only a JSONPath with a filter", "use `if`"),
    ("data.x: {exists: 'yes'}", "wrong-type", "1:18", "`exists` takes true or false, not a text", "write true,"),
    ("data.x: {empty: off}", "wrong-type", "1:17", "`empty` takes true or false", "write false,"),
    ("data.x: {exists: 1}", "wrong-type", "1:18", "not a number", "write true or false,"),
    ("data.x: {in: 3}", "wrong-type", "1:14", "`in` takes a list, not a number", "`eq`"),
    ("data.x: {not_in: a}", "wrong-type", "1:18", "`not_in` takes a list, not a text", "`ne`"),
    ("data.x: {eq: [1, 2]}", "wrong-type", "1:14", "`eq` takes one constant, not a list", "`in`"),
    ("data.x: {ne: [1, 2]}", "wrong-type", "1:14", "`ne` takes one constant, not a list", "`not_in`"),
    ("data.x: {contains: [1, 2]}", "wrong-type", "1:20", "`contains` takes one constant", "in `any`"),
    ("data.x: {eq: {gt: 3}}", "wrong-type", "1:14", "not an operator", "in `any`"),
    ("data.x: [1, {gt: 3}]", "wrong-type", "1:13", "an operator cannot stand in a list", "in `any`"),
    ("data.x: {gt: [1]}", "wrong-type", "1:14", "`gt` takes a number or a text, not a list", ""),
    ("data.x: {lte: true}", "wrong-type", "1:15", "not true or false", ""),
    ("data.x: {gt: null}", "wrong-type", "1:14", "not null", ""),
    ("data.x: {starts_with: 3}", "wrong-type", "1:23", "`starts_with` takes a text, not a number", "quote it"),
    ("data.x: {ends_with: [a]}", "wrong-type", "1:21", "`ends_with` takes a text, not a list", ""),
    ("data.x: {matches: 3}", "wrong-type", "1:19", "`matches` takes a text", "quote it"),
    ("data.x: {search: '('}", "bad-pattern", "1:18", "`(` is not a pattern: missing ): (", ""),
    ("data.x: {matches: 'a(?=b)'}", "bad-pattern", "1:19", "invalid perl operator", "no lookahead"),
    ("data.x: {matches: '(a)\\1'}", "bad-pattern", "1:19", "invalid escape sequence", "backreferences"),
    ("data.x: {exists: false, eq: 1}", "contradiction", "1:25", "nothing else can hold", "leave the other"),
]


@pytest.mark.parametrize(
    ("text", "code", "place", "message", "hint"), MISTAKES, ids=[text for text, *_ in MISTAKES]
)
def test_a_mistake_is_told_at_its_place(text: str, code: str, place: str, message: str, hint: str) -> None:
    condition, problems = read(text)
    assert condition is None
    assert [problem.severity for problem in problems] == ["error"], problems
    problem = problems[0]
    assert (problem.code, f"{problem.mark.line}:{problem.mark.column}") == (code, place), problem
    assert message in problem.message
    assert hint in (problem.hint or "")


def test_every_mistake_is_told_at_once() -> None:
    _, problems = read("- data.x: {equals: 1}\n- any: [{}, $.a]\n- role: '{{ x }}'\n- data.y: {gt: [], in: 3}\n")
    assert [problem.code for problem in problems] == [
        *("unknown-operator", "empty-where", "bare-path", "bad-path"),
        *("template-in-where", "wrong-type", "wrong-type"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("- $[?(@.type == 'x')]", "filter-at-root", "1:3"),
        ("$..id: 3", "deep-path", "1:1"),
        ("data.price: {gt: '100'}", "text-number", "1:18"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(text: str, code: str, place: str) -> None:
    condition, problems = read(text)
    assert condition is not None
    assert [(problem.code, problem.severity) for problem in problems] == [(code, "warning")]
    assert f"{problems[0].mark.line}:{problems[0].mark.column}" == place
    assert problems[0].hint


@pytest.mark.parametrize(
    "text",
    [
        "event.time: {gt: 2024-01-01}",
        "data.x: {gt: '2024'}",
        "data.x: {eq: {a: 1}}",
        "data.x: [on, off]",
        "data: 1",
    ],
)
def test_what_is_fine_is_not_told(text: str) -> None:
    condition, problems = read(text)
    assert condition is not None
    assert [problem.code for problem in problems] == (["text-number"] if text.endswith("'2024'}") else [])


def test_an_empty_value_is_told_once_by_the_reader_of_the_file() -> None:
    for text in ("data.x:", "any:", "data.x: {exists: }"):
        _, problems = read(text)
        assert [problem.code for problem in problems] == ["empty-value"]


def test_a_bad_pattern_writes_nothing_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    read("data.x: {search: '('}")
    assert capfd.readouterr().err == ""
