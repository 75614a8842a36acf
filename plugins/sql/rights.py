"""What the user of the connection may do to a table of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from router.plugin import Finding

from .tables import Target
from .written import Step

_ASKED = sa.text("""
    select a.name, a.privilege, has_column_privilege(t.oid, a.name, a.privilege) as allowed
    from (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = :schema and c.relname = :table) t,
         unnest(cast(:names as text[]), cast(:privileges as text[])) as a (name, privilege)
""")
_OF_TABLE = sa.text("""
    select current_user as user, has_schema_privilege(n.oid, 'USAGE') as usage,
           has_table_privilege(c.oid, 'DELETE') as deletes,
           exists (select 1 from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal) as triggers
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = :schema and c.relname = :table
""")
_SCHEMA = sa.text("""
    select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass(quote_ident(:name))
""")
_ELSEWHERE = sa.text("""
    select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relname = :name and c.relkind in ('r', 'p', 'v', 'f') and n.nspname !~ '^(pg_|information_schema$)'
    order by 1 limit 1
""")


@dataclass(frozen=True, slots=True)
class Rights:
    """What is refused of a statement, and whether the table has triggers."""

    user: str
    refused: tuple[str, ...]
    triggers: bool

    def findings(self, step: Step) -> Iterator[Finding]:
        """Yield one finding that names all that is missing."""
        if self.refused:
            what = " and ".join(self.refused)
            hint = f'grant {what.lower()} on {step.table} to "{self.user}", as the owner of the table'
            if "USAGE of its schema" in self.refused:
                hint = f'grant usage on its schema to "{self.user}", as the owner of that'
            yield Finding(
                f"the user `{self.user}` lacks the right to {what} on `{step.table}`",
                step.at(step.verb),
                hint=hint,
            )


async def read_rights(connection: AsyncConnection, step: Step, target: Target) -> Rights | None:
    """Ask what of the statement would be refused; None where the table cannot be told (a name in odd quotes)."""
    named, _, bare = step.table.rpartition(".")
    schema = named or (await connection.execute(_SCHEMA, {"name": bare})).scalar()
    if not schema:
        return None
    place = {"schema": schema, "table": target.table.name}
    of_table = (await connection.execute(_OF_TABLE, place)).one()
    if not of_table.usage:
        return Rights(of_table.user, ("USAGE of its schema",), of_table.triggers)
    needed = [(name, right) for name, right in _needed(step) if name in target.columns]
    asked = {"names": [name for name, _ in needed], "privileges": [right for _, right in needed], **place}
    rows = (await connection.execute(_ASKED, asked)).all() if needed else []
    refused = dict.fromkeys(row.privilege for row in rows if not row.allowed)
    if step.verb == "delete" and not of_table.deletes:
        refused = {"DELETE": None, **refused}
    return Rights(of_table.user, tuple(refused), of_table.triggers)


async def elsewhere(connection: AsyncConnection, table: str) -> str | None:
    """Return a schema, not searched or not usable, where a table of that name is; None if nowhere."""
    return (await connection.execute(_ELSEWHERE, {"name": table})).scalar()


def _needed(step: Step) -> Iterator[tuple[str, str]]:
    """Yield the columns with the privilege that PostgreSQL wants on them (manual, INSERT, UPDATE and DELETE)."""
    if step.verb in ("insert", "upsert"):
        yield from ((name, "INSERT") for name in step.values)
    if step.verb == "upsert":
        yield from ((name, "UPDATE") for name in step.values if name not in step.key)
        yield from ((name, "SELECT") for name in step.values)  # by `excluded`, and the key
    if step.verb == "update":
        yield from ((name, "UPDATE") for name in step.values)
    yield from ((name, "SELECT") for name in step.where)
