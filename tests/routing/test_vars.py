"""Vars: what hides what, when they are computed, and whom a failure hurts."""

from __future__ import annotations

import json
from typing import Any

from router.routing.plan import plan
from tests.routing.rules import event, rules, shouted

CLERK = {"first_name": "Ada", "last_name": None, "email_addresses": [{"id": "e1", "email_address": "a@x.dev"}]}


def texts(text: str, data: Any, source: str = "app") -> list[str]:
    found = plan(rules(text), event(data, source=source)).deliveries
    return [d.reason or str(json.loads(d.params).get("text", json.loads(d.params))) for d in found]


def test_constants_of_the_file_are_any_yaml_and_never_rendered() -> None:
    above = "vars: {channel_of: {acme/web: '#web', items: [1]}, t: '{{ 7*7 }}'}"
    params = '{text: "{{ channel_of[data.repo] | default(\'#dev\') }} {{ t }}", json: "{{ channel_of.items }}"}'
    assert shouted(params, {"repo": "acme/web"}, above=above) == {"text": "#web {{ 7*7 }}", "json": [1]}
    assert shouted(params, {"repo": "other"}, above=above)["text"] == "#dev {{ 7*7 }}"


def test_the_vars_of_a_source_come_with_it() -> None:
    text = """
routes:
  - {name: r, source: clerk, actions: [{shout: {text: "{{ full_name }} {{ primary_email }} {{ primary_phone }}"}}]}
"""
    assert texts(text, CLERK, "clerk") == ["Ada a@x.dev "]
    assert texts(text, {"first_name": None}, "clerk") == ["  "]


def test_a_routes_var_hides_the_sources_and_that_the_files() -> None:
    text = """
vars: {full_name: file, primary_email: file, other: file}
routes:
  - name: r
    source: clerk
    vars: {full_name: "{{ full_name | upper }}!"}
    actions: [{shout: {text: "{{ full_name }} {{ primary_email }} {{ other }}"}}]
"""
    assert texts(text, CLERK, "clerk") == ["ADA! a@x.dev file"]


def test_vars_build_on_those_above_them_and_keep_their_type() -> None:
    text = """
routes:
  - name: r
    vars:
      lines: "{{ data.lines | map(attribute='n') }}"
      sum: "{{ lines | sum }}"
      tree: {total: "{{ sum }}", text: "{{ sum }} in all"}
    actions: [{shout: {json: "{{ [lines, tree] }}"}}, {name: b, shout: {text: "{{ lines | length }}"}}]
"""
    text = text.replace("[{shout", "[{name: a, shout")
    assert texts(text, {"lines": [{"n": 1}, {"n": 2}]}) == [
        "{'json': [[1, 2], {'total': 3, 'text': '3 in all'}]}",
        "2",
    ]


def test_a_failed_var_kills_only_what_uses_it() -> None:
    text = """
routes:
  - name: r
    vars:
      bad: "{{ data.nope }}"
      worse: "{{ bad }}!"
    actions:
      - {name: a, shout: {text: "{{ bad }}"}}
      - {name: b, shout: {text: "fine"}}
      - {name: c, shout: {text: "{{ worse }}"}}
      - {name: d, shout: {text: "fine"}, if: bad}
"""
    why = "routes.yaml:5: `vars.bad`: `data.nope` is missing: `data` has no `nope`"
    assert texts(text, {}) == [
        f"routes.yaml:8: `text`: {why}",
        "fine",
        f"routes.yaml:10: `text`: routes.yaml:6: `vars.worse`: {why}",
        f"routes.yaml:11: `if`: {why}",
    ]


def test_vars_hold_unescaped_values_that_each_field_escapes() -> None:
    text = """
routes:
  - name: r
    vars: {v: "<{{ data.x }}>", link: "{{ 'https://x.dev' | slack_link(data.x) }}"}
    actions: [{shout: {text: "{{ v }}", html: "{{ v }}", mrkdwn: "{{ v }} {{ link }}"}}]
"""
    (made,) = plan(rules(text), event({"x": "&"})).deliveries
    assert json.loads(made.params) == {
        "text": "<&>",
        "html": "&lt;&amp;&gt;",
        "mrkdwn": "&lt;&amp;&gt; <https://x.dev|&amp;>",
    }


def test_a_var_is_computed_once_an_event_and_not_unless_it_is_used() -> None:
    loop = "{% for a in range(9000) %}{% endfor %}x"
    use = ", ".join(f"{{name: a{n}, shout: {{text: '{{{{ v }}}}'}}}}" for n in range(60))
    text = f"routes: [{{name: r, vars: {{v: '{loop}', unused: '{{{{ data.nope }}}}'}}, actions: [{use}]}}]"
    assert texts(text, {}) == ["x"] * 60  # computed each time, the loop steps of the event would not do


def test_a_var_that_is_omitted_is_null() -> None:
    text = "routes: [{name: r, vars: {v: '{{ omit }}'}, actions: [{shout: {json: ['{{ v }}']}}]}]"
    assert texts(text, {}) == ["{'json': [None]}"]
