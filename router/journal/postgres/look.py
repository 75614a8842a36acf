"""Looks whether a journal in PostgreSQL could be used, and leaves the database as it is."""

from __future__ import annotations

from router.address import Address
from router.errors import JournalError
from router.journal.look import told as told_of
from router.journal.postgres.faults import FAULTS, cannot_open
from router.journal.postgres.migration import version
from router.journal.postgres.sessions import connect
from router.journal.statements import load, migrations

_SQL = load("postgres/session.sql")
_PATIENCE = 5.0  # seconds for each statement


async def look_at_schema(url: str) -> str:
    """Say in a few words what is there; raises JournalError with what to do where it could not be used."""
    address = Address.read(url)
    try:
        connection = await connect(address, statement_timeout=_PATIENCE, application="router check")
        try:
            found = await connection.fetchrow(_SQL["rights"].format(schema=address.schema))
            newest = len(migrations("postgres/migrations"))
            known = await version(connection, address, newest) if found["made"] and found["allowed"] else 0
        finally:
            await connection.close(timeout=2)
    except FAULTS as error:
        raise cannot_open(error, address) from error
    if found["reads_only"]:
        raise JournalError(
            f"the journal {address.name} is on a server that only reads (a standby?): name the primary"
        )
    if not found["utf8"]:
        raise JournalError(f"the journal {address.name} is in a database that is not in UTF8: make one that is")
    if not found["allowed"]:
        raise JournalError(
            f"the journal {address.name} cannot be made or used by this user: "
            f"create schema {address.schema} authorization ... as the database's owner"
        )
    return told_of(address.name, known, newest) if found["made"] else f"{address.name} can be made"
