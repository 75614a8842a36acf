"""Events that have just come in, so that deliveries that wait their turn are started without reading them."""

from __future__ import annotations

from router.delivery.attempt import Carried

ROOM = 16 * 1024 * 1024
_ALONE = 1024  # bytes that an event takes beside its body, roughly


class Recent:
    """Keeps the latest events up to `room` bytes; who does not find one here reads the journal."""

    def __init__(self, room: int = ROOM) -> None:
        self._left = room
        self._events: dict[str, Carried] = {}

    def keep(self, carried: Carried) -> None:
        """Remember an event, and forget the oldest ones where there is no room."""
        if carried.info.uid in self._events:
            return
        self._events[carried.info.uid] = carried
        self._left -= _size(carried)
        while self._left < 0:
            self._left += _size(self._events.pop(next(iter(self._events))))

    def get(self, uid: str) -> Carried | None:
        """Return the event where it is still known."""
        return self._events.get(uid)


def _size(carried: Carried) -> int:
    return len(carried.body) + _ALONE
