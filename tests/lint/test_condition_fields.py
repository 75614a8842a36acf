"""Fields that conditions name and no sample has, and values that no value of them can be."""

from __future__ import annotations

import pytest

from tests.lint.asked import told, where


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            "data.emial_addresses.*.id: x",
            "5 `emial_addresses` unknown-field: no sample of clerk user.created has `data.emial_addresses` "
            "(did you mean `data.email_addresses`?)",
        ),
        (
            "data.email_addresses.*.emial: x",
            "5 `emial` unknown-field: no sample of clerk user.created has `data.email_addresses.*.emial`",
        ),
        (
            "data.email_addresses.email_address: x",
            "5 `email_address` unknown-field: `data.email_addresses` is a list in every sample of clerk "
            "user.created: it has no `email_address` (did you mean `data.email_addresses.*.email_address`?)",
        ),
        (
            "$.data.first_nam: x",
            "5 `.first_nam` unknown-field: no sample of clerk user.created has `$.data.first_nam` "
            "(did you mean `$.data.first_name`?)",
        ),
        (
            "$.data.email_addresses[?(@.emial_address == 'x')]",
            "5 `[?(@.emial_address == 'x')]` unknown-field: no sample of clerk user.created has "
            "`$.data.email_addresses[*].emial_address` (did you mean `$.data.email_addresses[*].email_address`?)",
        ),
        (
            "data.frist_name: {exists: true}",
            "5 `frist_name` unknown-field: no sample of clerk user.created has `data.frist_name` "
            "(did you mean `data.first_name`?)",
        ),
        (
            "'data.frist_name': x",
            "5 `frist_name` unknown-field: no sample of clerk user.created has `data.frist_name` "
            "(did you mean `data.first_name`?)",
        ),
        (
            "any: [data.frist_name: x]",
            "5 `frist_name` unknown-field: no sample of clerk user.created has `data.frist_name` "
            "(did you mean `data.first_name`?)",
        ),
    ],
)
def test_a_path_that_no_sample_has_is_told_at_its_step(condition: str, expected: str) -> None:
    assert told(where(condition), "unknown-field") == [expected]


@pytest.mark.parametrize(
    "condition",
    [
        "data.public_metadata.plan: pro",
        "data.external_accounts.*.provider: x",
        "data.nothing_like_it: {exists: false}",
        "data.nothing_like_it: {empty: true}",
        "data.nothing_like_it: {exists: true}",
        "data.email_addresses.0.verification.status: verified",
        "data.email_addresses[-1].id: x",
        "$.data.email_addresses[?(@.verification.status == 'verified')].id: x",
        "$..emial: x",
        "headers.x-anything: x",
        "event.type: user.created",
        "data.username: ada",
        "data.*: x",
    ],
)
def test_what_may_be_there_is_not_told(condition: str) -> None:
    assert told(where(condition)) == []


@pytest.mark.parametrize(
    ("condition", "marked", "message", "hint"),
    [
        ("data.id: 5", "5", "a text, never a number: so it never holds", 'quote it: "5"'),
        ("data.id: {ne: 5}", "5", "a text, never a number: so it always holds", 'quote it: "5"'),
        ("data.id: [1, 2]", "[1, 2]", "a text, never a number: so it never holds", None),
        (
            "data.banned: 'true'",
            "'true'",
            "true or false, never a text: so it never holds",
            "write true, without quotes",
        ),
        (
            "data.created_at: '5'",
            "'5'",
            "a number, never a text: so it never holds",
            "write 5, without quotes",
        ),
        ("data.created_at: {starts_with: x}", "x", "a number, never a text: so it never holds", None),
        (
            "data.email_addresses: a",
            "a",
            "a list, never a text: so it never holds",
            "for one of its elements write `data.email_addresses.*`",
        ),
    ],
)
def test_a_comparison_with_another_type_is_told_at_the_value(
    condition: str, marked: str, message: str, hint: str | None
) -> None:
    path, there = condition.split(":")[0], message.replace(",", " in every sample of clerk user.created,", 1)
    hinted = f" ({hint})" if hint else ""
    assert told(where(condition), "other-type") == [f"5 `{marked}` other-type: `{path}` is {there}{hinted}"]


def test_a_number_in_a_text_wants_a_filter() -> None:
    (line,) = told(where("data.total_price: {gt: 100}", event="orders/create", source="shopify"))
    assert line.endswith(
        "never a number: so it never holds (for a number in a text write `if: data.total_price | number > 100`)"
    )


def test_a_filter_on_an_object_is_told_where_the_object_itself_has_the_value() -> None:
    assert told(where("$.data[?(@.object == 'user')]")) == [
        "5 `[?(@.object == 'user')]` filter-on-object: this filter tests the members of `$.data`, which is no "
        "list, and not itself: it selects nothing (compare its value by a path: `data.object: value`)"
    ]


def test_types_without_samples_may_have_the_field() -> None:
    assert told(where("data.issue.title: x", event="'*'", source="github")) == []
    assert told(where("data.ref: 5", event="push", source="github")) != []
    assert told(where("data.ref: 5", event="'*'", source="github")) == []
