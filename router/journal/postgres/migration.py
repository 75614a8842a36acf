"""Opening a journal in PostgreSQL: made where there is none, migrated where older, refused where newer."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from router.address import Address
from router.errors import JournalError
from router.journal.postgres.sessions import Connection
from router.journal.statements import load, migrations

_SQL = load("postgres/session.sql")
_WAIT = "60s"


async def migrate(connection: Connection, address: Address, scripts: Sequence[str] | None = None) -> None:
    """Make or migrate the journal's tables; JournalError where they cannot be used.

    All steps are one transaction under a lock, so that several replicas may start at once.
    """
    steps = migrations("postgres/migrations") if scripts is None else scripts
    if await connection.fetchval(_SQL["encoding"]) != "UTF8":
        raise JournalError(f"the journal {address.name} is in a database that is not in UTF8: make one that is")
    if await version(connection, address, len(steps)) == len(steps):
        return
    async with connection.transaction():
        await connection.execute(f"set local lock_timeout = '{_WAIT}'")
        await connection.execute(f"set local statement_timeout = '{_WAIT}'")
        await connection.execute(_SQL["lock_migrations"], address.schema)
        if not await connection.fetchval(_SQL["schema_exists"], address.schema):
            await connection.execute(_SQL["create_schema"].format(schema=address.schema))
        await connection.execute(_SQL["create_versions"])
        found = await version(connection, address, len(steps))
        for number in range(found + 1, len(steps) + 1):
            try:
                await connection.execute(steps[number - 1])
            except asyncpg.DuplicateTableError as error:
                raise JournalError(
                    f"the journal {address.name}: the schema holds another program's tables ({error}): "
                    "name a schema of its own, as in ?schema=router"
                ) from error
            await connection.execute(_SQL["migrated"], number)


async def check(connection: Connection, address: Address) -> None:
    """See that there is a journal of this version; JournalError with what to do where there is none."""
    newest = len(migrations("postgres/migrations"))
    found = await version(connection, address, newest)
    if not found:
        raise JournalError(f"there is no journal {address.name}: start the router once, or name another schema")
    if found < newest:
        raise JournalError(
            f"the journal {address.name} has schema version {found}, this router reads {newest}: "
            "start the router once, which migrates it"
        )


async def version(connection: Connection, address: Address, newest: int) -> int:
    """Return the version of the tables, 0 where there are none; JournalError where they are too new."""
    if not await connection.fetchval(_SQL["has_versions"]):
        return 0
    found = int(await connection.fetchval(_SQL["version"]))
    if found > newest:
        raise JournalError(
            f"the journal {address.name} was written by a newer router (schema version {found}, this one knows "
            f"{newest}): use that version again, or name another schema"
        )
    return found
