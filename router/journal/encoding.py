"""Values as the journal stores them: times are integers, texts are harmless, everything foreign is bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from router.model import DeliveryState, EventState, Pairs

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

STATE_CODES = {
    DeliveryState.READY: 0,
    DeliveryState.RUNNING: 1,
    DeliveryState.WAITING: 2,
    DeliveryState.HELD: 3,
    DeliveryState.DELIVERED: 5,
    DeliveryState.SKIPPED: 6,
    DeliveryState.DEAD: 7,
    DeliveryState.DISCARDED: 8,
}
STATES = {code: state for state, code in STATE_CODES.items()}
PLAN_CODES = {
    EventState.UNPLANNED: 0,
    EventState.PLANNED: 1,
    EventState.UNMATCHED: 2,
    EventState.PLAN_FAILED: 3,
}
PLANS = {code: state for state, code in PLAN_CODES.items()}

FINAL = frozenset({DeliveryState.DELIVERED, DeliveryState.SKIPPED, DeliveryState.DEAD, DeliveryState.DISCARDED})
"""States that a delivery does not leave by itself."""


def microseconds(at: datetime) -> int:
    """Return an aware time as whole microseconds since 1970; TypeError for a naive one."""
    span = at - EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def moment(since_epoch: int) -> datetime:
    """Return the time of a number of microseconds since 1970, in UTC."""
    return EPOCH + timedelta(microseconds=since_epoch)


def optional_moment(since_epoch: int | None) -> datetime | None:
    """Return the time, or None for none."""
    return None if since_epoch is None else moment(since_epoch)


def text(value: str) -> str:
    r"""Return a text that every database takes: lone surrogates and NUL become `\udc80` and `\x00` spelled."""
    safe = value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    return safe.replace("\0", "\\x00") if "\0" in safe else safe


def optional_text(value: str | None) -> str | None:
    """Return a text that every database takes, or None for none."""
    return None if value is None else text(value)


def pairs_bytes(pairs: Pairs) -> bytes:
    """Return header or query fields as bytes; any text survives, lone surrogates too."""
    return json.dumps(pairs, separators=(",", ":")).encode("ascii") if pairs else b"[]"


def pairs(raw: bytes) -> Pairs:
    """Return what `pairs_bytes` was given."""
    return tuple((name, value) for name, value in json.loads(raw))


def facts_bytes(facts: Mapping[str, object]) -> bytes | None:
    """Return an attempt's facts as bytes, None for none.

    An attempt has to be recorded whatever a plugin returned, so what is not JSON is kept as its text.
    """
    if not facts:
        return None
    try:
        return json.dumps(facts, separators=(",", ":"), default=str).encode("ascii")
    except Exception as error:
        return json.dumps({"unreadable": f"the facts are not JSON: {type(error).__name__}"}).encode("ascii")


def facts(raw: bytes | None) -> dict[str, object]:
    """Return the facts of an attempt."""
    return dict(json.loads(raw)) if raw else {}
