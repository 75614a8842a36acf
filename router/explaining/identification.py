"""Tells where the type, id, time and data of an event were found, or why something else stands for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router.errors import Rejected
from router.model import Event, RawRequest
from router.printable import to_the_second
from router.routing.condition_trace import keys_of
from router.routing.condition_value import named
from router.sources.locator import Locator
from router.sources.source import Source


@dataclass(frozen=True, slots=True)
class Found:
    """One of type, id, time and data: its value in words, where it stands, and what is odd about that."""

    what: str
    value: str
    place: str
    note: str = ""


def identification(source: Source, request: RawRequest, event: Event) -> tuple[Found, ...]:
    """Return where each part of an event was found."""
    try:
        payload = source.payload(request)
    except Rejected:
        return ()
    return (
        _type(source, request, event, payload),
        _id(source, request, event, payload),
        _time(source, request, event, payload),
        _data(source, request, event, payload),
    )


def place_of(locator: Locator) -> str:
    """Return a place as the configuration writes it."""
    return f"header:{locator.header}" if locator.header is not None else locator.path.text if locator.path else ""


def _type(source: Source, request: RawRequest, event: Event, payload: Any) -> Found:
    places = " and ".join(f"`{place_of(place)}`" for place in source.type_at)
    if event.type:
        lacking = [place_of(p) for p in source.type_at if p.find(request, payload) in (None, "")]
        having = [place_of(p) for p in source.type_at if place_of(p) not in lacking]
        said = " and ".join(f"`{place}`" for place in having)
        return Found("type", event.type, said + "".join(f" (nothing at `{place}`)" for place in lacking))
    then = "only routes without `event`, and fallbacks, take it"
    if not source.type_at:
        return Found("type", "", "", f"the source `{source.name}` has no `type`, so that {then}")
    found = [_value(place, request, payload) for place in source.type_at]
    return Found("type", "", places, f"{'; '.join(found)}: no type, so that {then}")


def _id(source: Source, request: RawRequest, event: Event, payload: Any) -> Found:
    if source.dedupe is not None:
        place = "made of " + " and ".join(f"`{place_of(place)}`" for place in source.dedupe.key)
        found = "nothing of `dedupe` is there"
    elif source.id_at is not None:
        place = f"`{place_of(source.id_at)}`"
        found = _value(source.id_at, request, payload)
    else:
        header = next((h.name for h in source.scheme.proof(request) if h.role == "id"), None)
        place = f"the signed header `{header}`" if header else ""
        found = f"`{header}` is not there" if header else f"the source `{source.name}` has no `id`"
    if event.deduplicable:
        return Found("id", event.id, place)
    return Found("id", event.id, place, f"{found}: the router's own stands for it, and nothing is a duplicate")


def _time(source: Source, request: RawRequest, event: Event, payload: Any) -> Found:
    value = to_the_second(event.time)
    if source.time_at is None:
        return Found(
            "time", value, "", f"the source `{source.name}` has no `time`: that of the receipt stands for it"
        )
    place = f"`{place_of(source.time_at)}`"
    if event.time != event.received_at:
        return Found("time", value, place)
    found = _value(source.time_at, request, payload)
    return Found("time", value, place, f"{found}: the time of the receipt")


def _data(source: Source, request: RawRequest, event: Event, payload: Any) -> Found:
    place = f"`{place_of(source.data_at)}`" if source.data_at else "the whole body"
    if event.data is None and source.data_at is not None:
        return Found("data", "null", place, _value(source.data_at, request, payload))
    if isinstance(event.data, Mapping):
        return Found("data", keys_of([str(key) for key in event.data]), place)
    return Found("data", named(event.data), place)


def _value(place: Locator, request: RawRequest, payload: Any) -> str:
    where = place_of(place)
    value = place.find(request, payload)
    if value is not None:
        return f"`{where}` is {named(value)}"
    if place.path is None or not isinstance(payload, Mapping | list):
        return f"`{where}` is not there"
    reach = place.path.reach(payload)
    first = reach.values[0] if reach.values else None
    has = f"; `{reach.reached}` has {keys_of([str(k) for k in first])}" if isinstance(first, Mapping) else ""
    return f"`{where}` is not there{has}" if place.path.select(payload) == [] else f"`{where}` is null"
