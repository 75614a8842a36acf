"""A first table: what `router init` writes of it."""

from __future__ import annotations

from typing import Any

from router.plugin import Starter, Subject

SCHEMA = "routes.sql"
"""The file of the tables, beside the configuration."""


def rows(about: Subject) -> Starter:
    """Return the actions that keep the subject's table, and the statement that makes it."""
    table = about.table
    values = {name: column.value for name, column in table.columns.items()}
    save: dict[str, Any] = {"sql": {"upsert": table.name, "key": table.key, "values": values}}
    actions = [save]
    if table.remove is not None:
        save = {"name": "save", "event": table.save, **save}
        where = {table.key: values[table.key]}
        remove = {"name": "remove", "event": table.remove, "sql": {"delete": table.name, "where": where}}
        actions = [save, remove]
    return Starter(
        settings={"url": "${DATABASE_URL:-sqlite:///app.db}", "schema": SCHEMA},
        actions=actions,
        variables={"DATABASE_URL": "The address of the database: postgresql://user:password@host/database."},
        table=True,
        files={SCHEMA: _made(about)},
    )


def _made(about: Subject) -> str:
    table = about.table
    lines = [
        f"  {name} {column.type}{' primary key' if name == table.key else ''}"
        for name, column in table.columns.items()
    ]
    inside = ",\n".join(lines)
    return f"-- {table.about}\ncreate table if not exists {table.name} (\n{inside}\n);\n"
