"""What conditions hold for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.conditions import NAMES, PAYLOAD, where

HOLDS = [
    # constants
    "data.role: org:admin",
    "data.age: 18",
    "data.age: 18.0",
    "data.one: 1.0",
    "data.yes: true",
    "data.no: false",
    "data.nothing: null",
    'data.blank: ""',
    "data.age_text: '18'",
    "data['a.b']: dotted",
    "data.tags.0: bug",
    "data.tags[-1]: null",
    "data.tags.*: ui",
    "data.address.city: Oslo",
    "payload.data.role: org:admin",
    "event.type: user.created",
    "event.source: clerk",
    "headers.X-GitHub-Event: push",
    "query.shop: acme",
    "$.where: here",
    "$.data.tags[0]: bug",
    # one of
    "data.role: [org:member, org:admin]",
    "data.age: [17, 18]",
    "data.nothing: [null]",
    "data.labels.*.name: [Bug, other]",
    # equality by operator
    "data.role: {eq: org:admin}",
    "data.address: {eq: {city: Oslo}}",
    "data.flags: {eq: {on: true, count: 1.0}}",
    "data.flags: [{on: 1}, {on: true, count: 1}]",
    "data.nested.*: {in: [[true, 0]]}",
    "data.role: {in: [org:admin]}",
    "data.tags: {in: [[bug, ui, 3, null]]}",
    # no value equals
    "data.role: {ne: org:member}",
    "data.age: {ne: '18'}",
    "data.one: {ne: true}",
    "data.nothing: {ne: 0}",
    "data.role: {not_in: [org:member, org:guest]}",
    "data.labels.*.name: {ne: other}",
    # order
    "data.age: {gt: 17}",
    "data.age: {gt: 17, lt: 19}",
    "data.age: {gte: 18, lte: 18}",
    "data.age: {gt: 17.5}",
    "data.role: {gt: org, lt: org:b}",
    "event.time: {gte: 2024-05-01}",
    "event.time: {lt: 2024-05-02T00:00:00.000Z}",
    "data.labels.*.weight: {gt: 8}",
    # contains
    "data.role: {contains: admin}",
    "data.tags: {contains: bug}",
    "data.tags: {contains: 3}",
    "data.tags: {contains: 3.0}",
    "data.tags: {contains: null}",
    "data.labels: {contains: {name: Bug, weight: 1}}",
    # texts
    "data.role: {starts_with: 'org:'}",
    "data.role: {ends_with: admin}",
    "data.role: {matches: 'org:.*'}",
    "data.role: {search: 'adm'}",
    "data.note: {search: '^Line one$|one'}",
    "data.note: {matches: '(?s)Line.*two'}",
    "data.surrogate: {search: 'half'}",
    "data.role: {starts_with: org, ends_with: admin, contains: ':'}",
    # there or not
    "data.nothing: {exists: true}",
    "data.missing: {exists: false}",
    "data.missing.deeper: {exists: false}",
    "data.tags[9]: {exists: false}",
    "data.nothing: {empty: true}",
    "data.blank: {empty: true}",
    "data.none_in_it: {empty: true}",
    "data.no_members: {empty: true}",
    "data.missing: {empty: true}",
    "data.none_in_it.*: {empty: true}",
    "data.zero: {empty: false}",
    "data.no: {empty: false}",
    "data.tags: {empty: false}",
    "data.labels.*.name: {exists: true}",
    # groups
    "{data.age: 18, data.role: org:admin}",
    "[{data.age: 18}, {data.role: org:admin}]",
    "any: [{data.age: 1}, {data.role: org:admin}]",
    "none: [{data.age: 1}, {data.role: org:member}]",
    "none: [{data.age: 18, data.role: org:member}]",
    "any: [{none: [{data.age: 18}]}, {any: [{data.age: 18}]}]",
    "none: [{any: [{data.age: 1}, {data.age: 2}]}]",
    "{data.age: 18, any: [{data.one: 1}], none: [{data.one: 2}]}",
    # paths that stand alone
    "- $.data.labels[?@.name == 'security']",
    "- $.data.labels[?@.name == 'security' && @.weight > 4]",
    'any: [{data.age: 1}, "$.data.labels[?@.weight == 9]"]',
    "none: [\"$.data.labels[?@.name == 'security' && @.weight > 5]\"]",
    "$.data.labels[?@.name == 'security'].weight: {gt: 4}",
    # several selected values: separate keys may hold on different ones
    "{data.labels.*.name: Bug, data.labels.*.weight: 9}",
]
FAILS = [
    "data.role: Org:admin",
    "data.age: '18'",
    "data.age_text: 18",
    "data.one: true",
    "data.zero: false",
    "data.yes: 1",
    "data.no: 0",
    "data.nothing: 'null'",
    "data.nothing: false",
    "data.blank: null",
    "data.missing: null",
    "data.flags: {eq: {on: 1, count: 1}}",
    "data.flags: {eq: {on: true, count: true}}",
    "data.flags: {eq: {on: true}}",
    "data.nested.*: {in: [[1, 0]]}",
    "data.nested.*: {in: [[true, false]]}",
    "data.nested.*: {in: [[true]]}",
    "data.tags: bug",
    "data.labels.*.name: bug",
    "data.labels.name: Bug",
    "data.role: [org:member, admin]",
    "data.yes: [1]",
    "data.tags: {in: [bug]}",
    "data.role: {ne: org:admin}",
    "data.missing: {ne: x}",
    "data.missing: {not_in: [x]}",
    "data.one: {ne: 1.0}",
    "data.labels.*.name: {ne: Bug}",
    "data.labels.*.name: {not_in: [security]}",
    "data.none_in_it.*: {ne: x}",
    "data.age: {gt: 18}",
    "data.age: {lt: 18}",
    "data.age: {gt: '1'}",
    "data.age_text: {gt: 1}",
    "data.yes: {gt: 0}",
    "data.yes: {gte: 1}",
    "data.nothing: {gte: 0}",
    "data.missing: {lt: 5}",
    "data.labels.*.weight: {gt: 5, lt: 9}",
    "data.role: {contains: Admin}",
    "data.age: {contains: 1}",
    "data.age_text: {contains: 1}",
    "data.tags: {contains: bu}",
    "data.tags: {contains: '3'}",
    "data.tags: {contains: true}",
    "data.only_true: {contains: 1}",
    "data.address: {contains: city}",
    "data.role: {starts_with: admin}",
    "data.role: {ends_with: org}",
    "data.age: {starts_with: '1'}",
    "data.age: {matches: '18'}",
    "data.role: {matches: org}",
    "data.role: {search: ADM}",
    "data.note: {matches: 'Line.*'}",
    "data.nothing: {search: ''}",
    "data.role: {starts_with: org, ends_with: x}",
    "data.missing: {exists: true}",
    "data.nothing: {exists: false}",
    "data.role: {exists: false}",
    "data.role: {empty: true}",
    "data.zero: {empty: true}",
    "data.no: {empty: true}",
    "data.blank: {empty: false}",
    "data.missing: {empty: false}",
    "data.missing: {starts_with: ''}",
    "data.missing: {search: ''}",
    "data.missing: {contains: ''}",
    "{data.age: 18, data.role: org:member}",
    "[{data.age: 18}, {data.role: org:member}]",
    "any: [{data.age: 1}, {data.role: org:member}]",
    "any: [{data.age: 18, data.role: org:member}]",
    "none: [{data.age: 1}, {data.role: org:admin}]",
    "- $.data.labels[?@.name == 'security' && @.weight > 5]",
    "- $.data.labels[?@.name == 'bug']",
    "headers.x-missing: push",
    "query.shop: ACME",
    "event.time: {gt: 2024-05-02}",
]


@pytest.mark.parametrize("text", HOLDS)
def test_a_condition_holds(text: str) -> None:
    condition = where(text)
    assert condition.holds(NAMES, PAYLOAD) is True
    assert condition.explain(NAMES, PAYLOAD).held is True


@pytest.mark.parametrize("text", FAILS)
def test_a_condition_does_not_hold(text: str) -> None:
    condition = where(text)
    assert condition.holds(NAMES, PAYLOAD) is False
    assert condition.explain(NAMES, PAYLOAD).held is False


def test_all_operators_of_a_mapping_hold_for_the_same_value() -> None:
    condition = where("data.l.*: {gt: 3, lt: 6}")

    def names(*values: int) -> dict[str, Any]:
        return {"data": {"l": list(values)}}

    assert condition.holds(names(1, 5, 9), None)
    assert not condition.holds(names(1, 9), None)
    assert where("data.l.*: {ne: 9, gt: 3}").holds(names(1, 5), None)
    assert not where("data.l.*: {ne: 9, gt: 3}").holds(names(5, 9), None), (
        "no value may equal 9, not only this one"
    )


def test_a_condition_names_its_paths_in_the_order_of_the_file() -> None:
    condition = where('[{data.a: 1, any: [{event.type: x}, "$.b[?@.c]"]}, {headers.x-y: z}]')
    assert [path.text for path in condition.paths] == ["data.a", "event.type", "$.b[?@.c]", "headers.x-y"]


def test_a_pattern_that_hangs_other_engines_ends() -> None:
    hostile: dict[str, Any] = {"data": {"x": "a" * 100_000 + "!"}}
    assert not where("data.x: {matches: '(a+)+'}").holds(hostile, None)
    assert not where("data.x: {search: '(a|aa)+$'}").holds(hostile, None)


def test_payloads_of_any_shape_break_nothing() -> None:
    conditions = [where(text) for text in HOLDS + FAILS]
    payloads: list[Any] = [None, True, 3, "x", [], {}, [[]], {"data": None}, {"data": [PAYLOAD]}]
    for payload in payloads:
        for names in ({}, {**NAMES, "data": payload, "payload": payload}):
            for condition in conditions:
                assert condition.holds(names, payload) is condition.explain(names, payload).held


LANGUAGE = [
    "{data.role: org:admin, event.type: {ne: organizationMembership.deleted}}",
    """
data.pull_request.labels.*.name: [bug, security]     # any label is one of these
data.pull_request.draft: false
none:
  - data.sender.type: Bot
""",
]


@pytest.mark.parametrize("text", LANGUAGE)
def test_the_conditions_of_the_handbook_are_fine(text: str) -> None:
    assert where(text).paths
