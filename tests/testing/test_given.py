"""What comes in: a sample with changes, a payload, a file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.testing.course import outcomes, said, told


def test_a_sample_is_signed_verified_and_identified() -> None:
    (outcome,) = outcomes("- event: clerk/user.created\n")
    made = outcome.specimen.event
    assert made is not None
    assert (made.source, made.type, made.id, made.uid) == ("clerk", "user.created", "msg_test", "evt_test")
    assert made.received_at == datetime(2026, 1, 15, 12, tzinfo=UTC)
    assert outcome.specimen.request.header("svix-signature")


def test_a_type_with_a_slash_and_one_that_stands_in_a_header_are_named_the_same_way() -> None:
    (outcome,) = outcomes("- event: github/pull_request.opened\n")
    assert outcome.specimen.event is not None
    assert outcome.specimen.event.type == "pull_request.opened"


def test_the_id_the_time_and_values_of_the_sample_can_be_set() -> None:
    (outcome,) = outcomes(
        """
        - event: clerk/user.created
          id: msg_7
          at: 2026-02-01T00:00:00+01:00
          set: {data.first_name: Bob, data.public_metadata.plan: pro, "data.email_addresses.0.id": x}
        """
    )
    made = outcome.specimen.event
    assert made is not None
    assert (made.id, made.received_at) == ("msg_7", datetime(2026, 1, 31, 23, tzinfo=UTC))
    assert (made.data["first_name"], made.data["public_metadata"]["plan"]) == ("Bob", "pro")
    assert made.data["email_addresses"][0]["id"] == "x"
    assert made.data["created_at"] > 1_769_000_000_000  # the sample's times move along


def test_a_payload_stands_in_the_test_or_in_a_file_beside_it() -> None:
    payload = {"type": "user.created", "data": {"id": "u"}}
    Path("p.json").write_text(json.dumps(payload))
    inline, file, alone = outcomes(
        """
        - {event: clerk/user.created, payload: {type: user.created, data: {id: u}}}
        - {event: clerk/user.created, file: p.json}
        - {name: alone, source: app, payload: {type: user.created, data: {id: u}}}
        """
    )
    for outcome in (inline, file, alone):
        assert outcome.specimen.event is not None
        assert outcome.specimen.event.payload == payload


def test_a_file_is_signed_byte_for_byte_unless_it_is_changed() -> None:
    Path("p.json").write_text('{"type": "user.created",   "data": {"n": 1.0}}')
    as_it_is, changed = outcomes(
        """
        - {event: clerk/user.created, file: p.json}
        - {name: b, event: clerk/user.created, file: p.json, set: {data.n: 2}}
        """
    )
    assert as_it_is.specimen.request.body == Path("p.json").read_bytes()
    assert json.loads(changed.specimen.request.body)["data"] == {"n": 2}


def test_headers_come_instead_of_those_that_the_sender_would_send() -> None:
    (outcome,) = outcomes('- {event: github/push, headers: {X-GitHub-Delivery: "72", user-agent: me}}\n')
    assert outcome.specimen.request.all_of("x-github-delivery") == ["72"]
    assert outcome.specimen.request.header("User-Agent") == "me"
    unsigned = "- {event: clerk/user.created, headers: {svix-signature: null}, expect: {verify: is missing}}"
    assert said(unsigned) == []


def test_a_payload_of_another_type_than_the_test_names_is_a_failure() -> None:
    assert said(
        "- {event: clerk/user.created, payload: {type: user.deleted, data: {id: u}}, expect: {routes: []}}\n"
    ) == ["event: the payload makes another event of it: its type has to stand in the payload"]


def test_what_cannot_come_in_is_told_at_its_place() -> None:
    Path("bad.json").write_text('{"a": 1,}')
    found = told(
        """
        - {name: a, event: clerk/user.create}
        - {name: b, event: clerc/user.created}
        - {name: c, event: user.created}
        - {name: d}
        - {name: e, event: clerk/user.created, file: bad.json}
        - {name: f, event: clerk/user.created, file: none.json}
        - {name: g, event: clerk/user.created, set: {data.id.x: 1}}
        - {name: h, event: clerk/user.created, at: soon}
        - {name: i, event: clerk/user.created, request: {}}
        - {name: j, event: clerk/user.created, payload: {}, file: bad.json}
        - {name: k, event: clerk/user.created, set: {data.fist_name: Bob}}
        - {name: l, source: clerk}
        - {name: m, event: github/release.published}
        """
    )
    assert found[0].startswith("1:20 unknown-sample")
    with pytest.raises(ValueError) as raised:  # Pythons differ
        json.loads('{"a": 1,}')
    trailing = str(raised.value).split(":")[0]
    found = [re.sub(r" in line 1, column \d+$", "", line) for line in found]
    assert [line.split(" ", 1)[1] for line in found] == [
        "unknown-sample: there is no sample of `clerk/user.create` (did you mean `clerk/user.created`?)",
        "unknown-source: there is no source `clerc` (did you mean `clerk`?)",
        "which-event: `user.created` is no event: write SOURCE/TYPE (did you mean `clerk/user.created`?)",
        "missing-key: the test `d` needs an `event` "
        "(write `event: SOURCE/TYPE`, or `request` for one that was captured)",
        f"unreadable-file: the file is not JSON: {trailing}",
        "unreadable-file: the file `none.json` does not exist",
        "unknown-place: the payload has no place `data.id.x` (a path begins at the payload: data.first_name)",
        "wrong-value: `at` is no time: `soon` (write it in ISO 8601: 2026-01-15T12:00:00Z)",
        "which-event: `event` cannot stand beside `request`, which is taken as it came "
        "(the source stands in `request`)",
        "which-event: `payload` and `file` are one too many: keep one",
        "added-place: the sample has no `data.fist_name`, so that it is added (did you mean `data.first_name`?)",
        "which-event: this says not which event comes "
        "(write `event: SOURCE/TYPE`, or give a `payload` or a `file`)",
        "unknown-sample: there is no sample of `github/release.published` "
        "(give it a `payload`, or a `file`; there are ping, pull_request.opened, push)",
    ]
