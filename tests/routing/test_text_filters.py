"""The router's own filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.rules import reason, shouted


def value(expression: str, data: Any = None) -> Any:
    return shouted(f'\njson: "{{{{ {expression} }}}}"', data)["json"]


@pytest.mark.parametrize(
    ("given", "read"), [("19.99", 19.99), (" 5 ", 5), ("-3", -3), ("1e3", 1000.0), (7, 7), (0.5, 0.5), ("0", 0)]
)
def test_number_reads_texts(given: Any, read: float) -> None:
    found = value("data.x | number", {"x": given})
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    "given", ["", "x", "1,000", "1_000", "0x10", "nan", "inf", "1e999", "٣", None, True, [], "9" * 5000]
)
def test_number_refuses_what_is_none(given: Any) -> None:
    assert "number" in reason('{json: "{{ data.x | number }}"}', {"x": given})


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        ("1250", "usd", "12.50 USD"),
        (0, "EUR", "0.00 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (1250, "JPY", "1250 JPY"),
        (1250, "KWD", "1.250 KWD"),
        (10**18 + 1, "EUR", "10000000000000000.01 EUR"),
    ],
)
def test_money_writes_minor_units(amount: Any, currency: str, text: str) -> None:
    assert value(f"data.x | money('{currency}')", {"x": amount}) == text


def test_money_refuses_parts_of_a_cent() -> None:
    assert "minor units" in reason("{json: \"{{ 12.5 | money('EUR') }}\"}")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1_700_000_000, "2023-11-14T22:13:20.000Z"),
        (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        ("1700000000", "2023-11-14T22:13:20.000Z"),
        ("2023-11-14T23:13:20+01:00", "2023-11-14T22:13:20.000Z"),
        ("2023-11-14T22:13:20", "2023-11-14T22:13:20.000Z"),
        ("2023-11-14", "2023-11-14T00:00:00.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_datetime_reads_seconds_milliseconds_and_iso(given: Any, read: str) -> None:
    assert value("data.x | datetime", {"x": given}) == read


@pytest.mark.parametrize("given", ["soon", "", None, True, [], 10**30, "2023-13-01", 2**63])
def test_datetime_refuses_what_is_no_time(given: Any) -> None:
    assert reason('{json: "{{ data.x | datetime }}"}', {"x": given})


def test_date_writes_in_utc() -> None:
    assert value("'2023-11-14T23:30:00-02:00' | date('%d.%m.%Y %H:%M')") == "15.11.2023 01:30"
    assert value("event.received_at | date") == "2026-11-23"
    assert "strftime" in reason("{json: \"{{ event.time | date('%9999999Y') }}\"}")


def test_json_writes_any_tree() -> None:
    assert value("data | json", {"a": [1, None, "é<"]}) == '{"a":[1,null,"é<"]}'
    assert value("event.time | json") == '"2026-11-23T12:30:00.250Z"'


def test_sha256_is_hex() -> None:
    assert value("'abc' | sha256") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_sum_adds_numbers_only() -> None:
    assert value("data.l | sum", {"l": [1, 2.5]}) == 3.5
    assert value("data.l | sum(attribute='a.n')", {"l": [{"a": {"n": 1}}, {"a": {"n": 2}}]}) == 3
    assert "`sum` adds numbers, not a text" in reason('{json: "{{ data.l | sum }}"}', {"l": ["a"]})


def test_striptags_leaves_the_text() -> None:
    assert value("data.x | striptags", {"x": "<p>a &amp; <b>b</b></p><!-- c -->\n d <x"}) == "a & b d <x"


def test_generators_become_lists() -> None:
    assert value("data.l | map(attribute='a')", {"l": [{"a": 1}, {"a": 2}]}) == [1, 2]
    assert value("data.l | selectattr('a', 'equalto', 2) | map(attribute='a') | first", {"l": [{"a": 2}]}) == 2
    assert value("data.l | map(attribute='b') | first | default('none')", {"l": []}) == "none"
