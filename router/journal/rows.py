"""Rows of the journal back into values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.journal.encoding import PLANS, STATES, facts, moment, optional_moment
from router.journal.journal import StoredAttempt, StoredEvent
from router.model import DeliveryState, Outcome, Priority, StoredDelivery

Row = tuple[Any, ...]


def stored_event(row: Row, deliveries: Mapping[DeliveryState, int], **more: Any) -> StoredEvent:
    """Return the event of a row of the statements `events` and `event_of_...`, `seq` first."""
    _, uid, source, id_, deduplicable, type_, time, received, plan, reason, size, duplicates, differs, config = row
    return StoredEvent(
        uid=uid,
        source=source,
        id=id_,
        type=type_,
        time=moment(time),
        received_at=moment(received),
        state=PLANS[plan],
        reason=reason,
        size=size,
        duplicates=duplicates,
        duplicate_differs=differs,
        deliveries=deliveries,
        deduplicable=bool(deduplicable),
        config=config,
        **more,
    )


def stored_delivery(row: Row) -> StoredDelivery:
    """Return the delivery of a row of the statements `delivery`, `deliveries` and `claimed`, `seq` first."""
    return StoredDelivery(
        id=row[1],
        event_uid=row[2],
        source=row[3],
        route=row[4],
        action=row[5],
        index=row[6],
        plugin=row[7],
        plugin_version=row[8],
        destination=row[9],
        params=row[10],
        state=STATES[row[11]],
        reason=row[12],
        attempts=row[13],
        max_attempts=row[14],
        created_at=moment(row[15]),
        due_at=moment(row[16]),
        expires_at=moment(row[17]),
        settled_at=optional_moment(row[18]),
        first_started_at=optional_moment(row[19]),
        lease=row[20],
        interrupted=row[21],
        crashes=row[22],
        lane=row[23],
        priority=Priority(row[24]),
        fresh_until=optional_moment(row[25]),
        suspect=bool(row[26]),
        crashes_alone=row[27],
    )


def stored_attempt(row: Row) -> StoredAttempt:
    """Return the attempt of a row of the statement `attempts`."""
    number, started, ended, outcome, reason, raw = row
    return StoredAttempt(
        number=number,
        started_at=moment(started),
        ended_at=optional_moment(ended),
        outcome=None if outcome is None else Outcome(outcome),
        reason=reason,
        facts=facts(raw),
    )
