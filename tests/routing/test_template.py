"""Templates: what is typed, what is text, what is missing, and what the reason says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.rules import faults, faults_of, reason, shouted


@pytest.mark.parametrize("value", [1, 1.5, True, None, "1e5", "None", "[1,2]", [1, {"a": None}], {"a": []}, 2**63])
def test_a_whole_expression_keeps_its_type_and_text_never_changes_it(value: Any) -> None:
    assert shouted('{json: {x: "{{ data.x }}"}}', {"x": value})["json"] == {"x": value}


def test_anything_else_is_text() -> None:
    assert shouted(
        '{json: ["{{ data.x }} ", "{{ data.x }}{{ data.x }}", "{% if 1 %}{{ data.x }}{% endif %}"]}', {"x": 5}
    )["json"] == ["5 ", "55", "5"]


def test_a_template_in_a_value_of_the_event_stays_text() -> None:
    assert shouted('{json: "{{ data }}"}', {"x": "{{ 7*7 }}{% raw %}"})["json"] == {"x": "{{ 7*7 }}{% raw %}"}


def test_keys_of_a_mapping_win_over_its_methods() -> None:
    data = {"items": [1], "keys": 2, "values": 3, "get": 4, "pop": 5, "__class__": 6}
    made = shouted(
        '{json: ["{{ data.items }}", "{{ data.keys }}", "{{ data.values }}", "{{ data.get }}", "{{ data.pop }}"]}',
        data,
    )
    assert made["json"] == [[1], 2, 3, 4, 5]


def test_a_method_is_never_a_value() -> None:
    assert "`data.items` is missing: `data` has no `items`" in reason('{json: "{{ data.items }}"}', {})
    assert shouted("{json: \"{{ data.items | default('none') }}\"}", {})["json"] == "none"
    assert shouted('{json: "{{ data.items() | list }}"}', {"a": 1})["json"] == [["a", 1]]


@pytest.mark.parametrize(
    "data", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": {"b": {}}}, {"a": 5}, {"a": []}]
)
def test_default_takes_what_is_missing_at_any_depth(data: Any) -> None:
    assert shouted("{text: \"{{ data.a.b.c | default('x') }}\"}", data)["text"] == "x"
    assert shouted("{text: \"{{ data['a']['b']['c'] | default('x') }}!\"}", data)["text"] == "x!"


def test_default_takes_null_and_leaves_what_is_false() -> None:
    assert shouted("{json: \"{{ data.x | default('y') }}\"}", {"x": None})["json"] == "y"
    assert shouted("{json: \"{{ data.x | default('y') }}\"}", {"x": 0})["json"] == 0
    assert shouted("{json: \"{{ data.x | default('y', true) }}\"}", {"x": ""})["json"] == "y"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "`data.a` is missing: `data` has no `a`"),
        ({"a": None}, "`data.a.b` is missing: `data.a` is null"),
        ({"a": {"c": 1}}, "`data.a.b` is missing: `data.a` has no `b`"),
        ({"a": "text"}, "`data.a.b` is missing: `data.a` is a text"),
        ({"a": {"b": [1]}}, "`data.a.b.c` is missing: `data.a.b` is a list"),
    ],
)
def test_what_is_missing_is_named(data: Any, said: str) -> None:
    assert reason('{text: "hi {{ data.a.b.c }}"}', data) == f"routes.yaml:5: `text`: {said}"
    assert reason('{json: {x: ["{{ data.a.b.c }}"]}}', data) == f"routes.yaml:5: `json.x[0]`: {said}"


@pytest.mark.parametrize(
    "use",
    [
        "data.x | upper",
        "data.x | json",
        "data.x | sha256",
        "data.x + 1",
        "data.x or 1",
        "data.x | list",
        "[data.x]",
    ],
)
def test_nothing_can_be_done_with_what_is_missing(use: str) -> None:
    assert "`data.x` is missing" in reason(f'{{json: "{{{{ {use} }}}}"}}', {})


def test_the_line_of_a_block_is_the_files_own() -> None:
    assert reason("\ntext: |\n  one\n  {{ data.x }}\n  three", {}).startswith("routes.yaml:9: `text`")


def test_null_is_empty_in_text() -> None:
    data = {"first": None, "last": "Byron"}
    template = "{{ data.first }}|{{ data.first ~ '!' }}|{{ data.first | upper }}|"
    template += "{{ [data.first, data.last] | join(' ') }}"
    assert shouted(f'{{text: "{template}"}}', data)["text"] == "|!|| Byron"


def test_an_if_without_else_is_empty() -> None:
    template = "Welcome{{ ', ' ~ data.name if data.name }}!"
    assert shouted(f'{{text: "{template}"}}', {"name": None})["text"] == "Welcome!"
    assert shouted(f'{{text: "{template}"}}', {"name": "Ada"})["text"] == "Welcome, Ada!"


def test_omit_drops_the_key_or_the_element() -> None:
    made = shouted(
        '{text: "{{ data.x or omit }}", count: 1, json: ["{{ omit }}", {a: "{{ data.x | default(omit) }}"}]}',
        {"x": None},
    )
    assert made == {"count": 1, "json": [{}]}


def test_omit_inside_a_text_is_an_error() -> None:
    assert "`omit` must be the whole value" in reason('{text: "a {{ omit }}"}')


def test_blocks_leave_no_blank_lines() -> None:
    assert shouted("\ntext: |\n  {% if data.x %}\n  yes\n  {% endif %}\n  end", {"x": 1})["text"] == "yes\nend\n"


def test_in_a_list_one_element_becomes_many() -> None:
    params = """
json:
  lines:
    - first
    - for_each: "{{ data.items }}"
      as: line
      value: {sku: "{{ line.sku }}", n: "{{ index }}", price: "{{ line.price | number }}"}
    - for_each: data.none
      value: "{{ item }}"
    - last"""
    data = {"items": [{"sku": "a", "price": "1.50"}, {"sku": "b", "price": 2}], "none": []}
    assert shouted(params, data)["json"]["lines"] == [
        "first",
        {"sku": "a", "n": 0, "price": 1.5},
        {"sku": "b", "n": 1, "price": 2},
        "last",
    ]


def test_elements_of_a_typed_list_multiply_too() -> None:
    params = '\nlines:\n  - {for_each: data.items, value: {sku: "{{ item }}", count: "{{ index + 1 }}"}}'
    assert shouted(params, {"items": ["a", 7]})["lines"] == [{"sku": "a", "count": 1}, {"sku": "7", "count": 2}]


def test_a_failing_element_names_its_field() -> None:
    params = '\njson:\n  - {for_each: data.items, as: line, value: "{{ line.sku }}"}'
    assert (
        reason(params, {"items": [{}]}) == "routes.yaml:8: `json[0]`: `line.sku` is missing: `line` has no `sku`"
    )
    assert "`json[0].for_each`: `for_each` needs a list, not a mapping" in reason(params, {"items": {}})


def test_the_name_of_an_element_is_unknown_outside() -> None:
    found = faults_of('{json: [{for_each: data.x, as: line, value: 1}, "{{ line }}"]}')
    assert "`line` is not defined here" in found[0]


def test_the_name_of_an_element_cannot_be_a_reserved_one() -> None:
    assert "`as` cannot be `data`" in faults_of("{json: [{for_each: data.x, as: data, value: 1}]}")[0]
    assert "needs `value`" in faults_of("{json: [{for_each: data.x, as: line}]}")[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ dat.x }}", "4:27 unknown-name: `dat` is not defined here (did you mean `data`?)"),
        ("ab {{ data.x }} {{ now() }}", "4:43 unknown-name: `now` is not defined here"),
        ("{{ data.x | uper }}", "4:36 unknown-filter: there is no filter `uper` (did you mean `upper`?)"),
        ("{% if data.x is evn %}{% endif %}", "4:40 unknown-test: there is no test `evn` (did you mean `even`?)"),
        ("{{ event.tipe }}", "4:27 unknown-name: `event` has no `tipe` (did you mean `type`?)"),
        ("x {{ data. }}", "4:26 template-syntax: the template is faulty: a name is missing behind a dot"),
        ("{{ data.x", "4:24 template-syntax: the template is faulty"),
        (
            "{% include 'x' %}",
            "4:24 template-syntax: `include` is not available (use {file: path} as the value of the field)",
        ),
        ("{% import 'x' as y %}", "4:24 template-syntax: `import` is not available"),
        ("{% extends 'x' %}", "4:24 template-syntax: `extends` is not available"),
        ("{% for a in data recursive %}{% endfor %}", "4:24 template-syntax: a recursive loop is not available"),
        ("{{ item }}", "4:27 unknown-name: `item` is not defined here"),
        ("{{ lipsum() }}", "4:27 unknown-name: `lipsum` is not defined here"),
        ("{{ namespace() }}", "4:27 unknown-name: `namespace` is not defined here"),
        ("{{ data.x | random }}", "4:36 unknown-filter: there is no filter `random`"),
        ("{{ data.x | attr('y') }}", "4:36 unknown-filter: there is no filter `attr`"),
        ("{{ data.x | _counted }}", "4:36 unknown-filter: there is no filter `_counted`"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, found: str) -> None:
    (said,) = faults_of(f'{{text: "{text}"}}')
    assert said.startswith(found)


def test_a_mistake_in_a_block_is_told_at_its_line_and_column() -> None:
    text = "routes:\n  - name: r\n    actions:\n      - shout:\n          text: |\n            hello\n"
    (said,) = faults(text + "            dear {{ nme }}\n")
    assert said.startswith("7:21 unknown-name: `nme`")


def test_deep_nesting_is_a_mistake_not_a_crash() -> None:
    deep = "{% for a in data %}" * 30 + "{% endfor %}" * 30
    assert "template" in faults_of(f'{{text: "{deep}"}}')[0]
    assert "template" in faults_of('{text: "{{ ' + "(" * 5000 + "1" + ")" * 5000 + ' }}"}')[0]
