"""Bodies are read strictly, and no body raises anything but a refusal."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.errors import Rejected
from router.sources.body import DEEPEST, read_json


@pytest.mark.parametrize("value", [None, 1, "x", [], {"a": [{"b": 1.5}]}, 10**400, {"\x00": "\ud800"}])
def test_any_json_value_is_read(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


def test_a_byte_order_mark_is_skipped() -> None:
    assert read_json(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"payload=%7B%7D", "form_field: payload"),
        (b'{"a": "\xff"}', "UTF-8, at byte 7"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"[NaN]", "NaN"),
        (b"-Infinity", "Infinity"),
        (b"[1e999]", "too large"),
        (b"[" + b"9" * 10_000 + b"]", "too many digits"),
        (b"[" * 100_000, "deeper than 100"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper than 100"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "deeper than 100"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(body: bytes, said: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_json(body)
    assert caught.value.status == 400
    assert said in caught.value.reason


def test_the_deepest_body_is_read() -> None:
    assert read_json(b"[" * DEEPEST + b"]" * DEEPEST)
    assert read_json(b'{"a":[' * (DEEPEST // 2) + b"]}" * (DEEPEST // 2))


@given(st.one_of(st.binary(max_size=60), st.text('[]{},:"\\19.eE-+ ', max_size=60).map(str.encode)))
def test_no_body_raises_anything_else(body: bytes) -> None:
    with contextlib.suppress(Rejected):
        read_json(body)
