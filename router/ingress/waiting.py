"""The bound on the bytes of bodies that were read and not answered yet, and the queue for room below it."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

SWEEP = 0.25
"""How often, in seconds, the queue is looked through for senders that have hung up."""


class Room(Enum):
    """How asking for room ended."""

    GIVEN = "given"
    NONE = "none"
    GONE = "gone"  #: the sender hung up while it waited


@dataclass(frozen=True, slots=True, eq=False)
class _Asker:
    held: Held
    size: int
    gone: Callable[[], bool]
    answered: asyncio.Future[Room]


class Waiting:
    """Counts the bytes in hand, up to `limit`; for one event loop.

    Bytes count when they are read, not when a Content-Length announces them: otherwise a few senders that
    announce much and send nothing would shut out everybody. So a body may have to wait when half of it is in
    hand. Room is given in the order in which requests first asked for some; therefore a body that is under way
    is before all that have not begun, and nothing small overtakes something large. Where all that is in hand
    belongs to bodies that wait themselves, none would ever go on: the one that began last is turned away at
    once, and what it held goes to those before it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._queue: list[_Asker] = []  # in the order of their tickets
        self._stuck = 0  # bytes that those in the queue hold already
        self._tickets = 0
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def queued(self) -> int:
        """How many requests wait for room."""
        return len(self._queue)

    def at_once(self, held: Held, size: int) -> bool:
        """Count bytes as in hand for `held`; false, and not counted, where it would have to wait for room."""
        if not held.ticket:
            self._tickets += 1
            held.ticket = self._tickets
        if not self._fits(size) or (self._queue and self._queue[0].held.ticket < held.ticket):
            return False
        self._count(held, size)
        return True

    async def take(self, held: Held, size: int, gone: Callable[[], bool]) -> Room:
        """Count bytes as in hand for `held`, once there is room; wait for that as long as its patience lasts.

        `gone` tells whether the sender has hung up. A size that can never fit is refused at once.
        """
        if held.size + size > self.limit:
            return Room.NONE
        if self.at_once(held, size):
            return Room.GIVEN
        loop = asyncio.get_running_loop()
        asker = _Asker(held, size, gone, loop.create_future())
        insort(self._queue, asker, key=_ticket)
        self._stuck += held.size
        self._serve()
        if self._sweeping is None:
            self._sweeping = loop.call_later(SWEEP, self._sweep)
        began = loop.time()
        try:
            await asyncio.wait({asker.answered}, timeout=held.patience)
        finally:
            held.patience = max(0.0, held.patience - (loop.time() - began))
            if not asker.answered.done():
                self._answer(asker, Room.NONE)
                self._serve()
        return asker.answered.result()

    def give(self, size: int) -> None:
        """Count bytes as answered, and let those in who wait for room."""
        self.bytes -= size
        self._serve()

    def _fits(self, size: int) -> bool:
        return self.bytes + size <= self.limit

    def _count(self, held: Held, size: int) -> None:
        self.bytes += size
        held.size += size

    def _answer(self, asker: _Asker, room: Room) -> None:
        self._queue.remove(asker)
        self._stuck -= asker.held.size
        asker.answered.set_result(room)

    def _serve(self) -> None:
        while self._queue:
            first = self._queue[0]
            if first.gone():
                self._answer(first, Room.GONE)
            elif self._fits(first.size):
                self._answer(first, Room.GIVEN)
                self._count(first.held, first.size)
            elif self.bytes == self._stuck:
                last = next(asker for asker in reversed(self._queue) if asker.held.size)
                self._answer(last, Room.NONE)
                return  # it gives its bytes back, and so comes here again
            else:
                return

    def _sweep(self) -> None:
        self._sweeping = None
        for asker in [asker for asker in self._queue if asker.gone()]:
            self._answer(asker, Room.GONE)
        self._serve()
        if self._queue:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP, self._sweep)


class Held:
    """The bytes of one request, given back together; `patience` is the seconds that its sender still waits."""

    def __init__(self, waiting: Waiting, patience: float) -> None:
        self._waiting = waiting
        self.patience = patience
        self.ticket = 0  # 0 until it first asks for room
        self.size = 0

    @property
    def most(self) -> int:
        """How many bytes more could ever be given to it."""
        return self._waiting.limit - self.size

    def at_once(self, size: int) -> bool:
        """Count more bytes of the request; false where it would have to wait for room."""
        return not size or self._waiting.at_once(self, size)

    async def take(self, size: int, gone: Callable[[], bool] = lambda: False) -> Room:
        """Count more bytes of the request, once there is room for them."""
        return await self._waiting.take(self, size, gone)

    def give(self, size: int) -> None:
        """Give some back."""
        self.size -= size
        self._waiting.give(size)

    def release(self) -> None:
        """Give all back; more than once does nothing."""
        if self.size:
            self.give(self.size)

    def hand_over(self) -> Held:
        """Return the same bytes as another one's, whose release counts from now on."""
        other = Held(self._waiting, 0.0)
        other.size, self.size = self.size, 0
        return other


def _ticket(asker: _Asker) -> int:
    return asker.held.ticket
