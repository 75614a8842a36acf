"""Where two JSON values differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.comparison.difference import MISSING, Difference, differences, same

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [Difference("a", 1, True)]),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, [Difference("a.b", "x", "y")]),
        ({"a": None}, {}, [Difference("a", None, MISSING)]),
        ({}, {"a": None}, [Difference("a", MISSING, None)]),
        ({"a": [1, 2]}, {"a": [0, 1, 2]}, [Difference("a[0]", MISSING, 0)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [Difference("a[1]", 2, 3)]),
        ([{"t": "x"}], {"t": "x"}, [Difference("", [{"t": "x"}], {"t": "x"})]),
    ],
)
def test_each_place_that_differs_is_told(before: Any, after: Any, expected: list[Difference]) -> None:
    assert list(differences(before, after)) == expected


@given(JSON, JSON)
def test_there_is_a_difference_exactly_where_values_are_not_the_same(before: Any, after: Any) -> None:
    assert bool(list(differences(before, after))) is not same(before, after)
    assert list(differences(before, before)) == []
