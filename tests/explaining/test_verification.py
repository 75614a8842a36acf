"""How a verification is told, and what is found out about one that fails."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from router.explaining.verification import Verification, verification
from router.model import RawRequest
from router.ruleset import Ruleset
from tests.explaining.senders import AT, BODY, PAYLOAD, having, rules, sent, without
from tests.sources.build import request as arrived
from tests.sources.build import source


@pytest.fixture
def ruleset(tmp_path: Path) -> Ruleset:
    """Sources of every scheme."""
    return rules(tmp_path)


def told(ruleset: Ruleset, name: str, request: RawRequest) -> Verification:
    """Return the verification, with all other sources known."""
    others = [source for source in ruleset.sources.values() if source.name != name]
    return verification(ruleset.sources[name], request, others)


def test_a_genuine_request_is_told_header_by_header(ruleset: Ruleset) -> None:
    found = told(ruleset, "clerk", sent(ruleset.sources["clerk"], received_at=AT + timedelta(seconds=3)))
    assert (found.scheme, found.verdict, found.hints) == ("svix", "verified", ())
    assert [(h.role, h.name) for h in found.headers] == [
        ("id", "svix-id"),
        ("timestamp", "svix-timestamp"),
        ("signature", "svix-signature"),
    ]
    assert found.headers[1].note == "2026-11-23T12:30:00Z, 3s before its receipt, 5m are allowed"
    assert found.headers[2].value is not None
    assert found.headers[2].value.startswith("v1,")
    assert len(found.headers[2].value) < 40


def test_a_token_is_never_told(ruleset: Ruleset) -> None:
    for request in (sent(ruleset.sources["am"]), having(sent(ruleset.sources["am"]), "Authorization", "another")):
        assert "tok-123456" not in str(told(ruleset, "am", request))
        assert "another" not in str(told(ruleset, "am", request).headers)


def test_a_source_that_is_not_verified_says_so(ruleset: Ruleset) -> None:
    found = told(ruleset, "open", sent(ruleset.sources["open"]))
    assert (found.verdict, found.reason) == ("unchecked", "`verify: none`: anybody may send")


Change = Callable[[Ruleset, RawRequest], RawRequest]
COMPACT = json.dumps(PAYLOAD, ensure_ascii=False, separators=(",", ":")).encode()
CLERK: list[tuple[Change, str, str]] = [
    (lambda _, r: replace(r, body=r.body + b"\n"), "no signature fits", "without the line break at its end"),
    (lambda _, r: replace(r, body=r.body + b"\r\n"), "no signature fits", "without the line break at its end"),
    (lambda _, r: replace(r, body=b"\xef\xbb\xbf" + r.body), "no signature fits", "without the byte-order mark"),
    (lambda _, r: replace(r, body=b"  " + r.body), "no signature fits", "without the blanks around it"),
    (
        lambda _, r: replace(r, body=json.dumps(PAYLOAD, indent=2).encode()),
        "no signature fits",
        "written without blanks: something wrote the JSON anew",
    ),
    (
        lambda _, r: replace(r, received_at=AT + timedelta(days=2)),
        "the timestamp is 172800 s old",
        "all but its age is right: for a receipt at that time ask with --at 2026-11-23T12:30:00Z",
    ),
    (
        lambda _, r: replace(r, received_at=AT + timedelta(days=2), body=r.body.replace(b"user_1", b"user_2")),
        "the timestamp is 172800 s old",
        "that it is too old is not all",
    ),
    (
        lambda _, r: replace(r, body=r.body.replace(b"user_1", b"user_2")),
        "no signature fits",
        "most likely the sender's secret is another",
    ),
    (
        lambda _, r: without(r, "svix-signature"),
        "the header `svix-signature` is missing",
        "the request has these headers: `svix-id`, `svix-timestamp`",
    ),
    (
        lambda _, r: having(without(r, "svix-signature"), "svix_signature", "v1,x"),
        "the header `svix-signature` is missing",
        "there is `svix_signature`, which this source does not read: it reads `svix-signature`",
    ),
    (
        lambda rules, _: replace(sent(rules.sources["github"], "push"), source="clerk"),
        "the header `svix-id` is missing",
        "it fits the source `github`",
    ),
    (
        lambda _, r: replace(having(r, "Content-Length", str(len(BODY))), body=r.body + b" x"),
        "no signature fits",
        f"the body has {len(BODY) + 2} bytes, 2 more than its `content-length` says",
    ),
]


@pytest.mark.parametrize(("change", "reason", "hint"), CLERK, ids=[hint for _, _, hint in CLERK])
def test_what_was_done_to_a_signed_request_is_found(
    ruleset: Ruleset, change: Change, reason: str, hint: str
) -> None:
    found = told(ruleset, "clerk", change(ruleset, sent(ruleset.sources["clerk"])))
    assert (found.verdict, found.status) == ("refused", 401)
    assert reason in found.reason
    assert hint in "\n".join(found.hints)


WRITTEN = [
    (json.dumps(PAYLOAD, indent=2, ensure_ascii=False), "pretty-printed by 2:"),
    (json.dumps(PAYLOAD, indent=4, ensure_ascii=False), "pretty-printed by 4:"),
    (json.dumps(PAYLOAD), "with a blank after each comma and colon with its letters escaped"),
    (json.dumps(PAYLOAD, sort_keys=True, separators=(",", ":"), ensure_ascii=False), "with its keys sorted"),
    (COMPACT.decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"), "`&` escaped"),
    (json.dumps(PAYLOAD, indent=2, ensure_ascii=False).replace("\n", "\r\n"), "pretty-printed"),
    ("", "an empty body"),
]


@pytest.mark.parametrize(("signed", "hint"), WRITTEN, ids=[hint for _, hint in WRITTEN])
def test_the_form_that_was_signed_is_found_though_it_was_written_anew(
    ruleset: Ruleset, signed: str, hint: str
) -> None:
    if "\r\n" in signed:  # the lines were changed, and nothing else
        came, hint = signed.replace("\r\n", "\n").encode(), "other line breaks"
    else:
        came = BODY
    source = ruleset.sources["github"]
    request = replace(sent(source, "push", signed.encode()), body=came)
    assert hint in "\n".join(told(ruleset, "github", request).hints)


OTHERS: list[tuple[str, Change, str]] = [
    ("am", lambda _, r: having(r, "Authorization", "tok-123456"), "fits with `Bearer ` before it"),
    (
        "am",
        lambda _, r: having(r, "Authorization", "Bearer Bearer tok-123456"),
        "fits without `Bearer ` before it",
    ),
    ("am", lambda _, r: having(r, "Authorization", '"Bearer tok-123456"'), "fits without the quotes around it"),
    ("am", lambda _, r: having(r, "Authorization", "Bearer nothing"), "it is not its secret"),
    (
        "github",
        lambda _, r: having(without(r, "x-hub-signature-256"), "X-Hub-Signature", "sha1=ab"),
        "there is `X-Hub-Signature`, which this source does not read: it reads `X-Hub-Signature-256`",
    ),
]


@pytest.mark.parametrize(("name", "change", "hint"), OTHERS, ids=[hint for _, _, hint in OTHERS])
def test_what_is_odd_about_a_header_is_found(ruleset: Ruleset, name: str, change: Change, hint: str) -> None:
    found = told(ruleset, name, change(ruleset, sent(ruleset.sources[name])))
    assert found.verdict == "refused"
    assert hint in "\n".join(found.hints)


def test_a_large_body_is_not_tried_in_many_forms(ruleset: Ruleset) -> None:
    body = b'{"data": "' + b"x" * 1_100_000 + b'"}'
    found = told(ruleset, "github", replace(sent(ruleset.sources["github"], "push", body), body=body + b"\n"))
    assert found.verdict == "refused"


def test_the_value_that_a_header_must_have_is_never_told_and_the_secret_that_fits_is() -> None:
    one = source(
        "s: {verify: {scheme: hmac, header: X-Sig, encoding: hex, require: {X-Key: abc-required}},"
        " secret: [new-secret, old-secret], id: $.i}"
    )
    digest = hmac.new(b"old-secret", BODY, "sha256").hexdigest()
    told = verification(one, arrived(BODY, {"X-Sig": digest, "X-Key": "abc-required"}))
    assert (told.verdict, told.secret) == ("verified", 2)
    assert "abc-required" not in repr(told)
    assert "abc-required" not in repr(one)
