"""Takes `router diff` through the events: those of a journal, page by page, or the shipped samples."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from router.cli.progress import Progress
from router.comparison.sides import Reading, Sides
from router.comparison.tally import Subject, Tally
from router.errors import JournalError
from router.journal.journal import Contents, EventFilter, StoredEvent
from router.model import RawRequest
from router.ruleset import Ruleset
from router.sources.samples import sample, sample_types
from router.specimen import body_of, received, signed_request

PAGE = 500
BYTES = 8 * 2**20
"""So much of bodies is read at once."""


class Store(Protocol):
    """What is read of a journal."""

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """List events, newest first, without bodies."""

    async def contents(self, uids: Sequence[str]) -> Mapping[str, Contents]:
        """Return what came with these events."""

    async def count(self, wanted: EventFilter) -> int:
        """Count what fits."""


class Walk:
    """Compares event after event; `tally` has what was found so far, and `seconds` is how long that took."""

    def __init__(self, sides: Sides, examples: int, progress: Progress) -> None:
        self.tally = Tally(sides.comparer, examples)
        self.progress = progress
        self.expected: int | None = None
        self.seconds = 0.0
        self.what = "stored events"
        self._sides = sides

    async def stored(self, store: Store, wanted: EventFilter, limit: int | None) -> None:
        """Compare the stored events that fit, the newest first, `limit` of them at most."""
        self.progress.show(None, "counting the events")
        try:
            self.expected = await store.count(wanted)
        except JournalError:  # too many to be counted in time: reading them goes on page by page
            self.expected = None
        if limit is not None and self.expected is not None:
            self.expected = min(self.expected, limit)
        begun = time.monotonic()
        page = replace(wanted, limit=min(PAGE, limit or PAGE))
        while events := await store.events(page):
            for chunk in _chunks(events):
                contents = await store.contents([event.uid for event in chunk])
                for event in chunk:
                    if (found := contents.get(event.uid)) is not None:
                        self._one(event, found)
                self.seconds = time.monotonic() - begun
                self._show()
            left = PAGE if limit is None else limit - self.tally.events
            if left <= 0:
                return
            page = replace(page, before=events[-1].uid, limit=min(PAGE, left))

    def samples(self, now: datetime, source: str | None, type_: str | None) -> None:
        """Compare the samples of the sources that either configuration has."""
        self.what = "samples"
        found = list(_samples(self._sides, source, type_))
        self.expected = len(found)
        begun = time.monotonic()
        for name, provider, sample_type in found:
            uid = f"{name}/{sample_type}"
            body = body_of(sample(provider, sample_type, now))
            before, after = (
                _specimen(ruleset, name, sample_type, body, uid, now)
                for ruleset in (self._sides.before, self._sides.after)
            )
            self._compare(Subject(uid, f"msg_{sample_type}", name, sample_type, now), before, after)
            self.seconds = time.monotonic() - begun
            self._show()

    def _one(self, event: StoredEvent, contents: Contents) -> None:
        path = f"/webhooks/{event.source}"
        request = RawRequest(
            event.source, "POST", path, contents.query, contents.headers, contents.body, event.received_at
        )
        before, after = self._sides.read(request, event.uid, event.id, deduplicable=event.deduplicable)
        self._compare(Subject(event.uid, event.id, event.source, event.type, event.received_at), before, after)

    def _compare(self, subject: Subject, before: Reading, after: Reading) -> None:
        old, new = self._sides.outcomes(before, after)
        self.tally.add(subject, old, new, lambda change: self._sides.why(change, before, after))

    def _show(self) -> None:
        done, total = self.tally.events, self.expected
        of = f" of {total:,}" if total is not None else ""
        speed = f", {done / self.seconds:,.0f} a second" if self.seconds > 1 else ""
        share = None if total is None else min(1.0, done / total) if total else 1.0
        self.progress.show(share, f"{done:,}{of} events, {self.tally.changed:,} differ{speed}")


def _chunks(events: Sequence[StoredEvent]) -> Iterator[list[StoredEvent]]:
    """Yield the events in parts, none of much more than BYTES."""
    chunk: list[StoredEvent] = []
    size = 0
    for event in events:
        if chunk and size + event.size > BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(event)
        size += event.size
    yield chunk


def _samples(sides: Sides, source: str | None, type_: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield source, provider and type of the samples."""
    both = {**sides.after.sources, **sides.before.sources}
    for name, found in both.items():
        if source in (None, name) and found.provider is not None:
            for sample_type in sample_types(found.provider):
                if type_ is None or fnmatchcase(sample_type, type_):
                    yield name, found.provider, sample_type


def _specimen(ruleset: Ruleset, name: str, type_: str, body: bytes, uid: str, now: datetime) -> Reading:
    source = ruleset.sources.get(name)
    if source is None:
        return Reading(None, f"there is no source `{name}`")
    try:
        request = signed_request(source, type_, body, f"msg_{type_}", now)
    except ValueError as error:
        return Reading(None, f"the sample cannot be signed: {error}")
    found = received(source, request, uid)
    return Reading(found.event, found.refusal.reason if found.refusal else None)
