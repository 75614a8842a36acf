"""The verdict of the verification, as expected or not."""

from __future__ import annotations

import pytest

from tests.testing.course import failures, said

BAD = "event: clerk/user.created, headers: {svix-signature: 'v1," + "A" * 43 + "='}"


@pytest.mark.parametrize(
    "verdict", ["refused", "no signature fits", "{status: 401}", "{status: 401, reason: no signature}", "{}"]
)
def test_a_refusal_is_expected_in_several_ways(verdict: str) -> None:
    assert said(f"- {{{BAD}, expect: {{verify: {verdict}}}}}\n") == []


@pytest.mark.parametrize("expect", ["{verify: ok}", "{routes: [welcome]}"])
def test_a_refusal_that_is_not_expected_is_the_only_failure(expect: str) -> None:
    (only,) = said(f"- {{{BAD}, expect: {expect}}}\n")
    assert only.startswith("verify: it is refused with 401: no signature fits")


def test_another_reason_or_status_is_told_at_its_place() -> None:
    first, second = failures(f"- {{{BAD}, expect: {{verify: {{status: 400, reason: too old}}}}}}\n")
    assert (first.subject, first.expected, first.actual) == ("verify.status", 400, 401)
    assert (second.subject, second.expected) == ("verify.reason", "too old")
    assert second.mark.column > first.mark.column


def test_what_is_accepted_and_should_not_be_fails() -> None:
    for verdict in ("refused", "too old", "{status: 401, reason: x}"):
        found = said(f"- {{event: clerk/user.created, expect: {{verify: {verdict}}}}}\n")
        assert found == ["verify: it is accepted"]


def test_a_body_that_is_not_json_is_refused_with_400() -> None:
    request = "request: {source: app, body: '{'}"
    assert said(f"- {{{request}, expect: {{verify: {{status: 400, reason: not JSON}}}}}}\n") == []
