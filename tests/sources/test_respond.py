"""The answer of a source: what can be written, and what cannot."""

from __future__ import annotations

import pytest

from router.sources.respond import Response
from tests.sources.build import codes, source

JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("respond", "answer"),
    [
        ("{status: 200}", Response(200)),
        ("{status: 204}", Response(204)),
        ("{text: '[accepted]'}", Response(200, b"[accepted]", (("Content-Type", "text/plain; charset=utf-8"),))),
        (
            "{json: {ok: true, n: [1]}}",
            Response(200, b'{"ok": true, "n": [1]}', (("Content-Type", "application/json"),)),
        ),
        (
            "{body: <Response/>, headers: {content-type: text/xml, X-A: 1}}",
            Response(200, b"<Response/>", (("content-type", "text/xml"), ("X-A", "1"))),
        ),
    ],
)
def test_status_body_and_headers_can_be_said(respond: str, answer: Response) -> None:
    assert source(f"s: {{verify: none, id: $.id, respond: {respond}}}").response == answer


@pytest.mark.parametrize(
    ("respond", "code"),
    [
        ("{status: 500}", "out-of-range"),
        ("{status: 302}", "out-of-range"),
        ("{status: 204, text: x}", "useless-key"),
        ("{json: 1, text: x}", "useless-key"),
        ("{headers: {'a b': x}}", "wrong-header"),
        ("{headers: {Content-Length: 3}}", "wrong-header"),
        ('{headers: {X-A: "a\\r\\nb: c"}}', "wrong-header"),
        ("{headers: {X-A: [1]}}", "wrong-type"),
        ("{stats: 200}", "unknown-key"),
        ("ok", "wrong-type"),
    ],
)
def test_a_mistake_is_told(respond: str, code: str) -> None:
    assert codes(f"s: {{verify: none, id: $.id, respond: {respond}}}") == [code]
