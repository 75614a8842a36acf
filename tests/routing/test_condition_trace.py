"""What is told of a path that selects nothing, and of a value that is nearly equal."""

from __future__ import annotations

import pytest

from tests.routing.conditions import NAMES, PAYLOAD, where

TRACES = [
    # condition, deepest part that is there, what is there, what was probably meant
    ("data.rolle: x", "data", "`data` has `id`, `role`, `age`", "did you mean `data.role`?"),
    ("data.noMembers: x", "data", "", "did you mean `data.no_members`?"),
    ("data.address.town: x", "data.address", "`data.address` has `city`", ""),
    ("data.city: x", "data", "`data` has `id`", "there is `data.address.city`"),
    ("data.where: x", "data", "", "there is `payload.where`, beside `data`"),
    ("data.labels.name: x", "data.labels", "is a list of 3", "did you mean `data.labels.*.name`?"),
    ("data.labels.*.colour: x", "data.labels.*", "`data.labels.*` has `name`, `weight`", ""),
    ("data.role.name: x", "data.role", "`data.role` is the text `org:admin`", ""),
    ("data.tags[9]: x", "data.tags", '`data.tags` is a list of 4: ["bug", "ui", 3, null]', ""),
    (
        "headers.x-github-evnt: x",
        "headers",
        "`headers` has `x-github-event`",
        "did you mean `headers.x-github-event`?",
    ),
    ("$.data.rolle: x", "$.data", "`$.data` has `id`", "did you mean `$.data.role`?"),
    ("$.data.labels.name: x", "$.data.labels", "is a list of 3", "did you mean `$.data.labels[*].name`?"),
    ("$.data.city: x", "$.data", "", "there is `$.data.address.city`"),
    ("- $.data.labels[?@.name == 'x']", "$.data.labels", '`@.name` is "Bug", "security"', ""),
    ("- $.data.labels[?@.nam == 'x']", "$.data.labels", "none of the 3 has `@.nam`", ""),
    ("- $.data.labels[?@.name == 'x' && @.weight > 8]", "$.data.labels", "`@.weight` is 1, 5, 9", ""),
    ("- $.data.none_in_it[?@.a == 1]", "$.data.none_in_it", "there is nothing to look through", ""),
    (
        "- $.data.address[?@.city == 'Oslo']",
        "$.data.address",
        "it has no `@.city`",
        "a filter looks at the members of an object: for the object itself compare `payload.data.address.NAME`",
    ),
]


@pytest.mark.parametrize(("text", "reached", "there", "instead"), TRACES, ids=[text for text, *_ in TRACES])
def test_a_path_that_selects_nothing_tells_where_it_ends(
    text: str, reached: str, there: str, instead: str
) -> None:
    leaf = where(text).explain(NAMES, PAYLOAD)
    assert not leaf.held
    assert leaf.reached == reached
    assert there in leaf.there
    assert leaf.instead == instead


INSTEAD = [
    ("data.age: '18'", "write without quotes: 18; texts are never equal to numbers, true, false or null"),
    ("data.age_text: 18", 'write in quotes: "18"; texts are never equal to numbers, true, false or null'),
    ("data.yes: 'true'", "write without quotes: true; texts are never equal to numbers, true, false or null"),
    (
        "data.role: ORG:admin",
        'write it as the sender does: "org:admin"; for any case: {matches: "(?i)ORG:admin"}',
    ),
    ("data.role: ' org:admin'", 'write it as the sender does: "org:admin"'),
    (
        "data.role: [a, Org:Admin]",
        'write it as the sender does: "org:admin"; for any case: {matches: "(?i)Org:Admin"}',
    ),
    ("data.labels.*.name: bug", 'write it as the sender does: "Bug"; for any case: {matches: "(?i)bug"}'),
    ("data.role: other", ""),
    ("data.role: {ne: org:admin}", ""),
    ("data.age: {gt: 20}", ""),
    ("data.role: org:admin", ""),
]


@pytest.mark.parametrize(("text", "instead"), INSTEAD, ids=[text for text, _ in INSTEAD])
def test_a_value_that_is_nearly_equal_tells_what_to_write(text: str, instead: str) -> None:
    leaf = where(text).explain(NAMES, PAYLOAD)
    assert leaf.instead == instead


def test_what_is_to_be_written_for_any_case_holds() -> None:
    assert where('data.role: {matches: "(?i)ORG:admin"}').holds(NAMES, PAYLOAD)


def test_a_comparison_has_its_path_its_operators_and_the_values_found() -> None:
    leaf = where("data.labels.*.weight: {gt: 4, lt: 9}").explain(NAMES, PAYLOAD)
    assert (leaf.path, leaf.operators) == ("data.labels.*.weight", (("gt", 4), ("lt", 9)))
    assert leaf.values == (1, 5, 9)


def test_a_hostile_payload_is_not_searched_without_end() -> None:
    deep: dict[str, object] = {}
    for _ in range(90):
        deep = {"a": deep, "b": [deep]}
    wide = {str(number): {"x": 1} for number in range(50_000)}
    for data in (deep, wide):
        payload = {"data": data}
        leaf = where("data.nowhere: 1").explain({**NAMES, "data": data, "payload": payload}, payload)
        assert leaf.reached == "data"
        assert len(leaf.there) < 500
