"""The configuration in force: one object that everybody asks, and that a reload swaps whole."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from router.destinations import host_of
from router.errors import Permanent, Rejected
from router.journal.journal import StoredEvent
from router.model import Death, Event, Plan, PlannedDelivery, RawRequest, StoredDelivery
from router.printable import one_line
from router.routing.plan import Only
from router.routing.table import ActionPolicy
from router.ruleset import Ruleset
from router.sources.payload import Payload
from router.sources.source import Source

log = logging.getLogger(__name__)


class Live:
    """Holds the ruleset in force; a caller that needs one version throughout takes `ruleset` once."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources of the configuration in force."""
        return self.ruleset.sources

    def swap(self, ruleset: Ruleset) -> None:
        """Put another configuration in force, for everything that is asked from now on."""
        self.ruleset = ruleset

    def plan(self, event: Event) -> Plan:
        """Decide what is to be done about an event."""
        return self.ruleset.plan(event)

    @property
    def actions(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the actions of each route of the configuration in force."""
        return self.ruleset.table.actions

    @property
    def hosts(self) -> Mapping[str, str]:
        """The host that each destination goes to, where its settings say it."""
        found = {name: host_of(destination.config) for name, destination in self.ruleset.destinations.items()}
        return {name: host for name, host in found.items() if host is not None}

    def replan(self, stored: StoredEvent, replay: str, only: Only | None = None) -> Plan:
        """Plan a stored event by today's routes, its deliveries with ids of their own.

        `only` says of route and action whether to make their deliveries. Raises Rejected where today's
        configuration has no such source or cannot read the event.
        """
        return self.ruleset.plan(self.reread(stored), replay, only)

    def reread(self, stored: StoredEvent) -> Event:
        """Return a stored event as today's configuration reads it; raises Rejected where it cannot."""
        return reread(stored, self.sources)

    def on_dead(self, stored: StoredEvent, delivery: StoredDelivery) -> tuple[PlannedDelivery, ...]:
        """Return what today's configuration does about a dead delivery of a stored event.

        Without its source the event is taken as it is stored. What cannot be read at all is logged, and nothing
        is done. Times count from the event's receipt, as those of a plan do: the journal moves them.
        """
        ruleset = self.ruleset
        try:
            known = stored.source in ruleset.sources
            event = reread(stored, ruleset.sources) if known else _as_stored(stored)
        except Rejected as error:
            log.error(
                "the death of %s cannot be told: its event %s cannot be read: %s",
                delivery.id,
                stored.uid,
                one_line(error.reason, 500),
            )
            return ()
        death = Death(
            id=delivery.id,
            route=delivery.route,
            action=delivery.action,
            reason=delivery.reason or "",
            attempts=delivery.attempts,
            lease=delivery.lease,
        )
        return ruleset.on_dead(event, death)

    def policy(self, delivery: StoredDelivery) -> ActionPolicy:
        """Return how a delivery is retried today."""
        return self.ruleset.policy(delivery)

    def sign(self, source: str, event_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
        """Sign a body anew with the source's first secret; raises Permanent where that is impossible."""
        found = self.sources.get(source)
        if found is None or not found.signable:
            raise Permanent(f"the source `{source}` holds no secret that could sign the body anew")
        try:
            return found.sign(event_id, now, body)
        except ValueError as error:
            raise Permanent(f"the body cannot be signed anew: {error}") from None


def reread(stored: StoredEvent, sources: Mapping[str, Source]) -> Event:
    """Return a stored event as these sources read it; raises Rejected where they cannot."""
    source = sources.get(stored.source)
    if source is None:
        raise Rejected(404, f"no source `{stored.source}` is configured any more")
    request = request_of(stored, source)
    return source.recall(request, stored.uid, stored.id, deduplicable=stored.deduplicable)


def request_of(stored: StoredEvent, source: Source) -> RawRequest:
    """Return the request that a stored event came with, as far as it is kept."""
    return RawRequest(
        source=source.name,
        method="POST",
        path=source.path,
        query=stored.query,
        headers=stored.headers,
        body=stored.body,
        received_at=stored.received_at,
    )


def _as_stored(stored: StoredEvent) -> Event:
    """Return an event of a source that has gone: its data are the whole payload, for all that is known."""
    content_type = next((value for name, value in stored.headers if name.lower() == "content-type"), None)
    payload = Payload().read(stored.body, content_type)
    return Event(
        uid=stored.uid,
        source=stored.source,
        id=stored.id,
        type=stored.type,
        time=stored.time,
        received_at=stored.received_at,
        body=stored.body,
        payload=payload,
        data=payload,
        headers=stored.headers,
        query=stored.query,
        deduplicable=stored.deduplicable,
    )
