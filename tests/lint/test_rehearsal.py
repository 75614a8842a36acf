"""Deliveries that would be dead, found by planning the samples."""

from __future__ import annotations

from tests.lint.asked import post, told

CODE = "fails-for-samples"


def test_a_template_that_fails_for_some_types_says_for_which() -> None:
    assert told(post("{{ data.first_name }}", "user.*")) == [
        f"5 `'{{{{ data.first_name }}}}'` {CODE}: this fails for 1 of 3 samples (clerk user.deleted): `text`: "
        "`data.first_name` is missing: `data` has no `first_name` "
        "(give it another value where it is missing: `| default('...')`)"
    ]


def test_a_value_that_does_not_fit_its_field_is_told() -> None:
    (line,) = told(post("{{ data.email_addresses }}"))
    assert line.startswith(
        f"5 `'{{{{ data.email_addresses }}}}'` {CODE}: this fails for the sample of clerk user.created: "
    )
    assert "a list cannot stand in a field of text" in line


def test_conditions_that_hold_for_no_sample_do_not_hide_what_always_fails() -> None:
    above = "where: {data.first_name: Grace}"
    assert len(told(post("{{ data.email_addresses }}", above=above))) == 1
    assert told(post("{{ data.first_name }}", "user.*", above=above)) == []


def test_a_mail_to_nobody_is_told_for_the_types_that_have_no_address() -> None:
    text = """
        - name: r
          source: clerk
          event: user.*
          actions:
            - resend:
                to: "{{ primary_email }}"
                subject: hello
                text: hello
    """
    (line,) = told(text)
    assert line.startswith(f'7 `to: "{{{{ primary_email }}}}"` {CODE}: this fails for 1 of 3 samples ')
    assert told(text.replace("- resend:", "- if: primary_email\n              resend:")) == []


def test_samples_that_the_route_does_not_take_count_among_those_that_do_not_fail() -> None:
    (line,) = told(post("{{ data.first_name }}", "user.*", above="where: {data.deleted: true}"))
    assert f"{CODE}: this fails for 1 of 3 samples (clerk user.deleted): " in line


def test_a_mail_to_what_is_no_address_is_told() -> None:
    text = """
        - name: r
          source: clerk
          event: user.created
          actions:
            - resend: {to: "{{ data.id }}", subject: hello, text: hello}
    """
    (line,) = told(text)
    assert line.endswith("`to` holds what is no address: there is no `@` in it")


def test_a_text_compared_with_a_number_gets_the_filter_as_a_hint() -> None:
    (line,) = told(post("hello", "orders/create", "shopify", above="if: data.total_price > 100"))
    assert line.startswith(f"4 `data.total_price > 100` {CODE}: this fails for the sample of shopify orders/")
    assert line.endswith("(numbers often come as texts: write `data.x | number`)")


def test_what_a_missing_field_makes_fail_is_told_once() -> None:
    assert [line.split(":")[0] for line in told(post("{{ data.first_nam }}"))] == ["5 `first_nam` unknown-field"]


def test_a_route_that_is_switched_off_is_not_planned() -> None:
    assert told(post("{{ data.email_addresses }}", above="enabled: false")) == []


def test_an_expression_that_no_event_changes_is_tried_without_samples() -> None:
    assert told(post("{{ [1, 2] }}", "thing.made", "app")) == [
        f"5 `'{{{{ [1, 2] }}}}'` {CODE}: this fails for every event: `text`: a list cannot stand in a field of "
        "text"
    ]
    assert told(post("{{ 1 + 2 }}", "thing.made", "app")) == []


def test_what_depends_on_headers_or_on_a_mapping_of_the_file_is_left_to_the_event() -> None:
    assert told(post('{{ headers["X-Shopify-Shop-Domain"] }}', "orders/create", "shopify")) == []
    assert told(post("{{ names[data.id] }}", above="vars: {names: {a: b}}")) == []
