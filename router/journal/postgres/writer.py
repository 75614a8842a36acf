"""Commits: batches in which a guilty one fails alone, and transactions of their own for what is rare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from router.address import Address
from router.errors import JournalError
from router.journal.batcher import Batcher, Done
from router.journal.postgres.faults import is_conflict, is_lost, is_of_the_row, refusal, unwritable
from router.journal.postgres.sessions import Connection, Sessions
from router.tasks import spawn

T = TypeVar("T")
Together = Callable[[Connection, list[Any], bool], Awaitable[Sequence[object]]]
"""Carries out operations of one kind in one commit, and returns a result for each.

The flag says that they were tried before, and that nobody knows whether that was committed.
"""
IN_FLIGHT = 2


class Writer:
    """Writes over a few connections; what fails because of the store is a JournalUnwritable."""

    def __init__(self, sessions: Sessions, address: Address) -> None:
        self._sessions = sessions
        self._address = address

    def batcher(self, together: Together, uncertain: Callable[[list[Any]], None]) -> Batcher[Any]:
        """Return a batcher of operations of one kind.

        `uncertain` is told of those that are refused because of the store: they may be committed all the same.
        """

        def start(operations: list[Any], done: Done) -> None:
            spawn(self._batch(together, uncertain, operations, done), name="commit to the journal")

        return Batcher(start, in_flight=IN_FLIGHT)

    async def transact(
        self,
        work: Callable[..., Awaitable[T]],
        *arguments: Any,
        uncertain: Callable[[T], None] = lambda _: None,
    ) -> T:
        """Do something in a transaction of its own, once more where another one got in its way.

        `uncertain` is told the result of one whose commit broke off. ValueError and KeyError go through.
        """
        for last in (False, True):
            results: list[T] = []
            try:
                async with self._sessions.session() as connection, connection.transaction():
                    results.append(await work(connection, *arguments))
                return results[0]
            except JournalError as error:
                raise unwritable(error, self._address) from error
            except Exception as error:
                if isinstance(error, KeyError):
                    raise
                if is_of_the_row(error):
                    raise refusal(error) from error
                if results:
                    uncertain(results[0])
                if is_lost(error):
                    self._sessions.drop()
                if last or results or not (is_conflict(error) or is_lost(error)):
                    raise unwritable(error, self._address) from error
        raise AssertionError("unreachable")

    async def _batch(
        self, together: Together, uncertain: Callable[[list[Any]], None], operations: list[Any], done: Done
    ) -> None:
        results: Sequence[object] = ()
        try:
            results = await self._commit(together, uncertain, operations)
        finally:
            done(results)

    async def _commit(
        self,
        together: Together,
        uncertain: Callable[[list[Any]], None],
        operations: list[Any],
        again: bool = False,
    ) -> Sequence[object]:
        try:
            async with self._sessions.session() as connection:
                return await together(connection, operations, again)
        except Exception as error:
            if is_of_the_row(error):
                return await self._halved(together, uncertain, operations, again, error)
            if is_lost(error):
                self._sessions.drop()  # they broke together
            if not again and (is_conflict(error) or is_lost(error)):
                return await self._commit(together, uncertain, operations, True)
            uncertain(operations)
            return [unwritable(error, self._address) for _ in operations]

    async def _halved(
        self,
        together: Together,
        uncertain: Callable[[list[Any]], None],
        operations: list[Any],
        again: bool,
        error: Exception,
    ) -> Sequence[object]:
        """Find who is at fault: slower, in several commits, and only after somebody was."""
        if len(operations) == 1:
            if again:  # its row may be in the way of itself
                uncertain(operations)
            return [refusal(error)]
        middle = len(operations) // 2
        first = await self._commit(together, uncertain, operations[:middle], again)
        return [*first, *await self._commit(together, uncertain, operations[middle:], again)]
