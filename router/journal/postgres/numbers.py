"""Numbers of rows, fetched in blocks: a row's number is known before it is written."""

from __future__ import annotations

from router.journal.postgres.sessions import Connection
from router.journal.statements import load

_SQL = load("postgres/append.sql")
BLOCK = 1000
"""How many numbers one value of a sequence stands for; the sequences go up by as many."""


class Numbers:
    """The numbers that this process may give to rows; what it does not use is lost, which harms nobody."""

    def __init__(self) -> None:
        self._free: dict[str, range] = {"event_numbers": range(0), "delivery_numbers": range(0)}

    async def events(self, connection: Connection, number: int) -> list[int]:
        """Return so many numbers for events, going up."""
        return await self._take(connection, "event_numbers", number)

    async def deliveries(self, connection: Connection, number: int) -> list[int]:
        """Return so many numbers for deliveries, going up."""
        return await self._take(connection, "delivery_numbers", number)

    async def _take(self, connection: Connection, kind: str, number: int) -> list[int]:
        free = self._free[kind]
        if len(free) >= number:  # no await in between: two batches never share a number
            self._free[kind] = free[number:]
            return list(free[:number])
        taken: list[int] = []
        while len(taken) < number:
            first = await connection.fetchval(_SQL[kind])
            block = range(first, first + BLOCK)
            most = number - len(taken)
            taken += block[:most]
            self._free[kind] = max(self._free[kind], block[most:], key=len)
        return taken
