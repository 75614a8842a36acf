"""A request as it came, with its signature and time."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from svix.webhooks import Webhook

from router.config.report import render
from router.testing.outcome import Outcome
from router.testing.runner import run
from tests.testing.course import WELCOME, read, told, write

SECRET = "whsec_" + "QUFB" * 8
SENT = datetime(2026, 11, 25, 8, tzinfo=UTC)
BODY = '{"type":"user.created","data":{"id":"user_9","first_name":"Zo\u00eb"}}'
HEADERS = (
    f'headers: {{svix-id: msg_9, svix-timestamp: "{int(SENT.timestamp())}", '
    f'svix-signature: "{Webhook(SECRET).sign("msg_9", SENT, BODY)}"}}'
)


def came(request: str, env: str = f"env: {{CLERK_SECRET: {SECRET}}}") -> Outcome:
    cases, problems = read(
        write(f"- name: captured\n  {env}\n  request: {{{request}}}\n  expect: {{verify: ok}}\n")
    )
    assert not problems.errors, render(problems)
    return run(cases[0])


def test_a_genuine_request_is_verified_with_the_secret_and_the_time_of_the_test() -> None:
    outcome = came(f"source: clerk, at: 2026-11-25T08:00:02Z, {HEADERS}, body: '{BODY}'")
    assert outcome.passed
    assert outcome.specimen.event is not None
    assert outcome.specimen.event.data["first_name"] == "Zo\u00eb"


def test_its_body_may_stand_in_base64_or_in_a_file_of_any_bytes() -> None:
    Path("body.bin").write_bytes(BODY.encode())
    encoded = b64encode(BODY.encode()).decode()
    for body in (f"{{base64: {encoded}}}", "{file: body.bin}"):
        assert came(f"path: '/webhooks/clerk?a=1', at: 2026-11-25T08:00:02Z, {HEADERS}, body: {body}").passed


def test_one_byte_more_is_refused() -> None:
    outcome = came(f"source: clerk, at: 2026-11-25T08:00:02Z, {HEADERS}, body: '{BODY} '")
    assert [failure.subject for failure in outcome.failures] == ["verify"]
    assert "no signature fits" in outcome.failures[0].message


def test_a_refusal_says_what_is_often_forgotten() -> None:
    old = came(f"source: clerk, {HEADERS}, body: '{BODY}'")
    assert [reason.text for reason in old.failures[0].reasons] == [
        "it is judged by 2026-01-15T12:00:00Z: say in `at` when it came"
    ]
    other = came(f"source: clerk, at: 2026-11-25T08:00:02Z, {HEADERS}, body: '{BODY}'", env="env: {}")
    assert "CLERK_SECRET" in other.failures[0].reasons[0].text


def test_query_and_doubled_headers_are_kept_in_order() -> None:
    outcome = came("source: app, headers: {X-A: [b, c], X-N: 5}, query: {q: [1, 2], r: x}, body: '{}'")
    request = outcome.specimen.request
    assert request.headers == (("X-A", "b"), ("X-A", "c"), ("X-N", "5"))
    assert request.query == (("q", "1"), ("q", "2"), ("r", "x"))
    assert came("path: '/webhooks/app?a=1', query: b=2, body: '{}'").specimen.request.query == (
        ("a", "1"),
        ("b", "2"),
    )


def test_mistakes_in_it_are_told_at_their_places() -> None:
    found = told(
        """
        - request: {body: "{}"}
        - request: {source: clerck, headers: []}
        - request: {path: /webhooks/klerk}
        - request: {source: clerk, body: {a: b}, header: {}}
        - request: {source: clerk, body: {base64: "%%"}}
        - request: {source: clerk, body: {file: none.bin}, query: 5, at: 5}
        - request: text
        """,
        WELCOME,
    )
    assert [line.split(" ", 1)[1] for line in found] == [
        "missing-key: `request` needs a `source`, or the `path` it was sent to (one of: app, clerk, github)",
        "unknown-source: there is no source `clerck` (did you mean `clerk`?)",
        "wrong-type: `headers` must be a mapping of names and values, not a list",
        "unknown-source: no source takes requests at `/webhooks/klerk` (did you mean `/webhooks/clerk`?)",
        "missing-key: `body` says not what it is "
        "(a mapping here is `{base64: ...}` or `{file: ...}`; quote JSON: body: '{...}')",
        "unknown-key: `body` has no key `a` (known: base64, file)",
        "unknown-key: `request` has no key `header` (did you mean `headers`?)",
        "wrong-type: this is not base64",
        "unreadable-file: the file `none.bin` does not exist",
        "wrong-type: `query` must be a mapping or a text, not a number",
        'wrong-type: `at` must be a text, not a number (quote it: "5")',
        "wrong-type: `request` must be a mapping, not a text",
    ]
