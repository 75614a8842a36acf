"""Templates and conditions that would make giants of an ordinary payload end at once, and in little memory."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest

from tests.routing.rules import deliveries, event, shout

MIB = 2**20
PAYLOAD: dict[str, Any] = {
    "s": "a" * (MIB // 2),
    "lines": "\n" * (MIB // 2),
    "form": "%(a)s" * 50_000,
    "wide": "%(a)999d" * 50_000,
    "xs": list(range(100_000)),
    "objs": [{"a": i % 7, "b": {"c": str(i)}} for i in range(20_000)],
    "texts": ["ab" * 10] * 20_000,
    "html": "<" * 300_000,
}


def ends(template: str) -> str:
    """Plan an event by a template, within bounds; return the reason of a dead one, or ''."""
    tracemalloc.start()
    began = time.process_time()
    try:
        made = shout("\ntext: >-\n  x" + template, PAYLOAD)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 100 * MIB
    assert time.process_time() - began < 20  # it is half a second at most; tracing is slow, and machines are busy
    return made.reason or ""


@pytest.mark.parametrize(
    "template",
    [
        "{{ '%(a)999999999d' | format(a=1) }}",
        "{{ data.form | format(a=data.s) | length }}",
        "{{ data.wide | format(a=1) | length }}",
        "{{ '%s' | format(data.xs) ~ data.form | format(a=data.xs) }}",
        "{{ '%(a(b)c)999999999d' | format(**{'a(b)c': 1}) }}",
        "{{ data.lines | indent(999) | length }}",
        "{{ data.lines | indent(width=data.s, first=true) | length }}",
        "{{ data.texts | map('indent', 999, true) | map('indent', 999, true) | join | length }}",
        "{{ (data.texts | join(' '))[:9999] | wordwrap(1, wrapstring=data.s) | length }}",
        "{{ data.s | replace('a', data.s) }}",
        "{{ data.texts | map('replace', 'a', data.s) | list | length }}",
        "{{ data.texts | join(data.s) | length }}",
        "{{ data.s.join(data.texts) | length }}",
        "{{ data.html | forceescape | forceescape | forceescape | forceescape | length }}",
        "{% for a in range(9000) %}{{ data.s }}{% endfor %}",
        "{% filter upper %}{% for i in range(5000) %}{{ data.s }}{% endfor %}{% endfilter %}",
    ],
)
def test_a_giant_is_never_made(template: str) -> None:
    assert ends(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ data.xs | sort | unique | list | length }}",
        "{{ data.objs | sort(attribute='b.c') | map(attribute='b.c') | unique | join | length }}",
        "{{ data.objs | groupby('b.c') | map('first') | list | length }}",
        "{{ data.objs | selectattr('a', 'in', data.xs) | list | length }}",
        "{{ data.xs | map('json') | map('json') | list | length }}",
        "{{ data.xs | batch(1000, data.s) | list | length }} {{ data.xs | slice(1000, data.s) | list | length }}",
        "{{ data | json | json | json | length }}",
        "{{ data.xs | map('default', data.s) | map('string') | join | length }}",
    ],
)
def test_filters_over_filters_end(template: str) -> None:
    ends(template)


@pytest.mark.parametrize(
    "where",
    [
        "data.xs.*: {in: [" + ", ".join(map(str, range(100_000, 120_000))) + "]}",
        "data.objs.*: {in: [" + ", ".join(f"{{a: {i}}}" for i in range(2_000)) + "]}",
        "'$..*..*..*': 'nothing'",
        "'$..[?(@..* && @..*)]..*': 'nothing'",
        "data.s: {matches: '(a+)+b'}",
        "data.s: {search: '(a|aa)+b'}",
        "data.texts.*: {matches: '(a{1,20}){1,20}b'}",
    ],
)
def test_a_condition_over_a_large_payload_ends(where: str) -> None:
    of = event(PAYLOAD)
    text = f"routes:\n  - name: r\n    where:\n      {where}\n    actions: [{{shout: {{text: x}}}}]\n"
    began = time.process_time()
    assert deliveries(text, of) == ()
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("constants", "data", "holds"),
    [
        ("[1, 'x']", 1.0, True),
        ("[1, 'x']", True, False),
        ("[true, [1]]", 1, False),
        ("[[1, {a: 2}], 3]", [1.0, {"a": 2}], True),
        ("[[1, {a: 2}], 3]", [True, {"a": 2}], False),
        ("[{a: [], b: null}]", {"b": None, "a": []}, True),
        ("[{a: [], b: null}]", {"a": []}, False),
        ("['x', 3]", ["x"], False),
    ],
)
def test_a_list_of_constants_compares_as_equality_does(constants: str, data: Any, holds: bool) -> None:
    text = f"routes:\n  - name: r\n    where: {{data.v: {constants}}}\n    actions: [{{shout: {{text: x}}}}]\n"
    assert bool(deliveries(text, event({"v": data}))) is holds
