"""The bound on the bytes of bodies that were read and not answered yet."""

from __future__ import annotations


class Waiting:
    """Counts the bytes in hand, up to `limit`; for one event loop."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0

    def take(self, size: int) -> bool:
        """Count bytes as in hand; false, and not counted, where they are too many."""
        if self.bytes + size > self.limit:
            return False
        self.bytes += size
        return True

    def give(self, size: int) -> None:
        """Count bytes as answered."""
        self.bytes -= size


class Held:
    """The bytes of one request, given back together."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._size = 0

    def take(self, size: int) -> bool:
        """Count more bytes of the request; false where they are too many for all requests together."""
        if not self._waiting.take(size):
            return False
        self._size += size
        return True

    def release(self) -> None:
        """Give all back; more than once does nothing."""
        self._waiting.give(self._size)
        self._size = 0

    def hand_over(self) -> Held:
        """Return the same bytes as another one's, whose release counts from now on."""
        other = Held(self._waiting)
        other._size, self._size = self._size, 0
        return other
