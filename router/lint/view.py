"""The sample events that a route or action takes, and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from router.lint.shape import ANYTHING, Shape, shape_of
from router.model import Event
from router.routing.events import EventFilter
from router.sources.provider import provider
from router.sources.samples import SAMPLES_MADE_AT, sample, sample_types
from router.sources.source import Source
from router.specimen import received, signed_request


@dataclass(frozen=True)
class View:
    """Sample events; `complete` when they are of every type that is taken.

    `data` and `payload` are the shapes of all of them together.
    """

    events: tuple[Event, ...]
    complete: bool
    data: Shape
    payload: Shape

    @property
    def types(self) -> str:
        """The types of the samples, in words."""
        return named_types(self.events)


def named_types(events: Collection[Event]) -> str:
    """Return the sources and types of events, in words."""
    names = list(dict.fromkeys((event.source, event.type) for event in events))
    shown = names if len(names) < 5 else names[:3]
    words = [
        type_ if number and shown[number - 1][0] == source else f"{source} {type_}"
        for number, (source, type_) in enumerate(shown)
    ]
    if len(shown) < len(names):
        return f"{', '.join(words)} and {len(names) - 3} more"
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


@dataclass
class Views:
    """The samples of a configuration's sources; the same question is answered once."""

    sources: Mapping[str, Source]
    _of_source: dict[str, list[tuple[Event, Event]]] = field(default_factory=dict)
    _found: dict[Any, View] = field(default_factory=dict)

    def of(self, sources: frozenset[str] | None, *filters: EventFilter | None) -> View:
        """Return the samples of these sources (None: of all) that fit all filters."""
        key = (sources, filters)
        if key not in self._found:
            self._found[key] = self._view(self.sources.keys() if sources is None else sources, filters)
        return self._found[key]

    def _view(self, sources: Collection[str], filters: tuple[EventFilter | None, ...]) -> View:
        pairs: list[tuple[Event, Event]] = []
        complete = bool(sources)
        for name in sorted(sources):
            here = [pair for pair in self._samples(name) if _fits(filters, pair[0].type)]
            pairs += here
            taken = _taken(self.sources[name].known_types, filters)
            complete &= (
                taken is not None and taken <= {event.type for event, _ in here} and not self._partial(name)
            )
        widened = [wide for _, wide in pairs]
        return View(
            tuple(event for event, _ in pairs),
            complete and bool(pairs),
            shape_of((event.data for event in widened), "data"),
            shape_of((event.payload for event in widened), "payload"),
        )

    def _partial(self, name: str) -> bool:
        """Tell whether the samples of a source may lack fields that its events have."""
        known = self.sources[name].provider
        return known is not None and provider(known).partial

    def _samples(self, name: str) -> list[tuple[Event, Event]]:
        """Return the samples of a source, each as it is, and widened by what its sender sends sometimes."""
        if name not in self._of_source:
            source = self.sources[name]
            types = sample_types(source.provider) if source.provider else []
            found = [_read(source, type_) for type_ in types]
            self._of_source[name] = [pair for pair in found if pair is not None]
        return self._of_source[name]


def _fits(filters: tuple[EventFilter | None, ...], type_: str) -> bool:
    return all(one is None or one.fits(type_) for one in filters)


def _taken(known: frozenset[str], filters: tuple[EventFilter | None, ...]) -> set[str] | None:
    """Return the types that a source sends and the filters let through; None where that is not known."""
    exact = [one.exact for one in filters if one is not None and not one.globs]
    if not known and not exact:
        return None
    return {type_ for type_ in (known or exact[0]) if _fits(filters, type_)}


def _read(source: Source, type_: str) -> tuple[Event, Event] | None:
    """Return a sample as its source reads it; None where the source's own keys make it refuse it."""
    assert source.provider is not None  # noqa: S101 - it has samples
    payload = sample(source.provider, type_, SAMPLES_MADE_AT)
    try:
        request = signed_request(
            source, type_, json.dumps(payload).encode(), f"msg_sample_{type_}", SAMPLES_MADE_AT
        )
    except ValueError:
        return None
    event = received(source, request, "evt_sample").event
    wide = received(source, request, "evt_sample").event
    if event is None or wide is None:
        return None
    for path in provider(source.provider).sometimes:
        _widen(wide.payload, path.split("."))
    return event, wide


def _widen(value: Any, path: list[str]) -> None:
    first, *rest = path
    if isinstance(value, list) and first == "*":
        for inner in value:
            _widen(inner, rest)
    elif isinstance(value, dict) and not rest:
        value.setdefault(first, ANYTHING)
    elif isinstance(value, dict) and first in value:
        _widen(value[first], rest)
