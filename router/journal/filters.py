"""Filters as the WHERE of a query; the parts are in filters.sql."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from router.journal.encoding import PLAN_CODES, STATE_CODES, microseconds, text
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.statements import load
from router.model import DeliveryState, EventState


class Where:
    """Conditions and their parameters; `paged` adds where a listing goes on.

    What is SQLite's own in it, other databases say in a class of theirs.
    """

    parts = load("filters.sql")

    def __init__(self, table: str) -> None:
        self.table = table
        self._parts: list[str] = []
        self.values: dict[str, Any] = {}

    @property
    def sql(self) -> str:
        """The conditions, all of which must hold."""
        return "\n  and ".join(self._parts) or "true"

    def add(self, part: str, **values: Any) -> None:
        """Add a condition by its name in filters.sql."""
        self._parts.append(self.parts[f"{self.table}.{part}"])
        self.values |= values

    def common(self, wanted: EventFilter | DeliveryFilter) -> None:
        """Add what both filters have."""
        if wanted.ids:
            self.add("ids", **self.of_ids(wanted.ids))
        if wanted.source is not None:
            self.add("source", source=text(wanted.source))
        if wanted.type is not None:
            if "*" in wanted.type:
                self.add("type_glob", type=self.of_glob(wanted.type))
            else:
                self.add("type", type=text(wanted.type))
        if wanted.since is not None:
            self.add("since", since=microseconds(wanted.since))
        if wanted.until is not None:
            self.add("until", until=microseconds(wanted.until))
        if wanted.text is not None:
            self.add("text", **self.of_text(wanted.text))

    def paged(self, wanted: EventFilter | DeliveryFilter) -> Where:
        """Add where the listing goes on, and its limit."""
        if wanted.before is not None:
            self.add("before", before=text(wanted.before))
        self.values["limit"] = min(max(0, wanted.limit), 2**31)
        return self

    def of_ids(self, ids: Sequence[str]) -> Mapping[str, Any]:
        """Return ids as parameters."""
        return {"ids": json.dumps([text(id_) for id_ in ids])}

    def of_event(self, wanted: str) -> Mapping[str, Any]:
        """Return an event's id of either kind as parameters."""
        return {"event": text(wanted)}

    def of_text(self, wanted: str) -> Mapping[str, Any]:
        """Return what to look for as parameters."""
        return {"text": wanted.encode("utf-8", "surrogatepass")}

    def of_glob(self, pattern: str) -> str:
        """Return a pattern in which only `*` is special as SQLite's GLOB takes it."""
        return glob(pattern)


def glob(pattern: str) -> str:
    """Return a pattern in which only `*` is special as SQLite's GLOB takes it."""
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return text(pattern).replace("[", "[[]").replace("?", "[?]")


def where_events(wanted: EventFilter, kind: type[Where] = Where) -> Where:
    """Return the conditions of a filter for events, its page left out."""
    where = kind("event")
    where.common(wanted)
    if wanted.state is not None:
        where.add("state", state=PLAN_CODES[wanted.state])
        if wanted.state is not EventState.PLANNED:
            where.add("unusual")
    if wanted.delivery_state is not None or wanted.route is not None:
        state = wanted.delivery_state
        # What is not delivered is found by its index, however many events there are.
        where.add(
            "delivered" if state in (None, DeliveryState.DELIVERED) else "open",
            delivery_state=None if state is None else STATE_CODES[state],
            route=None if wanted.route is None else text(wanted.route),
        )
    return where


def where_deliveries(wanted: DeliveryFilter, kind: type[Where] = Where) -> Where:
    """Return the conditions of a filter for deliveries, its page left out."""
    where = kind("delivery")
    where.common(wanted)
    if wanted.event is not None:
        where.add("event", **where.of_event(wanted.event))
    for name in ("route", "action", "destination"):
        value = getattr(wanted, name)
        if value is not None:
            where.add(name, **{name: text(value)})
    if wanted.state is not None:
        waiting = wanted.state is DeliveryState.WAITING
        where.add("state", state=STATE_CODES[DeliveryState.READY if waiting else wanted.state])
        if wanted.state is not DeliveryState.DELIVERED:
            where.add("open")
        if waiting:
            where.add("not_due")
    return where
