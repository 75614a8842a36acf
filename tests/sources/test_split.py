"""Requests that hold many events: what each of them is, and that it is read again as the same one."""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from router.errors import Rejected
from router.live import reread
from router.model import Event
from router.sources import source as source_module
from router.sources.source import Source
from router.sources.split import MOST_EVENTS
from tests.journal.values import NOW
from tests.sources.build import request, source


def uids() -> Any:
    """Return what makes ids: evt_0, evt_1, ..."""
    numbers = itertools.count()
    return lambda at: f"evt_{next(numbers)}"


def events(found: Source, payload: Any, headers: dict[str, str] | None = None) -> list[Event]:
    """Return the events of a request."""
    return found.identify_all(request(json.dumps(payload).encode(), headers or {}), uids())


def test_each_element_of_the_array_is_an_event_with_what_stands_around_it() -> None:
    found = source("s: {verify: none, split: $.events, type: $.kind, id: $.id, time: $.at}")
    sent = {"account": "a1", "at": 1700000000, "events": [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}]}
    first, second = events(found, sent)
    assert (first.uid, first.id, first.type, first.data) == ("evt_0", "1", "a", {"id": 1, "kind": "a"})
    assert (second.uid, second.id, second.type, second.data) == ("evt_1", "2", "b", {"id": 2, "kind": "b"})
    assert second.payload == {"account": "a1", "at": 1700000000, "events": [{"id": 2, "kind": "b"}]}
    assert json.loads(second.body) == second.payload
    assert first.time == second.time == datetime.fromisoformat("2023-11-14T22:13:20+00:00")


def test_the_whole_body_may_be_the_array_and_arrays_may_be_nested() -> None:
    whole = source("s: {verify: none, split: $, id: $.sg_event_id}")
    assert [(e.id, e.payload) for e in events(whole, [{"sg_event_id": "x"}, {"sg_event_id": "y"}])] == [
        ("x", [{"sg_event_id": "x"}]),
        ("y", [{"sg_event_id": "y"}]),
    ]
    nested = source("s: {verify: none, split: '$.entry[*].changes', type: $.field, id: $.id}")
    sent = {
        "object": "page",
        "entry": [{"id": 1, "changes": [{"field": "a"}]}, {"id": 2, "changes": [{"field": "b"}]}],
    }
    assert [e.payload for e in events(nested, sent)] == [
        {"object": "page", "entry": [{"id": 1, "changes": [{"field": "a"}]}]},
        {"object": "page", "entry": [{"id": 2, "changes": [{"field": "b"}]}]},
    ]


def test_data_stands_in_the_element() -> None:
    found = source("s: {verify: none, split: $.items, data: $.NotificationRequestItem}")
    (event,) = events(found, {"live": "false", "items": [{"NotificationRequestItem": {"a": 1}}]})
    assert event.data == {"a": 1}


def test_an_id_of_the_request_is_made_one_of_each_event() -> None:
    found = source("s: {verify: none, split: $.events, id: header:X-Id}")
    sent = {"events": [{"a": 1}, {"a": 2}]}
    assert [e.id for e in events(found, sent, {"X-Id": "m7"})] == ["m7/0", "m7/1"]
    assert all(event.deduplicable for event in events(found, sent, {"X-Id": "m7"}))
    assert [(e.id, e.deduplicable) for e in events(found, sent)] == [("evt_0", False), ("evt_1", False)]


def test_a_request_without_the_array_is_one_event_and_an_empty_array_none() -> None:
    found = source("s: {verify: none, split: $.events, id: $.id}")
    (event,) = events(found, {"id": "x"})
    assert (event.id, event.data) == ("x", {"id": "x"})
    assert events(found, {"events": []}) == []


@pytest.mark.parametrize(
    "keys", ["split: $.events, id: $.id", "split: '$.entry[*].events', id: header:X-Id", "split: $.events"]
)
def test_a_stored_event_is_read_again_as_the_one_that_it_was(keys: str) -> None:
    found = source(f"s: {{verify: none, type: $.t, {keys}}}")
    many = [{"id": n, "t": f"t{n}"} for n in range(3)]
    for event in events(found, {"events": many, "entry": [{"events": many}]}, {"X-Id": "m"}):
        stored: Any = event  # it has all that is read of a stored one
        assert reread(stored, {"s": found}) == event


def test_an_array_in_a_field_of_a_form_is_taken_apart_too() -> None:
    found = source("s: {verify: none, body: {form_field: mandrill_events}, split: $, id: $._id}")
    body = urlencode({"mandrill_events": '[{"_id": "a"}, {"_id": "b"}]', "v": "1"}).encode()
    made = found.identify_all(request(body, {}), uids())
    assert [event.id for event in made] == ["a", "b"]
    stored: Any = made[1]
    assert reread(stored, {"s": found}) == made[1]
    assert b"v=1" in made[1].body


def test_more_events_than_allowed_are_refused_as_413(monkeypatch: pytest.MonkeyPatch) -> None:
    found = source("s: {verify: none, split: $.events}")
    assert len(events(found, {"events": [1] * MOST_EVENTS})) == MOST_EVENTS
    with pytest.raises(Rejected, match=f"more than {MOST_EVENTS} events") as refused:
        events(found, {"events": [1] * (MOST_EVENTS + 1)})
    assert refused.value.status == 413
    monkeypatch.setattr(source_module, "MOST_BYTES", 1000)
    with pytest.raises(Rejected, match="1000 bytes together") as refused:
        events(found, {"note": "x" * 600, "events": [1, 2]})
    assert refused.value.status == 413


def test_a_batch_of_before_that_was_stored_as_one_event_stays_one() -> None:
    found = source("s: {verify: none, split: $.events, id: $.id}")
    event = found.identify(request(b'{"events": [{"id": 1}, {"id": 2}]}', {}, at=NOW), "evt_1")
    assert event.data == {"events": [{"id": 1}, {"id": 2}]}
