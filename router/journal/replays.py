"""Replays in the journal: how each stands, what it still has to do, and how much of it waits to be sent."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from router.journal.encoding import microseconds, moment, optional_moment, optional_text, text
from router.journal.filters import where_events
from router.journal.journal import EventFilter, StoredReplay
from router.journal.statements import load

_SQL = load("replays.sql")
STATE = 4
"""Where the state is among the columns."""


def rows(replay: StoredReplay) -> tuple[Any, ...]:
    """Return a replay as the columns of its row."""
    return (
        text(replay.id),
        _json(replay.filter),
        _json(replay.result),
        optional_text(replay.last),
        text(replay.state),
        microseconds(replay.started_at),
        None if replay.ended_at is None else microseconds(replay.ended_at),
    )


def stored(row: Sequence[Any]) -> StoredReplay:
    """Return the replay of a row."""
    id_, wanted, result, last, state, started, ended = row
    return StoredReplay(
        id=id_,
        filter=json.loads(wanted),
        result=json.loads(result),
        last=last,
        state=state,
        started_at=moment(started),
        ended_at=optional_moment(ended),
    )


def save(columns: tuple[Any, ...], owner: str | None, cursor: sqlite3.Cursor) -> bool:
    """Store how a replay stands, and tell whether it stands so."""
    found = cursor.execute(_SQL["save"], (*columns, owner, owner)).fetchall()
    return found == [(columns[STATE],)]


def own(id_: str, owner: str, until: datetime, cursor: sqlite3.Cursor) -> bool:
    """Make a running replay this owner's; whose it was before has ended, or the file would not be ours."""
    return bool(cursor.execute(_SQL["own"], (owner, microseconds(until), text(id_))).fetchall())


def replays(connection: sqlite3.Connection, limit: int, state: str | None) -> list[StoredReplay]:
    """Return replays, the newest first."""
    values = (state, state, min(max(0, limit), 2**31))
    return [stored(row) for row in connection.execute(_SQL["replays"], values)]


def replay(connection: sqlite3.Connection, id_: str) -> StoredReplay | None:
    """Return one replay."""
    row = connection.execute(_SQL["replay"], (text(id_),)).fetchone()
    return None if row is None else stored(row)


def uids(connection: sqlite3.Connection, wanted: EventFilter, after: str | None, limit: int) -> list[str]:
    """Return the ids of events that fit, the oldest first, from above the event `after`."""
    where = where_events(wanted)
    place = None if after is None else connection.execute(_SQL["place"], (text(after),)).fetchone()
    if place is not None:
        where.add("above", above_at=place[0], above_seq=place[1])
    values = where.values | {"limit": min(max(0, limit), 2**31)}
    return [row[0] for row in connection.execute(statement(where.sql), values)]


def statement(where: str) -> str:
    """Return the SQL of a page of ids under these conditions."""
    return _SQL["uids"].replace("{where}", where)


def ahead(connection: sqlite3.Connection, now: datetime) -> int:
    """Count the due deliveries of replays that nothing has started yet."""
    return int(connection.execute(_SQL["ahead"], (microseconds(now),)).fetchone()[0])


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
