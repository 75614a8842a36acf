"""Replays that several processes could carry out: what is stored of one, and whose it is."""

from __future__ import annotations

from datetime import datetime

from router.journal.encoding import text
from router.journal.journal import StoredReplay
from router.journal.postgres.sessions import Connection
from router.journal.replays import STATE, rows
from router.journal.statements import load

_SQL = load("postgres/replays.sql")


async def save(connection: Connection, replay: StoredReplay, owner: str | None) -> bool:
    """Store how a replay stands, and tell whether it stands so."""
    columns = rows(replay)
    return bool(await connection.fetchval(_SQL["save"], *columns, owner) == columns[STATE])


async def own(connection: Connection, id_: str, owner: str, until: datetime, now: datetime) -> bool:
    """Make a running replay this owner's for the time between, by the clock of the database."""
    span = round((until - now).total_seconds() * 1e6)
    return await connection.fetchval(_SQL["own"], text(id_), owner, span) is not None


async def attended(connection: Connection, replay: str, worker: int | None) -> bool:
    """Tell whether a worker other than this one lives, or the replay's owner has time left."""
    return bool(await connection.fetchval(_SQL["attended"], worker, text(replay)))
