"""The events of a run: made from the seed, signed, each with the deliveries that it has to have."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.conservation.routes import ACTIONS, FRAGILE, ITEMS, SECRET, STALE

Slot = tuple[str, int]
"""A delivery of an event: its action, and its index, 0 without one."""

_UNMATCHED, _BROKEN, _OLD, _LARGE = 0.03, 0.06, 0.05, 0.05  # shares of the events


@dataclass(frozen=True)
class Made:
    """An event: `planned` says of each delivery how it may end besides being delivered: dead, skipped or ''."""

    id: str
    body: bytes
    headers: Mapping[str, str]
    planned: Mapping[Slot, str] = field(default_factory=dict)


def make(rng: random.Random, number: int, run: str, now: datetime) -> Made:
    """Return the event of this number."""
    id_ = f"evt_{run}_{number}"
    items = rng.choice((0, 1, 1, 2, 3))
    broken, old = rng.random() < _BROKEN, rng.random() < _OLD
    data: dict[str, object] = {"number": number, "items": [{"sku": f"s{n}"} for n in range(items)]}
    if not broken:
        data["fragile"] = {"value": rng.randrange(1000)}
    if rng.random() < _LARGE:
        data["padding"] = "x" * rng.randrange(40_000)
    at = now - timedelta(days=2) if old else now
    matched = rng.random() >= _UNMATCHED
    payload = {"id": id_, "type": "order" if matched else "ignored", "at": _text(at), "data": data}
    body = json.dumps(payload).encode()
    planned: dict[Slot, str] = {}
    if matched:
        planned = {(action, 0): "" for action in ACTIONS if action != ITEMS}
        planned |= {(ITEMS, n): "" for n in range(items)}
        if broken:
            planned[FRAGILE, 0] = "dead"
        if old:
            planned[STALE, 0] = "skipped"
    return Made(id_, body, _signed(body), planned)


def _signed(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Shop-Signature": f"sha256={digest}"}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
