"""Configurations in the journal: each once, under a number that the events of it have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from router.journal.answers import StoredConfig
from router.journal.configs import config_of, is_digest
from router.journal.encoding import microseconds
from router.journal.postgres.sessions import Connection
from router.journal.statements import load

_SQL = load("postgres/configs.sql")


async def save(connection: Connection, packed: tuple[str, int, bytes], now: datetime) -> int:
    """Store a configuration, or note that it is in force again; return its number."""
    digest, first, content = packed
    return int(await connection.fetchval(_SQL["save"], digest, first, microseconds(now), content))


async def number(connection: Connection, digest: str) -> int | None:
    """Return the number of a configuration."""
    found: int | None = await connection.fetchval(_SQL["number"], digest)
    return found


async def find(connection: Connection, wanted: str) -> StoredConfig | None:
    """Return a configuration by its digest or the beginning of it; the one in force last where several fit."""
    row = await connection.fetchrow(_SQL["find"], wanted) if is_digest(wanted) else None
    return None if row is None else config_of(row)


async def forget(connection: Connection, unused_since: int, kept: Collection[int]) -> None:
    """Remove those that were not in force since then, but for the newest, and for those that events have."""
    await connection.execute(_SQL["forget"], unused_since, sorted(kept))
