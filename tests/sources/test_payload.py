"""How bodies become payloads: JSON, forms, JSON in a form, text."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from router.errors import Rejected
from router.sources.form import MOST_FIELDS
from tests.sources.build import request, source

FORM = "application/x-www-form-urlencoded"


def payload(body: bytes, keys: str = "", content_type: str = FORM) -> Any:
    """Return the payload of the event that a request with this body becomes."""
    found = source(f"s: {{verify: none{keys}}}")
    return found.identify(request(body, {"Content-Type": content_type}), "evt_1").payload


@pytest.mark.parametrize("keys", ["", ", body: form"])
@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"command=%2Fdeploy&text=web+%C3%BC", {"command": "/deploy", "text": "web ü"}),
        (b"To=1&To=2&To=2&x=", {"To": ["1", "2", "2"], "x": ""}),
        (b"a", {"a": ""}),
        (b"a=b=c&&d=e", {"a": "b=c", "d": "e"}),
        (b"a%5Bb%5D=1\r\n", {"a[b]": "1"}),
        (b"", {}),
    ],
)
def test_a_form_becomes_a_mapping_of_texts_and_repeated_fields_lists(keys: str, body: bytes, found: Any) -> None:
    assert payload(body, keys) == found


@pytest.mark.parametrize("keys", ["", ", body: {form_field: payload}"])
def test_the_json_in_the_only_field_payload_is_the_payload(keys: str) -> None:
    body = ("payload=" + quote('{"action": "opened", "n": [1]}')).encode()
    assert payload(body, keys) == {"action": "opened", "n": [1]}


def test_a_field_is_named_where_it_is_another_one() -> None:
    body = urlencode({"v": "1", "mandrill_events": '[{"event": "open"}]'}).encode()
    assert payload(body, ", body: {form_field: mandrill_events}") == [{"event": "open"}]
    assert payload(body)["v"] == "1"


@pytest.mark.parametrize("content_type", [FORM, "text/plain", "", f"{FORM}; charset=utf-8"])
def test_json_under_another_content_type_is_still_json(content_type: str) -> None:
    assert payload(b' {"a": 1}', "", content_type) == {"a": 1}
    assert payload(b"[1]", "", content_type) == [1]


def test_body_json_never_reads_a_form() -> None:
    with pytest.raises(Rejected, match="is not JSON"):
        payload(b"a=1", ", body: json")


def test_a_text_is_the_payload_as_it_is() -> None:
    assert payload("\ufeffgrüße {".encode(), ", body: text", "text/plain") == "grüße {"
    assert payload(b"", ", body: text", "text/plain") == ""


@pytest.mark.parametrize(
    ("body", "keys", "reason"),
    [
        (b"a=%ff", "", "bytes that are not UTF-8"),
        (b"a=%zz", "", "two hex digits"),
        (b"a=%4", ", body: form", "two hex digits"),
        (b"&".join([b"a=1"] * (MOST_FIELDS + 1)), "", f"more than {MOST_FIELDS} fields"),
        (b"x=1", ", body: {form_field: payload}", "the field `payload` of the form is missing"),
        (b"payload=1&payload=2", ", body: {form_field: payload}", "stands 2 times"),
        (b"payload=%7B", ", body: {form_field: payload}", "the field `payload` of the form: the body is not JSON"),
        (b"\xff", ", body: text", "not UTF-8"),
    ],
)
def test_what_cannot_be_decoded_is_refused_as_400(body: bytes, keys: str, reason: str) -> None:
    with pytest.raises(Rejected, match=reason) as refused:
        payload(body, keys)
    assert refused.value.status == 400


def test_as_many_fields_as_there_may_be_are_read() -> None:
    assert payload(b"&".join([b"a=1"] * MOST_FIELDS)) == {"a": ["1"] * MOST_FIELDS}


def test_a_sample_is_sent_as_the_form_that_its_sender_would_send() -> None:
    sample = b'{"command": "/deploy", "tags": ["a", "b"], "ok": true, "n": 1, "none": null}'
    found = source("s: {verify: none, body: form}")
    assert found.reads.sent(sample) == b"command=%2Fdeploy&tags=a&tags=b&ok=true&n=1&none="
    assert found.reads.content_type == FORM
    assert source("s: {verify: none, body: {form_field: p}}").reads.sent(b'{"a":1}') == b"p=%7B%22a%22%3A1%7D"
    assert source("s: {verify: none}").reads.sent(sample) == sample
