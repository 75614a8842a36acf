"""What an explanation says about each condition."""

from __future__ import annotations

import pytest

from tests.routing.conditions import NAMES, PAYLOAD, leaves, where

REASONS = [
    ("data.age_text: 18", "is the text `18`, not the number 18"),
    ("data.age: '18'", "is the number 18, not the text `18`"),
    ("data.one: true", "is the number 1, not true"),
    ("data.yes: 'true'", "is true, not the text `true`"),
    ("data.nothing: 'null'", "is null, not the text `null`"),
    (
        "data.role: ORG:admin",
        "is the text `org:admin`: it differs from the text `ORG:admin` in upper and lower case only",
    ),
    (
        "data.role: ' org:admin'",
        "is the text `org:admin`: it differs from the text ` org:admin` in blanks at the ends only",
    ),
    ("data.role: other", "is the text `org:admin`, not the text `other`"),
    ("data.role: [a, b]", 'is the text `org:admin`, not one of ["a", "b"]'),
    ("data.age_text: [17, 18]", "is the text `18`, not the number 18"),
    (
        "data.none_in_it: bug",
        "is an empty list, not the text `bug`; `.*` names its elements, `contains` looks for one",
    ),
    ("data.role: {ne: org:admin}", "is the text `org:admin`"),
    ("data.labels.*.name: {not_in: [x, security]}", "is the text `security`"),
    ("data.age: {gt: 20}", "is the number 18, which is not greater than 20"),
    ("data.age: {lte: 17}", "is the number 18, which is not less than or equal to 17"),
    (
        "data.age_text: {gt: 1}",
        "is the text `18`, not a number; for numbers that come as texts use `if` with the filter `number`",
    ),
    ("data.age: {gt: a}", "is the number 18, not a text"),
    ("data.yes: {gt: 0}", "is true, not a number"),
    (
        "data.role: {contains: ADMIN}",
        "is the text `org:admin`: it contains `ADMIN` in other upper and lower case only",
    ),
    ("data.role: {contains: x}", "is the text `org:admin`, which does not contain the text `x`"),
    ("data.age_text: {contains: 1}", "is the text `18`, and the number 1 is no part of a text"),
    ("data.none_in_it: {contains: x}", "is an empty list, and no element equals the text `x`"),
    ("data.tags: {contains: BUG}", "one element is the text `bug`: it differs from"),
    ("data.age: {contains: 1}", "is the number 18; `contains` looks into texts and lists"),
    ("data.role: {starts_with: ORG}", "which does not start with `ORG`: the upper and lower case differs"),
    ("data.role: {ends_with: x}", "is the text `org:admin`, which does not end with `x`"),
    ("data.role: {matches: org}", "which does not match, as a whole, `org`"),
    ("data.role: {search: x}", "is the text `org:admin`, which has no part that matches `x`"),
    ("data.age: {search: x}", "is the number 18, not a text"),
    ("data.role: {exists: false}", 'is there: "org:admin"'),
    ("data.role: {empty: true}", "is the text `org:admin`, not empty"),
    ("data.blank: {empty: false}", "is an empty text"),
    ("data.nothing: {empty: false}", "is null"),
    ("data.rolle: x", "`data` has no `rolle`; there is `role`"),
    ("data.address.town.name: x", "`data.address` has no `town`"),
    ("data.tags[9]: x", "`data.tags` has only 4 elements"),
    ("$.data.nope: x", "nothing is selected by `$.data.nope`; up to `$.data` something is"),
    (
        "data.labels.*.name: bug",
        'none of the 2 values does: "Bug", "security"; '
        "one is the text `Bug`: it differs from the text `bug` in upper and lower case only",
    ),
    ("data.tags.*: other", 'none of the 4 values does: "bug", "ui", 3 and 1 more'),
    (
        "- $.data.labels[?@.name == 'x']",
        "nothing fits the filter of `$.data.labels[?@.name == 'x']`; up to `$.data.labels` something is",
    ),
    # what holds says what was found
    ("data.role: org:admin", "is the text `org:admin`"),
    ("data.labels.*.weight: {gt: 4}", "is the number 5"),
    ("data.missing: {exists: false}", "`data` has no `missing`"),
    ("data.nothing: {empty: true}", "is empty (null)"),
    ("data.role: {ne: x}", 'is "org:admin"'),
    ("- $.data.labels[?@.name == 'Bug']", 'selects {"name": "Bug", "weight": 1}'),
    # groups
    ("any: [{data.age: 1}, {data.age: 2}]", "none of them holds"),
    ("none: [{data.age: 1}, {data.age: 18}]", "holds: data.age: 18"),
    ("{data.age: 1, data.role: x, data.one: 1}", 'fails: data.age: 1; data.role: "x"'),
]


@pytest.mark.parametrize(("text", "reason"), REASONS, ids=[text for text, _ in REASONS])
def test_an_explanation_gives_the_reason(text: str, reason: str) -> None:
    found = next(leaves(where(text)))
    assert reason in found
    assert found == reason or "which" in reason or "one element" in reason


def test_an_explanation_shows_what_was_expected_and_found_and_where() -> None:
    result = where("{data.labels.*.name: [bug, ui], any: [{data.age: {gt: 20}}]}").explain(NAMES, PAYLOAD)
    first, second = result.children
    assert (result.text, first.text, second.text) == ("all", 'data.labels.*.name: ["bug", "ui"]', "any")
    assert (first.expected, first.actual) == ('["bug", "ui"]', '"Bug", "security"')
    assert str(first.place) == "routes.yaml:1:2"
    assert [child.text for child in second.children] == ["data.age: {gt: 20}"]
    assert where("data.missing: 1").explain(NAMES, PAYLOAD).actual == "nothing"


def test_long_values_are_cut() -> None:
    names = {"data": {"x": "long " * 1000, "l": [["y" * 200]] * 9}}
    for text in ("data.x: y", "data.l.*: y", "data.l: y", "data.x: {search: z}", "data.x: {ne: y}"):
        result = where(text).explain(names, None)
        assert len(result.actual) < 300
        assert len(result.reason) < 500


def test_an_explanation_can_be_printed_whatever_the_payload_holds() -> None:
    for text in ("data.surrogate: x", "data.surrogate: {contains: y}", "data.note: z"):
        result = where(text).explain(NAMES, PAYLOAD)
        assert "\n" not in result.reason
        (result.reason + result.actual).encode()


def test_a_path_that_was_given_up_says_so() -> None:
    payload = {"list": [{"a": n} for n in range(1000)]}
    result = where("- $.list[?$.list[*].z]").explain({}, payload)
    assert not result.held
    assert "was given up" in result.reason
