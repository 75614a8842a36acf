"""Ids: of events, sortable by time; of deliveries, the same for the same cause."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime

NewId = Callable[[datetime], str]


_DIGITS = "0123456789abcdefghijklmnopqrstuv"  # of base32hex, RFC 4648 section 7: it sorts as the bytes do
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)


def _base32(raw: bytes) -> str:
    """Return 15 or 16 bytes in base32hex, without padding: base64.b32hexencode takes three times as long."""
    bits = len(raw) * 8
    rest = -bits % 10
    number = int.from_bytes(raw) << rest
    return "".join([_PAIRS[number >> at & 1023] for at in range(bits + rest - 10, -1, -10)])


def event_uid(now: datetime) -> str:
    """Return a new id of an event: it sorts by the millisecond, and 80 bits of it are random."""
    milliseconds = int(now.timestamp() * 1000)
    return "evt_" + _base32(milliseconds.to_bytes(6, "big") + secrets.token_bytes(10))


def replay_id(now: datetime) -> str:
    """Return a new id of a replay; it tells the replay's deliveries from those of the first plan."""
    return "rpl" + event_uid(now)[3:]


def owner_name() -> str:
    """Return a new name of this process, for what it owns among others; people can tell which one it is."""
    return f"{socket.gethostname()[:200]}/{os.getpid()}/{secrets.token_hex(4)}"


def delivery_id(uid: str, route: str, action: str, index: int | None, replay: str = "") -> str:
    """Return the id of a delivery: always the same for one event, route, action, item and replay."""
    cause = "\x00".join((uid, route, action, replay)).encode("utf-8", "surrogatepass")
    name = "dlv_" + _base32(hashlib.sha256(cause).digest()[:15])
    return name if index is None else f"{name}-{index}"
