"""Captured requests: over the wire and as JSON, and what is no request."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime

import pytest

from router.explaining.captured import Unreadable, read_captured

WIRE = b"POST /webhooks/clerk?shop=acme HTTP/1.1\r\nHost: x\r\nsvix-id: msg_1\r\n\r\n"


def test_a_request_over_the_wire_is_read_byte_for_byte() -> None:
    found = read_captured(WIRE + b'{"a": 1}\r\n\r\nmore\n')
    assert (found.method, found.path, found.query) == ("POST", "/webhooks/clerk", (("shop", "acme"),))
    assert found.headers == (("Host", "x"), ("svix-id", "msg_1"))
    assert found.body == b'{"a": 1}\r\n\r\nmore\n'


def test_headers_alone_and_plain_line_ends_do() -> None:
    found = read_captured(b"X-One: a: b\nX-Folded: a\n  b\n\n{}")
    assert (found.path, found.headers, found.body) == ("", (("X-One", "a: b"), ("X-Folded", "a b")), b"{}")


def test_chunks_are_joined_and_a_packed_body_is_unpacked() -> None:
    packed = gzip.compress(b'{"a": 1}')
    chunked = f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"
    head = b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    found = read_captured(head + chunked)
    assert found.body == b'{"a": 1}'
    assert found.notes == ("the chunks of the body were joined", "the body was unpacked (gzip)")


def test_a_body_that_was_unpacked_already_stays() -> None:
    found = read_captured(b'Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n{"a": 1}')
    assert (found.body, found.notes) == (b'{"a": 1}', ())


def test_json_has_the_headers_the_body_and_the_time() -> None:
    asked = {
        "source": "clerk",
        "path": "/webhooks/clerk?a=b",
        "headers": {"svix-id": "msg_1", "X-Twice": ["1", "2"]},
        "body": "ä",
        "at": "2026-11-25T10:00:00+01:00",
    }
    found = read_captured(json.dumps(asked).encode())
    assert (found.source, found.path, found.query) == ("clerk", "/webhooks/clerk", (("a", "b"),))
    assert found.headers == (("svix-id", "msg_1"), ("X-Twice", "1"), ("X-Twice", "2"))
    assert (found.body, found.at) == ("ä".encode(), datetime(2026, 11, 25, 9, tzinfo=UTC))


def test_bytes_stand_in_base64() -> None:
    asked = {"headers": [["a", "b"]], "body": {"base64": base64.b64encode(b"\xff\x00").decode()}}
    assert read_captured(json.dumps(asked).encode()).body == b"\xff\x00"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no empty line"),
        (b"hello\nworld", "no empty line"),
        (b"hello\n\nworld", "line 1 is no header: `hello`"),
        (b"POST / HTTP/1.1\n\n{}", "it has no headers"),
        (b"POST / HTTP/1.1\nX: 1\nbad line\n\n{}", "line 3 is no header: `bad line`"),
        (b"{", "is not JSON"),
        (b'{"data": {}}', "it has no `headers`"),
        (b'{"data": {}}', "without --request"),
        (b'{"headers": {}, "boddy": ""}', "`boddy` is no member"),
        (b'{"headers": "x"}', "`headers` must be a mapping"),
        (b'{"headers": {}, "body": {"a": 1}}', "`body` must be a text"),
        (b'{"headers": {}, "body": {"base64": "?"}}', "is not base64"),
        (b'{"headers": {}, "at": "noon"}', "`at` must be a time"),
        (b"Content-Encoding: gzip\n\n\x1f\x8bnothing", "not gzip"),
        (b"[" * 100_000, "no empty line"),
        (b'{"headers":' + b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_request_is_told_with_what_is_expected(raw: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_captured(raw)
    assert said in str(caught.value)
