"""LANGUAGE.md, "Templates": the mistakes in them, in plain words and at their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.town import HEAD, dead, faults, happened, load


def wrong(text: str) -> list[str]:
    """Return what is wrong with a text, which stands on line 3 from column 32 on."""
    return faults(f"- name: r\n  actions:\n    - http: {{path: /x, body: {text}}}\n")


def test_a_mistake_in_a_file_is_told_in_the_file() -> None:
    Path("hello.html").write_text("<p>\n  Hello {{ primary_emial }}\n</p>\n")
    text = "- name: r\n  source: clerk\n  actions: [{resend: {to: a@b.c, subject: x, html: {file: hello.html}}}]\n"
    (problem,) = load(HEAD + "routes:\n" + text).problems
    assert (str(problem.mark), problem.hint) == ("hello.html:2:12", "did you mean `primary_email`?")
    (said,) = faults(text.replace("hello.html", "hallo.html"))
    assert "unreadable-file: `html`: the file hallo.html does not exist" in said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ data.x | uper }}", "unknown-filter: there is no filter `uper` (did you mean `upper`?)"),
        ("{{ event.tipe }}", "unknown-name: `event` has no `tipe` (did you mean `type`?)"),
        ("{{ evnt.type }}", "unknown-name: `evnt` is not defined here (did you mean `event`?)"),
        ("{{ vars.x }}", "unknown-name: `vars` is not defined here (a var is named without `vars.`)"),
        ("{{ item.x }}", "unknown-name: `item` is not defined here (it is known under `for_each` only)"),
        (
            "{% if data.x %}yes",
            "template-syntax: the template is faulty: `{% if %}` is not closed (write `{% endif %}` behi",
        ),
        (
            "{% for x in data.y %}{{ x }}",
            "template-syntax: the template is faulty: `{% for %}` is not closed (write `{% en",
        ),
        (
            "{% if data.x %}{% endfor %}",
            "template-syntax: the template is faulty: `{% endfor %}` cannot stand here: the op",
        ),
        (
            "{% endif %}",
            "template-syntax: the template is faulty: `{% endif %}` stands outside of the block it belongs to",
        ),
        (
            "{% iff data.x %}{% endif %}",
            "template-syntax: the template is faulty: there is no tag `iff` (did you mean `if`?",
        ),
        ("hello {{ data.x", "template-syntax: the template is faulty: this `{{` is not closed by `}}`"),
        ("hello {{ data.x }", "template-syntax: the template is faulty: this `{{` is not closed by `}}`"),
        ("hello {% if data.x", "template-syntax: the template is faulty: this `{%` is not closed by `%}`"),
        (
            "{{ }}",
            "template-syntax: the template is faulty: an expression is missing (write a value, such as `data.id`)",
        ),
        ("{{ data.x | default(none }}", "template-syntax: the template is faulty: a `)` is missing"),
        (
            "{{ data.first name }}",
            "template-syntax: the template is faulty: something follows the expression (put an op",
        ),
        ("{{ data['x }}", "template-syntax: the template is faulty: this text is never closed by another `'`"),
        (
            "{{ data.x ? 1 : 2 }}",
            "template-syntax: the template is faulty: `?` cannot stand here (write `a if condition els",
        ),
        ("{{ data.x && data.y }}", "template-syntax: the template is faulty: there is no `&&` here (write `and`)"),
        (
            "{{ $.data.x }}",
            "template-syntax: the template is faulty: `$` cannot stand here (a JSONPath is for `where`: he",
        ),
        (
            "{% set x = 1 %}{{ data.x = 1 }}",
            "template-syntax: the template is faulty: `=` compares nothing (write `==`)",
        ),
        (
            "{% include 'x' %}",
            "template-syntax: `include` is not available (use {file: path} as the value of the field)",
        ),
        ("{{ data.x | random }}", "unknown-filter: there is no filter `random`"),
    ],
)
def test_a_mistake_in_a_template_is_told_in_plain_words(text: str, found: str) -> None:
    (said,) = wrong(f'"{text}"')
    assert said.split(" ", 1)[1].startswith(found), said


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a {{ data.x && data.y }}", "&&"),
        ("a {{ data['&&'] && data.y }}", "&& data.y"),
        ("{{ data.x }} {% if data.x %}", "if data.x %}"),
        ("{{ data.x ? 1 }}", "?"),
    ],
)
def test_a_mistake_in_a_template_is_told_where_it_stands(text: str, word: str) -> None:
    (said,) = wrong(f'"{text}"')
    assert said.startswith(f"3:{33 + text.index(word)} "), said


def test_a_name_with_a_dash_stands_in_brackets() -> None:
    (said,) = wrong('"{{ headers.X-Foo }}"')
    assert "a name with a dash stands in brackets: headers['X-Foo']" in said


def test_a_mistake_in_a_block_is_told_in_its_line() -> None:
    (said,) = faults("- name: r\n  actions:\n    - http:\n        path: /x\n        body: |\n          hello\n"
                     "          dear {{ data.x && data.y }}\n")  # fmt: skip
    assert said.startswith("7:28 template-syntax: the template is faulty: there is no `&&` here")


def test_there_is_no_now() -> None:
    (said,) = wrong('"{{ now() }}"')
    assert "`now` is not defined here" in said
    assert "use `event.received_at`" in said


@pytest.mark.parametrize(
    ("vars_", "found"),
    [
        ("{data: 1}", "`data` is a name of its own in templates"),
        ("{item: 1}", "`item` is a name of its own"),
        ("{delivery: 1}", "`delivery` is a name of its own"),
        ("{omit: 1}", "`omit` is a name of its own"),
        ("{my-var: 1}", "`my-var` cannot be used in a template"),
        ("{x: '{{ y }}', y: 1}", "`y` is not defined here"),
    ],
)
def test_reserved_names_and_later_vars_cannot_be_used(vars_: str, found: str) -> None:
    (said,) = faults(f"- name: r\n  vars: {vars_}\n  actions: [{{http: {{path: /x}}}}]\n")
    assert found in said


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ data.__class__.__mro__ }}",
        "{{ range(999999999) | list }}",
        "{{ 'x' * 999999999 }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        "{{ 9 ** 9999999 }}",
    ],
)
def test_a_template_that_goes_too_far_is_one_dead_delivery(text: str) -> None:
    assert dead(f'- name: r\n  actions: [{{http: {{path: /x, body: "{text}"}}}}]\n', happened({"a": 1}))
