"""The time that a sender gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sources.moment import read_moment


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1716883200, "2024-05-28T08:00:00+00:00"),
        (1716883200123, "2024-05-28T08:00:00.123000+00:00"),
        (99_999_999_999, "5138-11-16T09:46:39+00:00"),
        (100_000_000_000, "1973-03-03T09:46:40+00:00"),
        (1716883200.5, "2024-05-28T08:00:00.500000+00:00"),
        ("1716883200", "2024-05-28T08:00:00+00:00"),
        ("2024-05-28T08:00:00Z", "2024-05-28T08:00:00+00:00"),
        ("2024-05-28T10:00:00.25+02:00", "2024-05-28T08:00:00.250000+00:00"),
        ("2024-05-28T08:00:00", "2024-05-28T08:00:00+00:00"),
        ("2024-05-28T08:00:00.123456789Z", "2024-05-28T08:00:00.123456+00:00"),
    ],
)
def test_numbers_and_iso_texts_are_read(value: Any, expected: str) -> None:
    assert read_moment(value) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -5,
        "",
        "soon",
        [],
        {},
        10**400,
        1e300,
        "9" * 18,
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_anything_else_is_no_time(value: Any) -> None:
    assert read_moment(value) is None


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.datetimes().map(datetime.isoformat)))
def test_nothing_raises_and_every_time_is_utc(value: Any) -> None:
    found = read_moment(value)
    assert found is None or found.tzinfo is UTC
