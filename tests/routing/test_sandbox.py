"""The sandbox: no way out, and no way to hold the process up."""

from __future__ import annotations

import time

import pytest

from tests.routing.rules import reason, shouted

BIG = 10**9


@pytest.mark.parametrize(
    "expression",
    [
        f"'x' * {BIG}",
        f"['x'] * {BIG}",
        f"{BIG} * 'x'",
        f"2 ** {BIG}",
        f"{BIG} ** {BIG}",
        "'%9999s' % 1",
        f"'x'.center({BIG})",
        f"'x'.ljust({BIG})",
        f"'x'.rjust(width={BIG})",
        f"'x'.zfill({BIG})",
        f"'x' | center({BIG})",
        "'%9999s' | format(1)",
        "'%*d' | format(99999999, 1)",
        "'{:99999999}'['format'](1)",
        "'x'['format_map'](data)",
        "'x'['encode']()",
        "'x'['expandtabs'](99999999)",
        "'x'['translate']({120: 'y'})",
        f"range({BIG}) | list",
        f"'x' | indent({BIG}, true)",
        f"[1] | batch({BIG}, 'x') | list",
        f"[1] | slice({BIG}) | list",
        f"1.5 | round({BIG}, 'floor')",
        "('x' * 1)",
        "(range(9999) | join) .replace('', range(9999) | join)",
        "(range(9999) | join) | replace('', range(9999) | join)",
        "(range(9999) | join).join(range(9999) | map('string') | list)",
        "[[1], [2]] | sum(start=[])",
        "data.l['append'](1)",
        "data.l['clear']()",
        "data.d['update']({})",
        "data.d['pop']('a')",
        "''.__class__",
        "''['__class__']",
        "().__class__.__bases__",
        "data.__class__.__mro__",
        "data.l['__len__']()",
        "range.__self__",
        "(1).__class__",
        "event.time['__reduce__']()",
        "event.time.replace(year=1)",
        "(1)['to_bytes'](99999999, 'big')",
        "omit.__class__",
        "1 / 0",
        "data.l[data.l]",
        "data['nope']()",
        "'x' in data.nope",
    ],
)
def test_it_is_refused_at_once_and_kills_one_delivery_only(expression: str) -> None:
    started = time.process_time()
    said = reason(f'\njson: "{{{{ {expression} }}}}"', {"l": [1], "d": {"a": 1}})
    assert said.startswith("routes.yaml:7: `json`: ")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 ** 10", 1024),
        ("7 % 3", 1),
        ("3 * 4", 12),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("'a,b'.split(',')", ["a", "b"]),
        ("'ab'.upper()", "AB"),
        ("'ab'.replace('a', 'c')", "cb"),
        ("'-'.join(['a', 1])", "a-1"),
        ("'x'.center(5)", "  x  "),
        ("data.d.get('b', 2)", 2),
        ("data.d.items() | list", [["a", 1]]),
        ("range(3) | list", [0, 1, 2]),
        ("event.time.strftime('%Y')", "2026"),
        ("'a' in 'abc'", True),
        ("1 not in data.l", False),
        ("data.l[0:1]", [1]),
        ("data.l.0", 1),
        ("'%s-%s' | format(1, 2)", "1-2"),
    ],
)
def test_what_is_harmless_works(expression: str, value: object) -> None:
    assert shouted(f'\njson: "{{{{ {expression} }}}}"', {"l": [1], "d": {"a": 1}})["json"] == value


def test_loops_are_counted_over_all_templates_of_a_delivery() -> None:
    loop = "{% for a in range(100) %}{% for b in range(70) %}{% endfor %}{% endfor %}"
    assert shouted(f'{{text: "{loop}"}}')["text"] == ""
    assert "more than 10,000 loop steps" in reason(f'{{text: "{loop}", html: "{loop}"}}')


def test_a_nested_loop_over_a_large_payload_ends() -> None:
    loop = "{% for a in data.l %}{% for b in data.l %}{{ b }}{% endfor %}{% endfor %}"
    assert "more than 10,000 loop steps" in reason(f'{{text: "{loop}"}}', {"l": list(range(10_000))})


def test_elements_multiplied_in_a_list_are_counted_too() -> None:
    params = '\njson:\n  - for_each: range(200)\n    value: [{for_each: range(200), value: "{{ item }}"}]'
    assert "more than 10,000 loop steps" in reason(params)


@pytest.mark.parametrize(
    "body",
    [
        "{{ data.l | map('string') | join | length }}",
        "{{ 5 in data.l }}",
        "{{ data.l | select('in', data.l) | list | length }}",
        "{{ data.l | unique | list | length }}",
        "{{ data.t | upper | length }}",
        "{{ data.t | striptags | length }}",
    ],
)
def test_filters_inside_loops_are_weighed(body: str) -> None:
    loop = "{% for a in range(9000) %}" + body + "{% endfor %}"
    said = reason(f'{{text: "{loop}"}}', {"l": list(range(20_000)), "t": "<!-- " * 50_000})
    assert "go through too much data" in said


def test_text_that_doubles_is_stopped() -> None:
    doubled = "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40
    assert "too much data" in reason(f'{{text: "{doubled}{{{{ a | length }}}}"}}')
    added = "{% set a = 'x' %}" + "{% set a = a + a %}" * 40
    assert "too much data" in reason(f'{{text: "{added}{{{{ a | length }}}}"}}')


def test_a_long_text_is_stopped() -> None:
    assert "longer than 256 KiB" in reason('{text: "{% for a in range(9000) %}' + "y" * 50 + '{% endfor %}"}')
    assert "256 KiB" in reason('{text: "{{ data.x }}!"}', {"x": "y" * 300_000})
    assert "larger than 256 KiB" in reason('{json: "{{ data.x }}"}', {"x": "y" * 300_000})


def test_macros_count_as_steps_and_end() -> None:
    macro = "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(30) }}"
    assert "more than 10,000 loop steps" in reason(f'{{text: "{macro}"}}')
    assert reason('{text: "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"}')


def test_comments_without_end_cost_no_more_than_their_length() -> None:
    assert shouted('{text: "{{ data.t | striptags | length }}"}', {"t": "<!-- " * 40_000})["text"]
