"""Ids that are made of values of an event."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from router.model import Event
from tests.sources.build import request, source

KEYS = "s: {verify: none, dedupe: {key: [$.group, header:X-Kind], window: 10m}}"


def event(payload: Any, kind: str | None = None, keys: str = KEYS) -> Event:
    """Return the event of a request."""
    headers = {} if kind is None else {"X-Kind": kind}
    return source(keys).identify(request(json.dumps(payload).encode(), headers), "evt_1")


def test_the_same_values_make_the_same_id_and_others_another() -> None:
    first = event({"group": {"a": 1, "b": 2}, "at": 1}, "x")
    assert (first.deduplicable, first.window) == (True, timedelta(minutes=10))
    assert event({"at": 2, "group": {"b": 2, "a": 1}}, "x").id == first.id
    others = [
        event({"group": "a"}, "b"),
        event({"group": "ab"}, ""),
        event({"group": "a"}),
        event({"group": None}, "a"),
    ]
    assert len({first.id, *(other.id for other in others)}) == 5


def test_an_event_without_any_of_the_values_is_no_repeat() -> None:
    assert (event({"a": 1}).id, event({"a": 1}).deduplicable) == ("evt_1", False)


def test_a_value_that_is_no_text_of_any_database_makes_an_id_too() -> None:
    assert event({"group": "\ud800\x00"}).id.startswith("key_")


def test_each_event_of_a_request_has_an_id_of_its_own() -> None:
    found = source("s: {verify: none, split: $, dedupe: {key: $.a, window: 1m}}")
    one, two, again = found.identify_all(request(b'[{"a": 1}, {"a": 2}, {"a": 1}]', {}), lambda at: "evt")
    assert one.id == again.id != two.id
