"""LANGUAGE.md, "Templates"."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.language.town import (
    HEAD,
    clerk,
    dead,
    faults,
    file_faults,
    happened,
    json_of,
    load,
    params,
    plan,
    sent,
    text_of,
    usable,
)


def slack(text: str, data: Any) -> str:
    """Return the text of a Slack message."""
    found = params(f"- name: r\n  actions: [{{slack: {{text: {text}}}, destination: slack}}]\n", happened(data))
    return str(found["text"])


def mail(html: str, data: Any) -> str:
    """Return the HTML of a mail."""
    return str(
        params(f"- name: r\n  actions: [{{resend: {{to: a@b.c, subject: x, html: {html}}}}}]\n", happened(data))[
            "html"
        ]
    )


def failed(text: str, data: Any) -> str:
    """Return why a text of `http` is dead."""
    return dead(f"- name: r\n  actions:\n    - http: {{path: /x, body: {text}}}\n", happened(data))


def wrong(text: str) -> list[str]:
    """Return what is wrong with a text, which stands on line 3 from column 30 on."""
    return faults(f"- name: r\n  actions:\n    - http: {{path: /x, body: {text}}}\n")


def test_an_undefined_name_is_an_error_at_load_and_a_missing_member_one_delivery() -> None:
    (said,) = wrong('"{{ user.email }}"')
    assert said.startswith("3:36 unknown-name: `user` is not defined here (a member of the event is `data.user`")
    assert failed('"{{ data.user.email }}"', {"user": {}}) == (
        "routes.yaml:16: `body`: `data.user.email` is missing: `data.user` has no `email`"
    )
    assert "`data` has no `user`" in failed('"{{ data.user.email }}"', {})
    assert "null" in failed('"{{ data.user.email }}"', {"user": None})


@pytest.mark.parametrize("data", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": {"b": {"c": None}}}])
def test_default_takes_missing_at_any_depth_and_null(data: Any) -> None:
    assert text_of("\"{{ data.a.b.c | default('x') }}\"", data) == "x"


def test_omit_drops_the_key_and_null_is_empty_in_text() -> None:
    assert json_of("{a: '{{ data.x or omit }}', b: '{{ data.y }}'}", {"x": None, "y": None}) == {"b": None}
    assert json_of("['{{ omit }}', 1]", {}) == [1]
    assert text_of('"Hello {{ data.name }}!"', {"name": None}) == "Hello !"
    assert slack('"Hello{{ data.name if data.name }}"', {"name": None}) == "Hello"


def test_the_names() -> None:
    text = (
        "- name: the-route\n  vars: {v: '{{ data.n + 1 }}'}\n  actions:\n    - http:\n        path: /x\n"
        "        json: ['{{ event.id }}', '{{ event.type }}', '{{ event.source }}', '{{ event.time }}',\n"
        "          '{{ event.received_at }}', '{{ data.n }}', '{{ payload.type }}',\n"
        "          \"{{ headers['USER-agent'] }}\", '{{ route }}', '{{ v }}']\n"
    )
    assert params(text, happened({"n": 1}), headers=[("User-Agent", "me")])["json"] == [
        *("msg_1", "thing.made", "app", "2026-11-23T12:00:00.000Z", "2026-11-23T12:30:00.250Z"),
        *(1, "thing.made", "me", "the-route", 2),
    ]


VARS = (
    HEAD
    + "vars: {a: file, b: file, c: file, channel_of: {acme/web: '#web'}}\n"
    + "routes:\n  - name: r\n    source: billing\n"
    + "    vars: {c: route, d: '{{ a }}-{{ b }}-{{ c }}', e: '<{{ d }}>'}\n"
    + "    actions: [{http: {path: /x, body: '{{ e }}'}}]\n"
).replace("sources:\n", "sources:\n  billing: {verify: none, id: $.id, data: $, vars: {b: source, c: source}}\n")


def test_a_routes_var_hides_the_sources_and_that_the_files() -> None:
    ruleset = usable(load(VARS))
    (made,) = ruleset.plan(sent(ruleset, "billing", {})).deliveries
    assert b"<file-source-route>" in made.params


def test_a_failed_var_kills_only_the_deliveries_that_use_it() -> None:
    text = (
        "- name: r\n  vars: {bad: '{{ data.none }}'}\n  actions:\n"
        "    - {name: a, http: {path: /x, body: '{{ bad }}'}}\n    - {name: b, http: {path: /x}}\n"
    )
    one, two = plan(text, happened({})).deliveries
    assert (one.state, two.state) == ("dead", "ready")
    assert "`vars.bad`" in (one.reason or "")


def test_vars_hold_unescaped_values() -> None:
    text = (
        "- name: r\n  vars: {v: '{{ data.x }}'}\n  actions:\n"
        "    - {name: a, slack: {text: '{{ v }}'}, destination: slack}\n"
        "    - {name: b, http: {path: /x, body: '{{ v }}'}}\n"
    )
    one, two = plan(text, happened({"x": "<!channel>"})).deliveries
    assert b"&lt;!channel&gt;" in one.params
    assert b'"<!channel>"' in two.params


@pytest.mark.parametrize("value", [1, 1.5, True, None, "a", [1, {"b": None}], {"a": [1]}])
def test_a_whole_expression_keeps_its_type(value: Any) -> None:
    assert json_of('"{{ data.x }}"', {"x": value}) == value


@pytest.mark.parametrize(("value", "text"), [(1, "x1"), (True, "xtrue"), (1.5, "x1.5"), (None, "x"), ("a", "xa")])
def test_anything_else_is_text(value: Any, text: str) -> None:
    assert json_of('"x{{ data.x }}"', {"x": value}) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (True, "true"), ("{{ event.time }}", "2026-11-23T12:00:00.000Z")]
)
def test_text_fields_turn_numbers_booleans_and_times_into_text(value: Any, text: str) -> None:
    if isinstance(value, str):
        assert text_of(f'"{value}"', {}) == text
    else:
        assert text_of('"{{ data.x }}"', {"x": value}) == text
        assert text_of(str(value).lower(), {}) == text


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_a_list_or_mapping_in_a_text_field_is_an_error(value: Any) -> None:
    assert "cannot stand in a field of text" in failed('"{{ data.x }}"', {"x": value})
    (said,) = wrong(str(value).replace("'", ""))
    assert "`body` must be a text, not a " in said


def test_values_are_never_parsed_again() -> None:
    assert json_of("{a: '{{ data.x }}', b: 'y {{ data.x }}'}", {"x": "{{ data }}"}) == {
        "a": "{{ data }}",
        "b": "y {{ data }}",
    }
    assert json_of("'{{ data.x }}'", {"x": '{"a": 1}'}) == '{"a": 1}'


def test_an_element_of_a_list_becomes_one_for_each_item() -> None:
    value = "[0, {for_each: data.items, as: line, value: {n: '{{ line.n }}', i: '{{ index }}'}}, 9]"
    assert json_of(value, {"items": [{"n": 5}, {"n": 6}]}) == [0, {"n": 5, "i": 0}, {"n": 6, "i": 1}, 9]


def test_slack_markup_pings_nobody() -> None:
    assert slack('"<{{ data.n }}> & x"', {"n": "<!channel> & co"}) == "<&lt;!channel&gt; &amp; co> & x"
    text = (
        "- name: r\n  actions:\n    - slack:\n        blocks:\n"
        "          - {type: section, text: {type: mrkdwn, text: '{{ data.n }}'}}\n"
        "          - {type: header, text: {type: plain_text, text: '{{ data.n }}'}}\n"
        "      destination: slack\n"
    )
    one, two = params(text, happened({"n": "<!here>"}))["blocks"]
    assert one["text"]["text"] == "&lt;!here&gt;"
    assert two["text"]["text"] == "<!here>"


def test_html_is_escaped_and_raw_is_not() -> None:
    assert mail('"<b>{{ data.n }}</b>"', {"n": "<i>"}) == "<b>&lt;i&gt;</b>"
    assert mail('"<b>{{ data.n | raw }}</b>"', {"n": "<i>"}) == "<b><i></b>"
    assert mail('"{{ data.n }}"', {"n": "<i>"}) == "&lt;i&gt;"


def test_an_address_percent_encodes_the_values_inside_it() -> None:
    text = "- name: r\n  actions:\n    - http: {url: '%s'}\n      destination: web\n"
    inside = text % "http://localhost:3000/u/{{ data.id }}?q={{ data.q }}"
    assert params(inside, happened({"id": "a/b c", "q": "x&y=1"}))["url"] == (
        "http://localhost:3000/u/a%2Fb%20c?q=x%26y%3D1"
    )
    assert params(text % "{{ data.url }}", happened({"url": "http://other.example/x?a=b"}))["url"] == (
        "http://other.example/x?a=b"
    )
    assert "is not an http(s) address" in dead(text % "{{ data.url }}", happened({"url": "ftp://x"}))
    path = "- name: r\n  actions: [{http: {path: '/u/{{ data.id }}'}}]\n"
    assert params(path, happened({"id": "a/../b"}))["path"] == "/u/a%2F..%2Fb"
    assert "leads elsewhere" in dead(path, happened({"id": ".."}))


def test_a_host_that_the_event_chooses_must_be_allowed() -> None:
    (said,) = faults("- name: r\n  actions: [{http: {url: 'https://evil.example/x'}, destination: web}]\n")
    assert "evil.example is not the destination's host, and not in its `allow_hosts`" in said
    (said,) = file_faults(
        "sources: {a: {verify: none, id: $.id}}\nroutes: [{name: r, actions: [{http: {url: '{{ data }}'}}]}]\n"
    )
    assert "name the hosts it may be in `allow_hosts`" in said


def test_a_header_holds_no_line_break() -> None:
    text = "- name: r\n  actions: [{http: {path: /x, headers: {X-A: '{{ data.x }}'}}}]\n"
    assert params(text, happened({"x": "ok"}))["headers"] == {"X-A": "ok"}
    assert "a header cannot hold line breaks" in dead(text, happened({"x": "a\r\nB: c"}))


@pytest.mark.parametrize(
    "written",
    [
        "sql: {upsert: '{{ data.t }}', key: id, values: {id: 1}}",
        "sql: {upsert: t, key: id, values: {id: 1, '{{ data.c }}': 1}}",
        "http: {path: /x, headers: {'{{ data.x }}': 1}}",
        "http: {path: /x, method: '{{ data.m }}'}",
    ],
)
def test_names_of_tables_columns_and_headers_are_never_templates(written: str) -> None:
    (said,) = faults(f"- name: r\n  actions: [{{{written}}}]\n")
    assert " constant: " in said


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("'12.50' | number", 12.5),
        ("1250 | money('EUR')", "12.50 EUR"),
        ("1763900000 | datetime", "2025-11-23T12:13:20.000Z"),
        ("1763900000000 | datetime", "2025-11-23T12:13:20.000Z"),
        ("'2025-11-23T13:13:20+01:00' | datetime", "2025-11-23T12:13:20.000Z"),
        ("1763900000 | date('%d.%m.%Y')", "23.11.2025"),
        ("{'a': 1} | json", '{"a":1}'),
        ("'a' | sha256", hashlib.sha256(b"a").hexdigest()),
        ("['a', none, 'b'] | join('-')", "a--b"),
        ("data.x | upper", "HI"),
    ],
)
def test_filters(expression: str, result: Any) -> None:
    assert json_of(f'"{{{{ {expression} }}}}"', {"x": "hi"}) == result


def test_a_link_in_slack() -> None:
    assert slack("\"{{ data.u | slack_link('a<b') }}\"", {"u": "https://x.dev/?a=1&b=2"}) == (
        "<https://x.dev/?a=1&amp;b=2|a&lt;b>"
    )


def test_text_and_html_take_a_file_and_blocks_are_trimmed() -> None:
    Path("mails").mkdir()
    Path("mails/hello.html").write_text("{% for x in data.list %}\n  <p>{{ x }}</p>\n{% endfor %}\n")
    assert mail("{file: mails/hello.html}", {"list": ["<a>", "b"]}) == "  <p>&lt;a&gt;</p>\n  <p>b</p>\n"


def test_the_vars_of_a_provider_belong_to_its_source() -> None:
    text = "- name: r\n  source: clerk\n  actions: [{http: {path: /x, body: '{{ primary_email }}'}}]\n"
    assert params(text, clerk(), "clerk")["body"].count("@") == 1
    (said,) = faults(text.replace("  source: clerk\n", ""))
    assert "`primary_email` is a var of the source `clerk` only" in said
