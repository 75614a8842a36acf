"""The table that a `sql` action writes to, with a log of every write, kept by triggers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bench.conservation.destination import FINE, Seen
from bench.conservation.routes import TABLE

_TABLES = """
pragma journal_mode = wal;
create table effects(event text primary key, number integer);
create table effect_log(event text, at real);
create trigger inserted after insert on effects
  begin insert into effect_log values (new.event, (julianday('now') - 2440587.5) * 86400.0); end;
create trigger updated after update on effects
  begin insert into effect_log values (new.event, (julianday('now') - 2440587.5) * 86400.0); end;
"""


def prepare(file: Path) -> None:
    """Make the table."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_TABLES)


def writes(file: Path) -> list[Seen]:
    """Return every write; an event whose row is missing is seen by nobody."""
    query = "select event, at from effect_log where event in (select event from effects)"
    with closing(sqlite3.connect(file)) as connection:
        return [Seen(TABLE, event, 0, "", "", at, FINE, at) for event, at in connection.execute(query)]
