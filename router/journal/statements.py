"""SQL kept in .sql files under names: `-- name: x` heads each statement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_HEADING = "-- name: "


@cache
def load(file: str) -> Mapping[str, str]:
    """Return the named statements of a file of `router/journal/sql`; ValueError where a name stands twice."""
    statements: dict[str, str] = {}
    for part in ("\n" + _text(file)).split("\n" + _HEADING)[1:]:
        name, _, sql = part.partition("\n")
        if name.strip() in statements:
            raise ValueError(f"{file} has the statement `{name.strip()}` twice")
        statements[name.strip()] = sql.strip()
    return statements


def migrations(place: str = "migrations") -> list[str]:
    """Return the scripts that make a journal, in order; the n-th leads to schema version n."""
    folder = files("router.journal").joinpath("sql", *place.split("/"))
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [_text(f"{place}/{name}") for name in names]


def _text(file: str) -> str:
    return files("router.journal").joinpath("sql", *file.split("/")).read_text(encoding="utf-8")
