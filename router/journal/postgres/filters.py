"""Filters as the WHERE of a query on PostgreSQL; names of parameters become numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from router.journal.encoding import text
from router.journal.filters import Where
from router.journal.postgres.append import hash_of
from router.journal.statements import load

_NAME = re.compile(r"(?<!:):([a-z_]+)")


class PostgresWhere(Where):
    """Conditions as PostgreSQL has them."""

    parts = load("postgres/filters.sql")

    def of_ids(self, ids: Sequence[str]) -> Mapping[str, Any]:
        """Return ids as arrays: as they are, and as the table of seen ids has them."""
        wanted = [text(id_) for id_ in ids]
        return (
            {"ids": wanted, "hashes": [hash_of(id_) for id_ in wanted]}
            if self.table == "event"
            else {"ids": wanted}
        )

    def of_event(self, wanted: str) -> Mapping[str, Any]:
        """Return an id of either kind."""
        return {"event": text(wanted), "hash": hash_of(text(wanted))}

    def of_text(self, wanted: str) -> Mapping[str, Any]:
        """Return what to look for, as bytes and as text."""
        raw = wanted.encode("utf-8", "surrogatepass")
        return {"text": raw} if self.table == "event" else {"text": raw, "said": text(wanted)}

    def of_glob(self, pattern: str) -> str:
        """Return a pattern in which only `*` is special as LIKE takes it."""
        while "**" in pattern:
            pattern = pattern.replace("**", "*")
        for special in "\\%_":
            pattern = pattern.replace(special, "\\" + special)
        return text(pattern).replace("*", "%")


@cache
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with `$1` for the first of its named parameters, and the names in their order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _NAME.sub(number, sql), tuple(names)
