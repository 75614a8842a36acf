"""Fields that templates name and no sample has."""

from __future__ import annotations

import re

import pytest

from tests.lint.asked import post, told

CODE = "unknown-field"


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        (
            "{{ data.emial_addresses }}",
            "no sample of clerk user.created has `data.emial_addresses`",
            "data.email_addresses",
        ),
        (
            "hello {{ data.first_nam | default(1) }}",
            "no sample of clerk user.created has `data.first_nam`",
            "data.first_name",
        ),
        (
            "{{ data.email_addresses[0].email }}",
            "no sample of clerk user.created has `data.email_addresses[0].email`",
            "data.email_addresses[0].email_address",
        ),
        (
            "{{ data.email_addresses.email_address }}",
            "`data.email_addresses` is a list in every sample of clerk user.created: it has no `email_address`",
            "data.email_addresses[0].email_address",
        ),
        ("{{ data.email }}", "no sample of clerk user.created has `data.email`", "primary_email"),
        (
            "{{ data.timestamp }}",
            "no sample of clerk user.created has `data.timestamp`",
            "payload.timestamp",
        ),
        (
            "{{ payload.email_addresses }}",
            "no sample of clerk user.created has `payload.email_addresses`",
            "data.email_addresses",
        ),
        (
            "{% for e in data.email_addresses %}{{ e.emial_address }}{% endfor %}",
            "no sample of clerk user.created has `data.email_addresses[0].emial_address`",
            "data.email_addresses[0].email_address",
        ),
        (
            "{% set u = data %}{{ u.first_nam }}",
            "no sample of clerk user.created has `data.first_nam`",
            "data.first_name",
        ),
        (
            '{{ data.email_addresses | map(attribute="adress") | join }}',
            "no sample of clerk user.created has `data.email_addresses[0].adress`",
            None,
        ),
        (
            "{{ (data.email_addresses | first).verfication.status }}",
            "no sample of clerk user.created has `data.email_addresses[0].verfication`",
            "data.email_addresses[0].verification",
        ),
        (
            "{{ data.id.first }}",
            "`data.id` is a text in every sample of clerk user.created: it has no `first`",
            None,
        ),
    ],
)
def test_a_name_that_no_sample_has_is_told_at_its_place(template: str, message: str, hint: str | None) -> None:
    hinted = f" (did you mean `{hint}`?)" if hint else ""
    name = re.split(r"\W+", message.strip("`"))[-1]
    assert told(post(template), CODE) == [f"5 `{name}` {CODE}: {message}{hinted}"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ data.id }} {{ data.email_addresses[0].verification.status }}",
        "{{ data.public_metadata.plan }} {{ data.unsafe_metadata.a.b.c }} {{ data.private_metadata.x }}",
        "{{ data.external_accounts[0].provider }} {{ data.username.first }}",
        "{{ data.nothing_like_it | default(1) }}",
        "{{ data.nothing_like_it if data.nothing_like_it is defined }}",
        "{% if data.nothing_like_it is defined %}{{ data.nothing_like_it.x }}{% endif %}",
        "{{ data.first_name.upper() }} {{ data.email_addresses | length }} {{ event.id }} {{ event.time.year }}",
        "{{ data.get(event.type) }} {{ data[event.type] }} {{ data.email_addresses[-1].id }}",
        '{{ data.email_addresses | selectattr("primary", "defined") | list | length }}',
        '{{ data.email_addresses | map(attribute="label", default=1) | join }}',
        "{% for k, v in data.items() %}{{ k }}{{ v.x }}{% endfor %}",
        "{% macro m(data) %}{{ data.whatever }}{% endmacro %}{{ m(event) }}",
        "{% for e in data.email_addresses %}{{ loop.index }}{{ loop.first }}{% endfor %}",
        "{{ primary_email }} {{ full_name or data.id }} {{ (primary_email or event.id).x | default(1) }}",
        '{{ {"a": 1}.a }} {{ [1, 2][0] }}',
    ],
)
def test_what_may_well_be_there_is_not_told(template: str) -> None:
    assert told(post(template.replace("'", '"')), CODE) == []


def test_a_field_that_one_of_the_types_has_is_not_unknown() -> None:
    assert told(post("{{ data.first_name }}", "[user.created, user.deleted]"), CODE) == []
    assert told(post("{{ data.first_name }}", "user.deleted"), CODE) == [
        f"5 `first_name` {CODE}: no sample of clerk user.deleted has `data.first_name`"
    ]


def test_where_types_have_no_samples_only_a_slip_of_the_pen_is_told() -> None:
    assert told(post("{{ data.invited_by }} {{ data.role }}", "'*'", "github"), CODE) == []
    assert told(post("{{ data.head_comit }}", "'*'", "github"), CODE) == [
        f"5 `head_comit` {CODE}: no sample of github ping, pull_request.opened or push has `data.head_comit` "
        "(did you mean `data.head_commit`?)"
    ]
    assert told(post("{{ data.commit }}", "'*'", "github"), CODE) == []


def test_types_and_sources_without_samples_are_not_judged() -> None:
    assert told(post("{{ data.anything }}", "issues.opened", "github"), CODE) == []
    assert told(post("{{ data.anything }}", "thing.made", "app"), CODE) == []


def test_what_a_sender_sends_sometimes_is_not_unknown() -> None:
    text = "{{ data.organization.login }} {{ data.repository.visibility }} {{ data.installation.id }}"
    assert told(post(text, "push", "github"), CODE) == []
    assert told(post("{{ data.line_items[0].pre_tax_price }}", "orders/create", "shopify"), CODE) == []
    assert (
        told(post("{{ data.expires_at | default('') }}".replace("'", '"'), "'*'"), CODE) == []
    )  # of an invitation


def test_an_action_of_its_own_event_is_judged_by_that() -> None:
    text = """
        - name: r
          source: clerk
          event: user.*
          actions:
            - slack: {text: "{{ data.deleted }}"}
              name: one
              event: user.deleted
              destination: slack
            - name: other
              slack: {text: "{{ data.deleted }}"}
              event: user.created
              destination: slack
    """
    assert told(text, CODE) == [f"11 `deleted` {CODE}: no sample of clerk user.created has `data.deleted`"]


def test_the_item_of_a_for_each_is_an_element_of_its_list() -> None:
    text = """
        - name: r
          source: clerk
          event: user.created
          actions:
            - slack: {text: "{{ item.id }} {{ item.idd }} {{ index }}"}
              for_each: data.email_addresses
              destination: slack
    """
    assert told(text, CODE) == [
        f"6 `idd` {CODE}: no sample of clerk user.created has `data.email_addresses[0].idd` "
        "(did you mean `data.email_addresses[0].id`?)"
    ]


def test_an_element_under_a_name_of_its_own_is_followed() -> None:
    text = """
        - name: r
          source: shopify
          event: orders/create
          actions:
            - http:
                path: /x
                json:
                  lines: [{for_each: "{{ data.line_items }}", as: line, value: "{{ line.skuu }}{{ line.sku }}"}]
    """
    assert told(text, CODE) == [
        f"9 `skuu` {CODE}: no sample of shopify orders/create has `data.line_items[0].skuu` "
        "(did you mean `data.line_items[0].sku`?)"
    ]


def test_a_place_in_a_text_with_escapes_is_found_all_the_same() -> None:
    text = """
        - name: r
          source: github
          event: push
          actions:
            - slack: {text: "{% for c in data.commits %}{{ c.id.split('\\\\n') }}{{ c.author.login }}{% endfor %}"}
              destination: slack
    """
    assert [line.split(":")[0] for line in told(text, CODE)] == [f"6 `login` {CODE}"]


def test_vars_are_followed_to_what_they_stand_for() -> None:
    text = post("{{ first.emial_address }}", above="vars: {first: '{{ data.email_addresses | first }}'}")
    assert told(text, CODE) == [
        f"5 `emial_address` {CODE}: no sample of clerk user.created has `data.email_addresses[0].emial_address` "
        "(did you mean `data.email_addresses[0].email_address`?)"
    ]


def test_an_if_and_a_var_are_read_too() -> None:
    text = post("{{ a }}", above="if: data.baned\n  vars: {a: '{{ data.first_nam }}'}")
    assert [line.split(":")[0] for line in told(text, CODE)] == [f"4 `baned` {CODE}", f"5 `first_nam` {CODE}"]


def test_a_place_in_a_block_of_several_lines_is_exact() -> None:
    text = """
        - name: r
          source: clerk
          event: user.created
          actions:
            - destination: slack
              slack:
                text: |
                  Hello {{ data.first_name }},
                  {{ data.last_nam }}
    """
    assert [line.split(":")[0] for line in told(text, CODE)] == [f"10 `last_nam` {CODE}"]


def test_a_list_has_no_members_whatever_its_elements_are() -> None:
    assert told(post("{{ data.pull_request.labels.name }}", "pull_request.opened", "github"), CODE) == [
        f"5 `name` {CODE}: `data.pull_request.labels` is a list in every sample of github pull_request.opened: "
        "it has no `name` (did you mean `data.pull_request.labels[0].name`?)"
    ]
    assert told(post("{{ data.pull_request.labels[0].name }}", "pull_request.opened", "github"), CODE) == []


def test_a_name_that_many_places_have_is_not_said_to_be_meant() -> None:
    assert told(post("{{ data.head_commit.author.login }}", "push", "github"), CODE) == [
        f"5 `login` {CODE}: no sample of github push has `data.head_commit.author.login`"
    ]
    assert told(post("{{ data.total }}", "orders/create", "shopify"), CODE) == [
        f"5 `total` {CODE}: no sample of shopify orders/create has `data.total`"
    ]


def test_the_nearest_name_is_told_down_to_the_value() -> None:
    for written, meant in (("email_address", "email_addresses[0].email_address"), ("user_id", "id")):
        [said] = told(post(f"{{{{ data.{written} }}}}"), CODE)
        assert said.endswith(f"(did you mean `data.{meant}`?)")
