"""Configurations in the journal: each once, under a number that the events of it have."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from router.journal.answers import StoredConfig
from router.journal.encoding import microseconds, moment
from router.journal.statements import load

_SQL = load("configs.sql")
_DIGEST = re.compile(r"[0-9a-f]{1,64}")
SPARED = timedelta(days=1)
"""How much longer a configuration is kept than an event: who works by it says so every hour."""
SAID_AGAIN = timedelta(hours=1)


class Known:
    """What one process knows of the configurations: their numbers, which is in force here, what a sweep found."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._last: StoredConfig | None = None
        self._said_at: datetime | None = None
        self._found: set[int] | None = set()

    def saved(self, config: StoredConfig, number: int, now: datetime) -> None:
        """Note that this one is in the journal, and in force here."""
        self.numbers[config.digest] = number
        self._last, self._said_at = config, now

    async def number(self, digest: str, look: Callable[[str], Awaitable[int | None]]) -> int | None:
        """Return the number of a configuration that was saved by this process, or, as `look` says, by another."""
        known = self.numbers.get(digest)
        if known is None and digest and (known := await look(digest)) is not None:
            self.numbers[digest] = known
        return known

    def to_say(self, now: datetime) -> StoredConfig | None:
        """Return the configuration in force here where it is time to say so again."""
        if self._said_at is None or abs(now - self._said_at) < SAID_AGAIN:
            return None
        return self._last

    def swept(self, kept: Collection[int], *, whole: bool) -> None:
        """Note which configurations events have that stay; not `whole` where that is not known of all of them."""
        if not whole:
            self._found = None
        elif self._found is not None:
            self._found |= set(kept)

    def end_sweep(self) -> Collection[int] | None:
        """Return what a sweep has found, None where it is not known; the next one begins anew."""
        found, self._found = self._found, set()
        return found


def columns(config: StoredConfig) -> tuple[str, int, bytes]:
    """Return a configuration as its digest, when it was first in force, and its content; takes a while."""
    content = {
        "root": config.root,
        "read": config.read,
        "files": dict(config.files),
        "variables": dict(config.variables),
    }
    return config.digest, microseconds(config.first_used_at), zlib.compress(json.dumps(content).encode("ascii"))


def config_of(row: Any) -> StoredConfig:
    """Return the configuration of a row of the statement `find`."""
    digest, first, packed = row
    content = json.loads(zlib.decompress(packed))
    return StoredConfig(
        digest=digest,
        root=content["root"],
        files=content["files"],
        variables=content["variables"],
        first_used_at=moment(first),
        read=tuple(content["read"]),
    )


def is_digest(wanted: str) -> bool:
    """Tell whether a text can be a digest, or the beginning of one."""
    return _DIGEST.fullmatch(wanted) is not None


def save(packed: tuple[str, int, bytes], now: datetime, cursor: sqlite3.Cursor) -> int:
    """Store a configuration, or note that it is in force again; return its number."""
    digest, first, content = packed
    values = {"digest": digest, "at": first, "used_at": microseconds(now), "content": content}
    return int(cursor.execute(_SQL["save"], values).fetchall()[0][0])


def number(connection: sqlite3.Connection, digest: str) -> int | None:
    """Return the number of a configuration."""
    row = connection.execute(_SQL["number"], {"digest": digest}).fetchone()
    return None if row is None else int(row[0])


def find(connection: sqlite3.Connection, wanted: str) -> StoredConfig | None:
    """Return a configuration by its digest or the beginning of it; the one in force last where several fit."""
    row = connection.execute(_SQL["find"], {"digest": wanted}).fetchone() if is_digest(wanted) else None
    return None if row is None else config_of(row)


def forget(cursor: sqlite3.Cursor, unused_since: int, kept: Collection[int]) -> None:
    """Remove those that were not in force since then, but for the newest, and for those that events have."""
    cursor.execute(_SQL["forget"], {"long_ago": unused_since, "kept": json.dumps(sorted(kept))})
