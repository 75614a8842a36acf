"""What each kind of field does with values, hostile ones first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.rules import event, faults_of, reason, shouted

HOSTILE = "<!channel> & {{ 7*7 }} <b>'\""


def test_a_text_is_not_escaped_and_never_rendered_a_second_time() -> None:
    assert shouted('{text: "{{ data.x }}"}', {"x": HOSTILE}) == {"text": HOSTILE}
    assert shouted('{text: "hi {{ data.x }}"}', {"x": HOSTILE}) == {"text": f"hi {HOSTILE}"}


@pytest.mark.parametrize("template", ["{{ data.x }}", "{{ data.x }}{{ '' }}"])
def test_slack_markup_escapes_what_would_ping_or_link(template: str) -> None:
    made = shouted(f'{{mrkdwn: "{template}"}}', {"x": "<!channel> & <@U1>"})
    assert made == {"mrkdwn": "&lt;!channel&gt; &amp; &lt;@U1&gt;"}


def test_the_authors_own_markup_stays_around_an_escaped_value() -> None:
    assert shouted('{mrkdwn: "*{{ data.x }}* <!here>"}', {"x": "<a>"}) == {"mrkdwn": "*&lt;a&gt;* <!here>"}


@pytest.mark.parametrize("template", ["{{ data.x }}", "<p>{{ data.x }}</p>"])
def test_html_escapes_values(template: str) -> None:
    made = shouted(f'{{html: "{template}"}}', {"x": "<script>\"'&"})
    assert made["html"] == template.replace("{{ data.x }}", "&lt;script&gt;&#34;&#39;&amp;")


def test_raw_is_for_those_who_know_what_they_send() -> None:
    data = {"x": "<b>&</b>"}
    assert shouted('{html: "{{ data.x | raw }}!"}', data)["html"] == "<b>&</b>!"
    assert shouted('{mrkdwn: "{{ data.x | raw }}!"}', data)["mrkdwn"] == "<b>&</b>!"
    assert shouted('{text: "{{ data.x | raw }}!"}', data)["text"] == "<b>&</b>!"


@pytest.mark.parametrize("field", ["url", "path", "header"])
def test_raw_is_refused_where_it_would_open_a_hole(field: str) -> None:
    (found,) = faults_of(f'{{{field}: "/x{{{{ data.x | raw }}}}"}}')
    assert f"`raw` is not for a field of {field}" in found


def test_html_made_by_macros_and_set_blocks_is_escaped_once() -> None:
    macro = "{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}"
    template = macro + "{% set s %}<i>{{ data.x }}</i>{% endset %}{{ b(data.x) }}{{ s }}"
    assert shouted(f'{{html: "{template}"}}', {"x": "<"})["html"] == "<b>&lt;</b><i>&lt;</i>"


def test_joining_markup_escapes_what_is_joined_to_it() -> None:
    assert shouted("""{mrkdwn: "{{ ('*' | raw) ~ data.x }}"}""", {"x": "<!here>"})["mrkdwn"] == "*&lt;!here&gt;"
    assert shouted("""{html: "{{ [('<br>' | raw), data.x] | join('<') }}"}""", {"x": "<i>"})["html"] == (
        "<br>&lt;&lt;i&gt;"
    )


def test_a_slack_link_cannot_be_turned_into_a_mention() -> None:
    template = '{mrkdwn: "{{ data.url | slack_link(data.label) }}"}'
    assert shouted(template, {"url": "https://x.dev/?a=1&b=2|<", "label": "a|b<!here>\nc"})["mrkdwn"] == (
        "<https://x.dev/?a=1&amp;b=2%7C&lt;|a¦b&lt;!here&gt; c>"
    )
    assert shouted(template, {"url": "!channel", "label": "hi"})["mrkdwn"] == "hi"
    assert shouted(template, {"url": "@U1", "label": None})["mrkdwn"] == "@U1"


def test_a_slack_link_is_no_html() -> None:
    assert shouted("""{html: "{{ 'https://x.dev' | slack_link('x') }}"}""")["html"] == "&lt;https://x.dev|x&gt;"


def test_a_value_inside_an_address_is_percent_encoded_with_its_slashes() -> None:
    made = shouted('{url: "https://x.dev/u/{{ data.x }}?q={{ data.x }}"}', {"x": "a/b?c&d e@f"})
    assert made["url"] == "https://x.dev/u/a%2Fb%3Fc%26d%20e%40f?q=a%2Fb%3Fc%26d%20e%40f"


def test_a_whole_address_stays_as_it_is_and_must_be_http() -> None:
    assert shouted('{url: "{{ data.x }}"}', {"x": "https://x.dev/a?b=c/d"})["url"] == "https://x.dev/a?b=c/d"
    for bad in (
        "javascript:alert(1)",
        "//x.dev",
        "x",
        "",
        "http://",
        "https://x y/",
        "https://x\r\n/",
        "https://x\\y",
    ):
        assert "is not an http(s) address" in reason('{url: "{{ data.x }}"}', {"x": bad})


def test_an_address_that_begins_with_a_value_says_what_is_wrong() -> None:
    assert "percent-encoded" in reason('{url: "{{ data.x }}/more"}', {"x": "https://x.dev"})


@pytest.mark.parametrize("step", ["..", ".", "%2e%2e"])
def test_a_value_cannot_climb_out_of_its_path(step: str) -> None:
    if step != "%2e%2e":  # the percent sign is encoded, so this one is harmless
        assert "`.` or `..`" in reason('{path: "/users/{{ data.x }}"}', {"x": step})
    assert "`.` or `..`" in reason('{path: "{{ data.x }}"}', {"x": f"/users/{step}/admin"})


def test_a_path_starts_with_one_slash() -> None:
    assert shouted('{path: "/users/{{ data.x }}"}', {"x": "a/../b"})["path"] == "/users/a%2F..%2Fb"
    for bad in ("//evil.dev", "https://evil.dev", "users", "/a\\b", "/a b", "/a\nb"):
        assert "is not a path" in reason('{path: "{{ data.x }}"}', {"x": bad})


@pytest.mark.parametrize("bad", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "\x7f"])
def test_a_header_holds_no_line_breaks_and_no_control_characters(bad: str) -> None:
    assert "a header cannot hold" in reason('{header: "{{ data.x }}"}', {"x": bad})
    assert "a header cannot hold" in reason('{headers: {X-A: "v {{ data.x }}"}}', {"x": bad})


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5"), (True, "true"), (1.5, "1.5"), (None, ""), (2**63, "9223372036854775808")]
)
def test_a_field_of_text_turns_plain_values_into_text(value: Any, text: str) -> None:
    assert shouted('{text: "<{{ data.x }}>"}', {"x": value}) == {"text": f"<{text}>"}
    assert shouted('{to: ["{{ data.x }}"]}', {"x": value})["to"] == [text]


def test_a_time_becomes_iso_text() -> None:
    assert shouted('{text: "{{ event.time }}", json: "{{ event.received_at }}"}') == {
        "text": "2026-11-23T12:30:00.250Z",
        "json": "2026-11-23T12:30:00.250Z",
    }


@pytest.mark.parametrize("value", [[1], {"a": 1}, []])
def test_a_list_or_mapping_in_a_text_is_an_error(value: Any) -> None:
    assert "cannot stand in a field of text" in reason('{text: "{{ data.x }}"}', {"x": value})
    assert "cannot stand in a text" in reason('{text: "x {{ data.x }}"}', {"x": value})


def test_an_optional_field_takes_null_as_null() -> None:
    assert shouted('{text: "{{ data.x }}", count: 1}', {"x": None}) == {"text": None, "count": 1}


def test_a_tree_escapes_each_text_by_its_own_kind() -> None:
    params = """
blocks:
  - type: section
    text: {type: mrkdwn, text: "*{{ data.x }}*"}
  - type: header
    text: {type: plain_text, text: "{{ data.x }}", emoji: true}"""
    assert shouted(params, {"x": "<!here>"})["blocks"] == [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*&lt;!here&gt;*"}},
        {"type": "header", "text": {"type": "plain_text", "text": "<!here>", "emoji": True}},
    ]


def test_a_tree_that_comes_whole_from_the_event_is_escaped_too() -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}}]
    assert shouted('{blocks: "{{ data.b }}"}', {"b": blocks})["blocks"][0]["text"]["text"] == "&lt;!here&gt;"


def test_keys_are_constants() -> None:
    assert "names of keys are constants" in faults_of('{json: {"{{ data.x }}": 1}}')[0]
    assert "its keys are constants" in faults_of('{headers: "{{ data.x }}"}')[0]
    assert "a template cannot stand here" in faults_of('{table: "{{ data.x }}"}')[0]


def test_a_field_that_takes_one_or_many_goes_by_the_value() -> None:
    assert shouted('{to: "{{ data.x }}"}', {"x": ["a", 5]})["to"] == ["a", "5"]
    assert shouted('{to: "{{ data.x }}"}', {"x": "a"})["to"] == "a"
    assert "a mapping" in reason('{to: "{{ data.x }}"}', {"x": {"a": 1}})


@pytest.mark.parametrize("field", ["text", "html", "mrkdwn", "header", "json"])
def test_half_a_surrogate_pair_makes_one_dead_delivery(field: str) -> None:
    assert reason(f'{{{field}: "{{{{ data.x }}}}"}}', {"x": "a\ud800"})


def test_nul_and_large_numbers_pass_through_json_unharmed() -> None:
    tree = {"nul": "\x00", "big": 2**63, "items": [{"keys": None}], "values": {"get": 1}}
    assert shouted('{json: "{{ data }}"}', tree)["json"] == tree


def test_infinity_is_no_json() -> None:
    assert "inf" in reason('{json: "{{ data.x }}"}', {"x": float("inf")})


def test_headers_are_found_in_any_case() -> None:
    of = event({}, headers=(("x-foo", "1"), ("X-Foo", "2")), query=(("Tab", "a"),))
    assert shouted("{text: \"{{ headers['X-FOO'] }}{{ query.tab }}{{ 'X-foo' in headers }}\"}", of=of) == {
        "text": "2atrue"
    }
