"""Reads the filters of `retry`, `discard` and `replay`, from the API and from the command line alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from router.delivery.replay_request import ReplayRequest
from router.journal.journal import DeliveryFilter, EventFilter
from router.model import DeliveryState, EventState

_TIMES = ("since", "until")


def delivery_filter(asked: Mapping[str, Any]) -> DeliveryFilter:
    """Read the filter of a `retry` or `discard`; raises ValueError that says which key is wrong."""
    return DeliveryFilter(**_read(asked, _DELIVERY, {"state": DeliveryState}))


def event_filter(asked: Mapping[str, Any]) -> EventFilter:
    """Read the filter of a `replay`; raises ValueError that says which key is wrong."""
    return EventFilter(**_read(asked, _EVENT, {"state": EventState, "delivery_state": DeliveryState}))


def replay_request(asked: Mapping[str, Any]) -> ReplayRequest:
    """Read what a replay is asked for: `filter`, `route`, `action` and `again`; raises ValueError."""
    for key in ("route", "action"):
        value = asked.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise ValueError(f"`{key}` must be a text: the name of one in the configuration")
    wanted = event_filter(asked.get("filter", {}))
    return ReplayRequest(wanted, asked.get("route"), asked.get("action"), asked.get("again", False))


_DELIVERY = {"ids", "event", "source", "type", "route", "action", "destination", "state", "since", "until", "text"}
_EVENT = {"ids", "source", "type", "state", "delivery_state", "route", "since", "until", "text"}


def _read(asked: Mapping[str, Any], known: set[str], enums: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in asked.items():
        if key not in known:
            raise ValueError(f"`{key}` is no filter; known: {', '.join(sorted(known))}")
        if value is None:
            continue
        if key == "ids":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError("`ids` must be a list of texts")
            if not value:  # a program that found none means none, not all
                raise ValueError("`ids` is empty: leave it out, or name some")
            found[key] = tuple(value)
        elif not isinstance(value, str):
            raise ValueError(f"`{key}` must be a text")
        elif not value:
            raise ValueError(f"`{key}` is empty: leave it out, or give it a value")
        elif key in enums:
            try:
                found[key] = enums[key](value)
            except ValueError:
                states = ", ".join(state.value for state in enums[key])
                raise ValueError(f"`{value}` is no state; known: {states}") from None
        elif key in _TIMES:
            found[key] = _time(key, value)
        else:
            found[key] = value
    return found


def _time(key: str, value: str) -> datetime:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"`{key}` must be a time such as 2026-11-23T10:00:00Z") from None
    if when.tzinfo is None:
        raise ValueError(f"`{key}` needs a time zone: 2026-11-23T10:00:00Z")
    return when
