"""The YAML of routes.yaml: what it means, and every mistake with its place and its hint."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml as pyyaml

from router.config.node import Mapping, Mark, Scalar, plain
from router.config.problem import Problems
from router.config.yaml import parse
from tests.config.places import only, told

LOADERS = [pytest.param(pyyaml.SafeLoader, id="python")]
if hasattr(pyyaml, "CSafeLoader"):
    LOADERS.append(pytest.param(pyyaml.CSafeLoader, id="libyaml"))


@pytest.fixture(params=LOADERS)
def loader(request: pytest.FixtureRequest) -> Any:
    return request.param


VALUES = [
    ("on", "on"),
    ("off", "off"),
    ("yes", "yes"),
    ("No", "No"),
    ("true", True),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("2020-01-01", "2020-01-01"),
    ("2020-01-01T10:00:00Z", "2020-01-01T10:00:00Z"),
    ("12:30", "12:30"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("0", 0),
    ("-17", -17),
    ("+3", 3),
    ("0x1F", 31),
    ("0o17", 15),
    ("0.5", 0.5),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("-", None),
    ("1.2.3", "1.2.3"),
    ("'5'", "5"),
    ('"true"', "true"),
    ("!!str 5", "5"),
    ("!!int 5", 5),
    ("!!float 5", 5.0),
    ("! 5", "5"),
    ("a#b", "a#b"),
    ("a:b", "a:b"),
    ("|\n  a\n  b\n", "a\nb\n"),
    (">-\n  a\n  b\n", "a b"),
    ("it's", "it's"),
    ("x (y) # comment", "x (y)"),
]


@pytest.mark.parametrize(("written", "value"), [pair for pair in VALUES if pair[0] != "-"])
def test_a_value_means_what_the_core_schema_says(written: str, value: object, loader: Any) -> None:
    problems = Problems()
    tree = parse(f"a: {written}\n", "f", problems, loader=loader)
    assert not list(problems)
    assert isinstance(tree, Mapping)
    node = tree.get("a")
    assert isinstance(node, Scalar)
    assert node.value == value
    assert type(node.value) is type(value)


def test_keys_are_texts_as_they_are_written(loader: Any) -> None:
    problems = Problems()
    tree = parse("on: 1\n404: 2\n1.50: 3\nnull: 4\ntrue: 5\n", "f", problems, loader=loader)
    assert isinstance(tree, Mapping)
    assert tree.keys() == ["on", "404", "1.50", "null", "true"]
    assert not list(problems)


def test_a_merge_yields_to_the_keys_of_the_mapping_and_the_earlier_ones(loader: Any) -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: *b, x: 3}\nd:\n  <<: [*a, *b]\n  q: 4\n'<<': 5\n"
    problems = Problems()
    tree = parse(text, "f", problems, loader=loader)
    assert tree is not None
    values = plain(tree)
    assert values["c"] == {"x": 3, "z": 2}
    assert values["d"] == {"q": 4, "x": 1, "y": 1, "z": 2}
    assert values["<<"] == 5
    assert not list(problems)


def test_every_value_knows_its_place(loader: Any) -> None:
    tree = parse('# top\r\na:\r\n  - x: "é𝒳"\r\n    bee: {c: [1, 22]}\r\n', "f", Problems(), loader=loader)
    assert isinstance(tree, Mapping)
    outer = tree.get("a")
    assert outer is not None
    item = plain(outer)
    assert item == [{"x": "é𝒳", "bee": {"c": [1, 22]}}]
    first = outer.items[0]  # type: ignore[union-attr]
    assert first.mark == Mark("f", 3, 5, 1)
    assert first.get("x").mark == Mark("f", 3, 8, 4)  # type: ignore[union-attr]
    assert first.key("bee").mark == Mark("f", 4, 5, 3)  # type: ignore[union-attr]
    assert first.get("bee").get("c").mark == Mark("f", 4, 14, 7)  # type: ignore[union-attr]
    assert first.get("bee").get("c").items[1].mark == Mark("f", 4, 18, 2)  # type: ignore[union-attr]


def test_a_byte_order_mark_at_the_start_is_fine_and_an_empty_text_an_empty_mapping() -> None:
    problems = Problems()
    assert plain(parse("\ufeffa: 1", "f", problems)) == {"a": 1}  # type: ignore[arg-type]
    assert plain(parse("# nothing\n", "f", problems)) == {}  # type: ignore[arg-type]
    assert not list(problems)


# text, place and code, part of the hint, and the value that is gone on with (None: the file is unusable)
MISTAKES = [
    ("a: *bold* text", "1:4 needs-quotes", '"*bold* text"', {"a": "*bold* text"}),
    ("event: *.created", "1:8 needs-quotes", '"*.created"', {"event": "*.created"}),
    ("event: *created", "1:8 unknown-alias", '"*created"', {"event": "*created"}),
    ("a: :wave: hi", "1:4 needs-quotes", '":wave: hi"', {"a": ":wave: hi"}),
    ("- :wave: hi", "1:3 unusable-key", '":wave: hi"', [{":wave": "hi"}]),
    ("a: @here x # c", "1:4 needs-quotes", '"@here x"', {"a": "@here x"}),
    ("a: [Acme] x", "1:4 needs-quotes", '"[Acme] x"', {"a": "[Acme] x"}),
    ("- [Acme] x", "1:3 needs-quotes", '"[Acme] x"', ["[Acme] x"]),
    ("a: {x} y", "1:4 needs-quotes", '"{x} y"', {"a": "{x} y"}),
    ("a: `x`", "1:4 needs-quotes", '"`x`"', {"a": "`x`"}),
    ("a: %x", "1:4 needs-quotes", '"%x"', {"a": "%x"}),
    ("a: & b", "1:4 needs-quotes", '"& b"', {"a": "& b"}),
    ("a: &x", "1:4 empty-value", '"&x"', {"a": None}),
    ("a: !x", "1:4 yaml-tag", '"!x"', {"a": "!x"}),
    ("a: !x y", "1:4 yaml-tag", '"!x y"', {"a": "!x y"}),
    ("a: >50 items", "1:4 needs-quotes", '">50 items"', {"a": ">50 items"}),
    ("a: |x", "1:4 needs-quotes", '"|x"', {"a": "|x"}),
    ("a: >5\nb: 1", "1:4 empty-value", "indent", {"a": "", "b": 1}),
    ("a: Hello: {{ x }} # c", "1:4 needs-quotes", '"Hello: {{ x }}"', {"a": "Hello: {{ x }}"}),
    ("a: - b", "1:4 needs-quotes", '"- b"', {"a": "- b"}),
    ("a: ? b", "1:4 needs-quotes", '"? b"', {"a": "? b"}),
    ("a: }", "1:4 needs-quotes", '"}"', {"a": "}"}),
    ("a: {{ b }}", "1:4 unquoted-template", '"{{ b }}"', {"a": "{{ b }}"}),
    ("a: {{ b }} c", "1:4 unquoted-template", '"{{ b }} c"', {"a": "{{ b }} c"}),
    ("a: {{ b[0] }}", "1:4 unquoted-template", '"{{ b[0] }}"', {"a": "{{ b[0] }}"}),
    ("a: [{{ b }}]", "1:5 unquoted-template", '"{{ b }}"', {"a": ["{{ b }}"]}),
    ("a: {t: {{ b.c }}, u: 1}", "1:8 unquoted-template", '"{{ b.c }}"', {"a": {"t": "{{ b.c }}", "u": 1}}),
    ("a: {t: {{ b[0] }} z}", "1:8 unquoted-template", '"{{ b[0] }} z"', {"a": {"t": "{{ b[0] }} z"}}),
    ("a: {% if x %}y", "1:4 unquoted-template", '"{% if x %}y"', {"a": "{% if x %}y"}),
    ("u: {url: ${A}}", "1:10 needs-quotes", '"${A}"', {"u": {"url": "${A}"}}),
    (
        "u: {url: http://${A}/x, b: 1}",
        "1:10 needs-quotes",
        '"http://${A}/x"',
        {"u": {"url": "http://${A}/x", "b": 1}},
    ),
    ('a: "\\d"', "1:5 unknown-escape", "'\\d'", {"a": "\\d"}),
    ('a: "x \\d and \\s"', "1:7 unknown-escape", "'x \\d and \\s'", {"a": "x \\d and \\s"}),
    ("a: 'it's'", "1:4 text-after-quote", 'quote it: "it\'s"', {"a": "'it's'"}),
    ('a: "x" y', "1:4 text-after-quote", "'\"x\" y'", {"a": '"x" y'}),
    ("channel: #alerts", "1:10 empty-value", 'channel: "#alerts"', {"channel": None}),
    ("- #alerts\n- b", "1:3 empty-value", '- "#alerts"', [None, "b"]),
    ("x:\nb: 1", "1:1 empty-value", "null", {"x": None, "b": 1}),
    ("x: # why\nb: 1", "1:1 empty-value", "indent", {"x": None, "b": 1}),
    ("x: {a, b: 1}", "1:5 empty-value", "null", {"x": {"a": None, "b": 1}}),
    ("a: $['a #b']", "1:4 cut-text", "\"$['a #b']\"", {"a": "$['a"}),
    ("a: see (this #1)", "1:4 cut-text", '"see (this #1)"', {"a": "see (this"}),
    ('a: the "x #1" y', "1:4 cut-text", "'the \"x #1\" y'", {"a": 'the "x'}),
    ("- $.a[?@.b == 'x: y']", "1:3 cut-text", "\"$.a[?@.b == 'x: y']\"", [{"$.a[?@.b == 'x": "y']"}]),
    ("$['a #b']: x\nb: 1", "1:1 cut-text", "\"$['a #b']\"", None),
    ("a: 1\nb: 2\na: 3", "3:1 duplicate-key", "line 1", {"a": 1, "b": 2}),
    ("a: {b: 1, b: 2}", "1:11 duplicate-key", "line 1", {"a": {"b": 1}}),
    ("x: &x {q: 1}\na: {<<: *x, <<: *x}", "2:13 duplicate-key", "line 2", {"x": {"q": 1}, "a": {"q": 1}}),
    ("a: {<<: 5}", "1:9 wrong-merge", "alias", {"a": {}}),
    ("a: 007", "1:4 unclear-number", '"007"', {"a": "007"}),
    ("a: -01.5", "1:4 unclear-number", '"-01.5"', {"a": "-01.5"}),
    ("a: 1e999", "1:4 unclear-number", '"1e999"', {"a": "1e999"}),
    ("a: .inf", "1:4 unclear-number", '".inf"', {"a": ".inf"}),
    ("a: .NaN", "1:4 unclear-number", '".NaN"', {"a": ".NaN"}),
    ("a: " + "9" * 5000, "1:4 unclear-number", "quote it", {"a": "9" * 5000}),
    ("a: !!int x", "1:4 unclear-number", '"x"', {"a": "x"}),
    ('"${A}": 1\n${B}: 2', "2:1 wrong-reference", None, {"${A}": 1, "${B}": 2}),
    ("\ta: 1", "1:1 tab", "blanks", None),
    ("a:\n\tb: 1", "2:1 tab", "blanks", None),
    ("a:\n  - b\n\t- c", "3:1 tab", "blanks", None),
    ("a: \x07", "1:4 forbidden-character", "delete", None),
    ("a: 1\n\ufeffb: 2", "2:1 forbidden-character", "joined", None),
    ("a: 1\n---\nb: 2", "2:1 several-documents", "one file", None),
    ("a: &a\n  b: *a", "2:6 endless-alias", None, None),
    ("a: 'x", "1:4 unclosed", "close", None),
    ("a: [1, 2\nb: 3", "1:4 unclosed", "`]`", None),
    ("x: [a #b]\ny: 1", "1:4 unclosed", "#", None),
    ("a: {b: c: d}", "1:9 missing-comma", "comma", None),
    ("a: 1\n  b: 2", "2:3 indentation", "keys around", None),
    ("a:\n  b: 1\n c: 2", "3:2 indentation", "column 1", None),
    ("- a\nb: 1", "2:1 indentation", "`- `", None),
    ("text:hi\nb: 1", "1:1 yaml-syntax", "text: hi", None),
    ("- a\n-b\n- c", "2:1 yaml-syntax", "- b", None),
    ("a: 1\nb", "2:1 yaml-syntax", "key: value", None),
    ("? [a]\n: 1", "1:3 unusable-key", "quote", ...),
]


@pytest.mark.parametrize(("text", "place", "hint", "value"), MISTAKES)
def test_a_mistake_is_told_at_its_place_with_what_to_write(
    text: str, place: str, hint: str | None, value: object, loader: Any
) -> None:
    problems = Problems()
    tree = parse(text, "f", problems, loader=loader)
    problem = only(problems)
    assert told(problems) == [place]
    assert (hint is None) == (problem.hint is None)
    assert hint is None or hint in str(problem.hint)
    if value is not ...:
        assert (plain(tree) if tree is not None else None) == value


def test_all_mistakes_of_a_file_are_told_at_once(loader: Any) -> None:
    text = "a: @x\nb: *y*\nc: {{ z }} {{ z[0] }}\nd: #e\nf: {g: ${H}, i: ${J}}\nk: 007\nl: 'm' n\n"
    problems = Problems()
    tree = parse(text, "f", problems, loader=loader)
    codes = [
        "needs-quotes",
        "needs-quotes",
        "unquoted-template",
        "empty-value",
        "needs-quotes",
        "needs-quotes",
        "unclear-number",
        "text-after-quote",
    ]
    assert [p.code for p in problems] == codes
    assert tree is not None
    assert plain(tree)["f"] == {"g": "${H}", "i": "${J}"}


def test_both_sides_of_a_template_that_became_a_mapping_are_told(loader: Any) -> None:
    problems = Problems()
    tree = parse("{{ a }}: {{ b }}", "f", problems, loader=loader)
    assert told(problems) == ["1:1 unquoted-template", "1:10 unquoted-template"]
    assert tree is not None
    assert plain(tree) == {"{{ a }}": "{{ b }}"}


def test_an_empty_value_is_told_once_even_where_others_find_fault_with_it() -> None:
    problems = Problems()
    tree = parse("x:\n", "f", problems)
    assert isinstance(tree, Mapping)
    node = tree.get("x")
    assert node is not None
    problems.error("wrong-type", node, "another fault of the same value")
    assert told(problems) == ["1:1 empty-value"]


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n"
    for old, new in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)
HOSTILE = [
    ("too-large", LAUGHS),
    ("too-large", MERGES),
    ("too-large", "- a\n" * 300_000),
    ("too-deep", "[" * 2_000_000),
    ("too-deep", "{" * 2_000_000),
    ("too-deep", "- " * 1_000_000),
    ("too-deep", "".join(" " * depth + "a:\n" for depth in range(500))),
    ("too-deep", "".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else 'x'}]\n" for n in range(120))),
    ("empty-value", "".join(f"k{n}:\n" for n in range(40_000))),
    ("yaml-syntax", "a: {%" + "{{ " * 1_000_000),
    ("yaml-syntax", "a: b: " + "- " * 1_000_000),
    ("yaml-syntax", 'a: "' + "\\d" * 1_000_000),
    ("needs-quotes", "".join(f"k{n}: @x\n" for n in range(20_000))),
    ("too-large", "x" * (10 * 2**20 + 1)),
    ("needs-quotes", "\r" * 300_000 + "a: @b"),
]


@pytest.mark.parametrize(("code", "text"), HOSTILE)
def test_a_hostile_text_ends_as_problems_soon(code: str, text: str) -> None:
    problems = Problems()
    before = time.process_time()
    parse(text, "f", problems)
    assert code in {problem.code for problem in problems}
    assert len(problems) <= 600
    assert time.process_time() - before < 10  # a hang, not a slow machine


@pytest.mark.parametrize(
    "text", ['a: "\\UFFFFFFFF"', 'a: "\\uD800"', "%YAML 3.0\n---\na: 1", "}", "a: !<x", "--- !x\n- %"]
)
def test_whatever_confuses_a_parser_is_a_problem(text: str, loader: Any) -> None:
    problems = Problems()
    parse(text, "f", problems, loader=loader)
    assert problems.errors
