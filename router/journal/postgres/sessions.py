"""Connections to PostgreSQL: a few, kept, each with the settings that the promises need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from router.address import Address
from router.errors import JournalError
from router.journal.postgres.faults import FAULTS
from router.journal.statements import load

CONNECT_TIMEOUT = 5.0
"""Seconds until a server counts as not reachable."""
OLDEST = 13
_SQL = load("postgres/session.sql")

Connection = Any  # asyncpg ships no types


async def connect(address: Address, *, statement_timeout: float, application: str) -> Connection:
    """Open a connection; what the driver raises, or JournalError for a server that will not do.

    The settings are made by a statement: PgBouncer refuses them in the start-up packet.
    """
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            connection = await asyncpg.connect(
                address.dsn, timeout=CONNECT_TIMEOUT, server_settings={"application_name": application}
            )
    except (ValueError, asyncpg.InterfaceError) as error:  # of the address itself: a setting, a certificate
        raise JournalError(f"the journal's address cannot be used: {address.clean(str(error))}") from None
    try:
        major = connection.get_server_version().major
        if major < OLDEST:
            raise JournalError(f"the journal {address.name} is on PostgreSQL {major}: it needs {OLDEST} or newer")
        milliseconds = str(int(statement_timeout * 1000))
        await connection.execute(
            _SQL["settings"].format(schema=address.schema, timeout=milliseconds), timeout=CONNECT_TIMEOUT
        )
    except BaseException:
        connection.terminate()
        raise
    return connection


class Sessions:
    """A pool of at most `most` connections, opened when they are needed.

    One that breaks, or that is left in a transaction, is not used again, so that a server that comes back is
    found by whoever asks next. No statement takes longer than `timeout` seconds.
    """

    def __init__(self, address: Address, *, most: int, timeout: float, application: str) -> None:
        self._address = address
        self._timeout = timeout
        self._application = application
        self._free: list[Connection] = []
        self._slots = asyncio.Semaphore(most)
        self._closed = False

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Lend a connection; raises what the driver raises."""
        async with self._slots:
            if self._closed:
                raise JournalError("the journal is closed")
            connection = self._take() or await connect(
                self._address, statement_timeout=self._timeout, application=self._application
            )
            try:
                # The server ends what takes too long; this is for a server that is silent.
                async with asyncio.timeout(self._timeout + CONNECT_TIMEOUT):
                    yield connection
            except TimeoutError:
                connection.terminate()
                raise
            finally:
                if self._closed or connection.is_closed() or connection.is_in_transaction():
                    connection.terminate()
                else:
                    self._free.append(connection)

    async def close(self) -> None:
        """Close the connections that are free; those that are lent when they come back."""
        self._closed = True
        while self._free:
            with suppress(*FAULTS):
                await self._free.pop().close(timeout=2)

    def drop(self) -> None:
        """Forget the connections that are free: their server has gone."""
        while self._free:
            self._free.pop().terminate()

    def _take(self) -> Connection | None:
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
        return None


async def execute(connection: Connection, statement: str, *values: object) -> None:
    """Carry out a statement."""
    await connection.execute(statement, *values)
