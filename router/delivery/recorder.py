"""Writes down how attempts ended, and stops the worker while that is impossible."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from router.journal.journal import Journal
from router.model import Attempt, DeliveryState, Outcome, StoredDelivery
from router.observe import Observer
from router.printable import to_the_second
from router.tasks import spawn

log = logging.getLogger(__name__)

Ended = tuple[StoredDelivery, Attempt | None]
"""A delivery and its attempt; None where it is given back unfinished."""


def probe_after(tries: int) -> float:
    """Return the seconds before the next look whether the journal can be written again."""
    return min(5.0, 0.25 * 2.0 ** min(tries, 6))


class Recorder:
    """Records outcomes. One that the journal does not take is kept, and `writable` is false until all are in.

    Nothing may be started meanwhile: an effect whose outcome is lost is repeated, and a full disk must not
    become a storm of mails. `restored` is called when work may go on.
    """

    def __init__(
        self,
        journal: Journal,
        observer: Observer,
        clock: Callable[[], datetime],
        restored: Callable[[], None],
        probe_after: Callable[[int], float] = probe_after,
    ) -> None:
        self.writable = True
        self._journal = journal
        self._observer = observer
        self._clock = clock
        self._restored = restored
        self._probe_after = probe_after
        self._kept: deque[Ended] = deque()
        self._writing = 0
        self._recovery: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def unrecorded(self) -> int:
        """How many outcomes are not in the journal yet."""
        return len(self._kept) + self._writing

    async def record(self, delivery: StoredDelivery, attempt: Attempt | None) -> None:
        """Record an outcome, or keep it for later; returns once it is one of the two."""
        self._idle.clear()
        if not self.writable:
            self._kept.append((delivery, attempt))
            return
        self._writing += 1
        try:
            await self._write(delivery, attempt)
        except Exception as error:
            self._kept.append((delivery, attempt))
            self.failed(error)
        finally:
            self._writing -= 1
            if not self.unrecorded:
                self._idle.set()

    def failed(self, error: Exception) -> None:
        """Stop the work: the journal did not take a write. It goes on by itself once a probe succeeds."""
        if self.writable:
            self.writable = False
            log.error("the journal cannot be written, so no delivery is started until it can: %s", error)
            self._recovery = spawn(self._recover(), name="wait for the journal")

    async def flush(self, timeout: float) -> int:
        """Wait until everything is recorded, at most `timeout` seconds; return how many outcomes are not."""
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            pass
        return self.unrecorded

    def close(self) -> None:
        """Stop trying; what is not recorded is lost, and its deliveries run again at the next start."""
        if self._recovery is not None:
            self._recovery.cancel()

    async def _recover(self) -> None:
        tries = 0
        while not self.writable:
            await asyncio.sleep(self._probe_after(tries))
            tries += 1
            try:
                await self._journal.probe()
                while self._kept:
                    await self._write(*self._kept[0])
                    self._kept.popleft()
            except Exception as error:
                log.debug("the journal still cannot be written: %s", error)
            else:
                self.writable = True
        if not self.unrecorded:
            self._idle.set()
        log.warning("the journal can be written again; deliveries go on")
        self._restored()

    async def _write(self, delivery: StoredDelivery, attempt: Attempt | None) -> None:
        try:
            if attempt is None:
                await self._journal.release(delivery.id, delivery.lease, self._clock())
                return
            try:
                known = await self._journal.record(attempt)
            except ValueError as error:  # this row alone cannot be stored: its verdict still can
                log.warning("delivery %s: its facts could not be stored: %s", delivery.id, error)
                attempt = replace(attempt, facts={}, reason=_ascii(attempt.reason))
                known = await self._journal.record(attempt)
        except ValueError as error:
            log.error("delivery %s: its outcome could not be stored: %s", delivery.id, error)
            return
        if known:
            self._tell(delivery, attempt)
        else:
            log.warning("delivery %s: the outcome came after its lease had ended", delivery.id)

    def _tell(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        if attempt.state is DeliveryState.DEAD:
            log.error(
                "delivery %s is dead (event %s, route %s, action %s, attempt %d): %s",
                delivery.id,
                delivery.event_uid,
                delivery.route,
                delivery.action,
                attempt.number,
                attempt.reason,
            )
        elif attempt.outcome in (Outcome.RETRY, Outcome.THROTTLED):
            log.warning(
                "delivery %s %s (route %s, action %s, attempt %d), next try at %s: %s",
                delivery.id,
                "failed" if attempt.counts else "was asked to wait",
                delivery.route,
                delivery.action,
                attempt.number,
                to_the_second(attempt.due_at) if attempt.due_at else "once",
                attempt.reason,
            )
        try:
            self._observer.attempted(delivery, attempt)
        except Exception:
            log.exception("an observer failed")


def _ascii(reason: str | None) -> str | None:
    return None if reason is None else reason.encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00")
